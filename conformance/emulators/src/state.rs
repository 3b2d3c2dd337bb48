//! The file that says which emulators run detached.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::fleet::Fleet;

/// A folder with the state of detached emulators, held by this process alone until dropped.
pub(crate) struct State {
    folder: PathBuf,
    pub(crate) fleets: Vec<Fleet>,
    _lock: File,
}

#[derive(Serialize, Deserialize)]
struct Document {
    fleets: Vec<Fleet>,
}

impl State {
    /// Waits for its turn and reads what is there.
    ///
    /// # Errors
    /// If the folder cannot be written, or holds a state that this program does not understand.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let lock_path = folder.join(".lock");
        let lock = File::create(&lock_path).with_context(|| format!("creating {}", lock_path.display()))?;
        lock.lock().with_context(|| format!("locking {}", lock_path.display()))?;
        Ok(Self { folder: folder.to_owned(), fleets: read(folder)?, _lock: lock })
    }

    /// Writes what stands in `fleets`, all or nothing.
    pub(crate) fn save(&self) -> Result<()> {
        let file = path(&self.folder);
        let text =
            serde_json::to_string_pretty(&Document { fleets: self.fleets.clone() }).context("a state as JSON")?;
        let writing = || format!("writing {}", file.display());
        let mut new = tempfile::NamedTempFile::new_in(&self.folder).with_context(writing)?;
        new.write_all(text.as_bytes()).with_context(writing)?;
        new.persist(&file).with_context(writing)?;
        Ok(())
    }
}

/// What the folder's state says, without waiting for anybody.
pub(crate) fn read(folder: &Path) -> Result<Vec<Fleet>> {
    let file = path(folder);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
    };
    let document: Document = serde_json::from_str(&text).with_context(|| {
        format!("{} is not a state of emulators: stop those it names by hand, and remove it", file.display())
    })?;
    Ok(document.fleets)
}

fn path(folder: &Path) -> PathBuf {
    folder.join("state.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::tests::instance;
    use crate::provider::Provider;

    #[test]
    fn what_was_saved_is_read() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("made/on the way");
        assert_eq!(read(&folder).unwrap(), []);
        let tools = vec![("ANYPORT_REDIS_SERVER".to_owned(), "redis-server".to_owned())];
        let fleet = Fleet { provider: Provider::Redis, instances: vec![instance("redis-server", 7)], tools };
        let mut state = State::open(&folder).unwrap();
        state.fleets.push(fleet.clone());
        state.save().unwrap();
        drop(state);
        assert_eq!(State::open(&folder).unwrap().fleets, [fleet]);
    }

    #[test]
    fn a_state_that_is_none_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "{\"fleets\": 1}", "{\"fleets\": [{\"provider\": \"oracle\"}]}"] {
            fs::write(path(folder.path()), text).unwrap();
            let error = format!("{:#}", read(folder.path()).unwrap_err());
            assert!(error.contains("state.json") && error.contains("remove it"), "{error}");
            assert!(State::open(folder.path()).is_err());
            assert_eq!(fs::read_to_string(path(folder.path())).unwrap(), text);
        }
    }

    #[test]
    fn one_process_at_a_time_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).unwrap();
        let second = File::create(folder.path().join(".lock")).unwrap();
        assert!(second.try_lock().is_err());
        drop(state);
        assert!(second.try_lock().is_ok());
    }
}
