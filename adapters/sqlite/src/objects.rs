//! The bytes of blobs: files with random names, written once, never changed, and on the disk before they count.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use anyport_ports::blobs::BlobStream;
use anyport_ports::{Error, ErrorKind, Result};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::{GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _};
use uuid::Uuid;

use crate::error::{of_io, of_objects};

/// The folder of objects.
#[derive(Clone)]
pub(crate) struct Objects {
    files: LocalFileSystem,
    folder: Arc<Path>,
}

impl Objects {
    /// The objects in this folder, which is made if it is not there.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|error| of_io(error, "the folder of blobs cannot be made"))?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(of_objects)?.with_fsync(true);
        Ok(Self { files, folder: folder.into() })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a new object; its name.
    pub(crate) async fn put(&self, bytes: Bytes) -> Result<String> {
        let name = new_name();
        self.files.put(&location(&name), bytes.into()).await.map_err(of_objects)?;
        Ok(name)
    }

    /// The bytes in this range of an object of this length; `None` if there is no such object. What is being read stays
    /// readable to its end, though the object is discarded meanwhile: its file is open.
    pub(crate) async fn read(&self, name: &str, length: u64, range: &Range<u64>) -> Result<Option<BlobStream>> {
        let range = (range.end - range.start < length).then(|| GetRange::Bounded(range.clone()));
        let object = match self.files.get_opts(&location(name), GetOptions { range, ..GetOptions::default() }).await {
            Ok(object) => object,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(of_objects(error)),
        };
        if object.meta.size != length {
            let message = format!("the file of a blob has {} bytes and should have {length}", object.meta.size);
            return Err(Error::new(ErrorKind::Internal, message));
        }
        Ok(Some(Box::pin(object.into_stream().map_err(of_objects))))
    }

    /// Writes a new object of these objects one after another; its name. `None` if one of them is not there.
    pub(crate) async fn join(&self, parts: impl Iterator<Item = &str>) -> Result<Option<String>> {
        let name = new_name();
        let mut joined = self.files.put_multipart(&location(&name)).await.map_err(of_objects)?;
        for part in parts {
            // Dropped before it is complete, the new object leaves nothing.
            let bytes = match self.files.get(&location(part)).await {
                Ok(object) => object.bytes().await.map_err(of_objects)?,
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(of_objects(error)),
            };
            joined.put_part(bytes.into()).await.map_err(of_objects)?;
        }
        joined.complete().await.map_err(of_objects)?;
        Ok(Some(name))
    }

    /// Deletes objects that nothing refers to. One that stays, because the process ends or the disk fails, is swept later.
    pub(crate) async fn discard(&self, names: Vec<String>) {
        for name in names {
            let _ = self.files.delete(&location(&name)).await;
        }
    }
}

fn new_name() -> String {
    Uuid::new_v4().simple().to_string()
}

/// Objects are spread over 256 folders by the beginning of their names.
fn location(name: &str) -> Location {
    Location::from(format!("{}/{name}", name.get(..2).unwrap_or_default()))
}
