//! Starting an import, and reading how far it has come.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::blobs::{BlobRange, MAX_PUT_BYTES, SignedUrlTtl, Verb};
use anyport_ports::handles::{BlobReader, BlobSigner, BlobWriter};
use anyport_ports::{Clock, Error, ErrorKind, Ids, Timestamp};

use super::{ImportError, ImportResults, ImportStatus, Imports};
use crate::ImportId;

const GOOD_FOR: Duration = Duration::from_hours(1);

/// Where to upload a file to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The import.
    pub id: ImportId,
    /// The URL to `PUT` the file to.
    pub url: String,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// Starts imports.
pub struct StartImport {
    /// To write that it was started.
    pub results: BlobWriter<ImportResults>,
    /// To sign.
    pub signer: BlobSigner<Imports>,
    /// To tell when the URL expires.
    pub clock: Arc<dyn Clock>,
    /// To name the import.
    pub ids: Arc<dyn Ids>,
}

impl StartImport {
    /// A place to upload a file of users to, good for an hour.
    pub async fn start(&self) -> Result<Upload, ImportError> {
        let id = ImportId::new(self.ids.next()).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
        // Before anything can be uploaded, so that it never replaces what came of it.
        self.results.put(&ImportResults::name_of(&id)?, &ImportStatus::Waiting.blob()?).await?;
        let expires_at = self.clock.now().plus(GOOD_FOR);
        let url = self.signer.sign(&Imports::name_of(&id)?, Verb::Put, SignedUrlTtl::new(GOOD_FOR)?).await?;
        Ok(Upload { id, url, expires_at })
    }
}

/// How far an import has come.
pub async fn status_of(results: &BlobReader<ImportResults>, import: &ImportId) -> Result<ImportStatus, ImportError> {
    let blob = results.get(&ImportResults::name_of(import)?, BlobRange::All).await;
    let blob = blob.map_err(|error| match error.kind() {
        ErrorKind::NotFound => ImportError::NotFound(import.clone()),
        _ => error.into(),
    })?;
    let json = blob.bytes(MAX_PUT_BYTES).await?;
    serde_json::from_slice(&json)
        .map_err(|error| Error::new(ErrorKind::Internal, "the stored status cannot be read").caused_by(error).into())
}
