//! Importing users from an uploaded CSV file.
//!
//! A client asks for a place to upload to, uploads, and reads the result once the file was worked through. The file is
//! read as it streams in, at most 10,000 users of it; working through it again, as after a redelivery, creates
//! nobody twice and gives the same result.

mod error;
mod result;
mod rows;
mod run;
mod upload;

use anyport_ports::BucketName;
use anyport_ports::blobs::BlobName;
use anyport_ports::handles::Bucket;

pub use error::ImportError;
pub use result::{ImportResult, ImportStatus, Refusal};
pub use run::ImportUsers;
pub use upload::{StartImport, Upload, status_of};

use crate::ImportId;

/// The bucket of uploaded files.
pub enum Imports {}

impl Bucket for Imports {
    const NAME: BucketName = BucketName::from_static("imports");
}

impl Imports {
    /// What the names of files of users begin with.
    pub const USERS: &'static str = "users/";

    fn name_of(import: &ImportId) -> anyport_ports::Result<BlobName> {
        BlobName::new(format!("{}{import}.csv", Self::USERS))
    }

    /// The import that a file belongs to.
    fn import_of(file: &BlobName) -> Option<ImportId> {
        let name = file.as_str().strip_prefix(Self::USERS)?.strip_suffix(".csv")?;
        ImportId::new(name).ok()
    }
}

/// The bucket of what is known of imports: one of its own, so that writing one does not start an import.
pub enum ImportResults {}

impl Bucket for ImportResults {
    const NAME: BucketName = BucketName::from_static("import-results");
}

impl ImportResults {
    fn name_of(import: &ImportId) -> anyport_ports::Result<BlobName> {
        BlobName::new(format!("users/{import}.json"))
    }
}
