//! `start-import`.

use std::sync::Arc;

use anyport_ports::handles::{BlobSigner, BlobWriter};
use anyport_ports::{Clock, Ids};
use anyport_runtimes::Created;
use domain::imports::{ImportError, ImportResults, Imports, StartImport};

use crate::schemas::UploadView;

/// Gives a place to upload a file to.
pub async fn start_import(
    results: BlobWriter<ImportResults>,
    signer: BlobSigner<Imports>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) -> Result<Created<UploadView>, ImportError> {
    let upload = StartImport { results, signer, clock, ids }.start().await?;
    Ok(Created { location: format!("/api/imports/{}", upload.id), etag: None, body: upload.into() })
}
