//! `import-users`.

use std::sync::Arc;

use anyport_ports::Clock;
use anyport_ports::handles::{BlobReader, BlobWriter, Reader, Writer};
use anyport_runtimes::BlobCreated;
use domain::imports::{ImportError, ImportResults, ImportUsers, Imports};
use domain::users::{Directory, Emails, Users};

/// Imports the users of an uploaded file.
pub async fn import_users(
    file: BlobCreated<Imports>,
    files: BlobReader<Imports>,
    results: BlobWriter<ImportResults>,
    users: Reader<Users>,
    accounts: Writer<Users>,
    emails: Reader<Emails>,
    reservations: Writer<Emails>,
    clock: Arc<dyn Clock>,
) -> Result<(), ImportError> {
    let directory = Directory::new((users, accounts), (emails, reservations), clock);
    ImportUsers { files, results, directory }.import(&file.name).await.map(drop)
}
