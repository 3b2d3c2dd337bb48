//! `get-note`.

use anyport_ports::handles::Reader;
use anyport_runtimes::{Json, Path};
use domain::notes::{self, NoteError, Notes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names a note.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct NotePath {
    /// The note's name.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
}

/// A note.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NoteView {
    /// Its name.
    pub id: String,
    /// What it says.
    pub text: String,
}

/// Shows a note.
pub async fn get_note(Path(path): Path<NotePath>, notes: Reader<Notes>) -> Result<Json<NoteView>, NoteError> {
    let note = notes::read(&notes, &path.id).await?;
    Ok(Json(NoteView { id: note.id, text: note.text }))
}
