//! `start-import`.

use std::sync::Arc;

use anyport_ports::handles::BlobSigner;
use anyport_ports::{Clock, Ids};
use anyport_runtimes::Created;
use domain::imports::{ImportError, Imports, StartImport};

use crate::schemas::UploadView;

/// Gives a place to upload a file to.
pub async fn start_import(
    signer: BlobSigner<Imports>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) -> Result<Created<UploadView>, ImportError> {
    let upload = StartImport { signer, clock, ids }.start().await?;
    Ok(Created { location: format!("/api/imports/{}", upload.id), etag: None, body: upload.into() })
}
