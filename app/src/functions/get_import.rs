//! `get-import`.

use anyport_ports::handles::BlobReader;
use anyport_runtimes::{Json, Path};
use domain::imports::{self, ImportError, ImportResults};

use crate::schemas::{ImportPath, ImportView};

/// Shows what came of an import.
pub async fn get_import(
    Path(path): Path<ImportPath>,
    results: BlobReader<ImportResults>,
) -> Result<Json<ImportView>, ImportError> {
    Ok(Json(imports::result_of(&results, &path.import).await?.into()))
}
