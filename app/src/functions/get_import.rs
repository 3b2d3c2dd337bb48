//! `get-import`.

use anyport_ports::handles::BlobReader;
use anyport_runtimes::{Json, Path};
use domain::imports::{self, ImportError, ImportResults};

use crate::schemas::{ImportPath, ImportView};

/// Shows how far an import has come.
pub async fn get_import(
    Path(path): Path<ImportPath>,
    results: BlobReader<ImportResults>,
) -> Result<Json<ImportView>, ImportError> {
    Ok(Json(imports::status_of(&results, &path.import).await?.into()))
}
