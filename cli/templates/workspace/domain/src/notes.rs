//! Notes: a first thing to keep.

use anyport_ports::documents::{Condition, Key};
use anyport_ports::handles::{Collection, Reader, Writer};
use anyport_ports::{CollectionName, ErrorKind, Failure};
use serde::{Deserialize, Serialize};

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its name.
    pub id: String,
    /// What it says.
    pub text: String,
}

/// The collection of notes.
pub enum Notes {}

impl Notes {
    fn key_of(id: &str) -> anyport_ports::Result<Key> {
        Key::new(id, "note")
    }
}

impl Collection for Notes {
    const NAME: CollectionName = CollectionName::from_static("notes");

    type Item = Note;

    fn key(note: &Note) -> anyport_ports::Result<Key> {
        Self::key_of(&note.id)
    }
}

/// Why a note cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// There is no such note.
    #[error("there is no note {0}")]
    NotFound(String),
    /// The store did not do its part.
    #[error("the store did not do its part")]
    Ports(#[from] anyport_ports::Error),
}

impl Failure for NoteError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "note_not_found",
            Self::Ports(error) => error.kind().as_str(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Ports(error) => error.kind(),
        }
    }
}

/// Keeps a note, in the place of one of the same name.
pub async fn keep(writer: &Writer<Notes>, note: &Note) -> Result<(), NoteError> {
    writer.put(note, Condition::Always).await?;
    Ok(())
}

/// Reads a note.
pub async fn read(reader: &Reader<Notes>, id: &str) -> Result<Note, NoteError> {
    let stored = reader.get(&Notes::key_of(id)?).await?;
    stored.map(|stored| stored.item).ok_or_else(|| NoteError::NotFound(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anyport_memory::{ManualClock, MemoryStore};
    use anyport_ports::handles::Handle;
    use anyport_ports::resources::{Provision, Resources};

    use super::*;

    #[tokio::test]
    async fn a_note_is_kept_and_read() {
        let store = MemoryStore::new(Arc::new(ManualClock::new()));
        let mut resources = Resources::default();
        for need in Writer::<Notes>::needs() {
            resources.merge(need.resources());
        }
        store.handle().provision(&resources).await.unwrap();
        let (reader, writer) = (Reader::open(&store.ports()), Writer::open(&store.ports()));

        let note = Note { id: "first".to_owned(), text: "hello".to_owned() };
        keep(&writer, &note).await.unwrap();
        assert_eq!(read(&reader, "first").await.unwrap(), note);
        assert_eq!(read(&reader, "none").await.unwrap_err().code(), "note_not_found");
    }
}
