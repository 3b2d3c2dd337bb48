//! `put-note`.

use anyport_ports::handles::Writer;
use anyport_runtimes::{Json, NoContent, Path};
use domain::notes::{self, Note, NoteError, Notes};
use schemars::JsonSchema;
use serde::Deserialize;

use super::get_note::NotePath;

/// What a note says.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// The text.
    #[schemars(length(max = 10_000))]
    pub text: String,
}

/// Keeps a note.
pub async fn put_note(
    Path(path): Path<NotePath>,
    Json(body): Json<NoteBody>,
    notes: Writer<Notes>,
) -> Result<NoContent, NoteError> {
    notes::keep(&notes, &Note { id: path.id, text: body.text }).await?;
    Ok(NoContent)
}
