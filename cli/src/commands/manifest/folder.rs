//! A folder of generated files, which holds a list of them: what is not on it is somebody else's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The list, one path a line.
const LIST: &str = ".anyport-files";

/// Writes files by their paths. The folder is empty or not there, or was written so before: then what was written and is no
/// longer wanted is removed, and what others put beside it stays.
pub(super) fn write(folder: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let before = listed(folder)?;
    for path in files.keys().filter(|path| !before.contains(*path)) {
        if folder.join(path).exists() {
            bail!(
                "{} is there already, and was not written by this command: nothing was written",
                folder.join(path).display()
            );
        }
    }
    let told = |path: PathBuf| move || format!("{} cannot be written", path.display());
    for path in before.iter().filter(|path| !files.contains_key(*path)) {
        remove(&folder.join(path)).with_context(told(folder.join(path)))?;
    }
    for (path, content) in files {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).with_context(told(parent.to_owned()))?;
        }
        fs::write(&file, content).with_context(told(file.clone()))?;
    }
    let list = files.keys().fold(String::new(), |list, path| list + path + "\n");
    fs::write(folder.join(LIST), list).with_context(told(folder.join(LIST)))
}

/// What was written before.
fn listed(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    match fs::read_to_string(folder.join(LIST)) {
        Ok(list) => return Ok(list.lines().filter(|path| is_within(path)).map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", folder.join(LIST).display())),
    }
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", folder.display())),
    };
    if !is_empty {
        bail!("{} is not empty, and was not written by this command: name another folder", folder.display());
    }
    Ok(BTreeSet::new())
}

/// Whether a listed path is below the folder: the list may have been edited.
fn is_within(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// Removes a file, and its folder if that is empty then.
fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Some(parent) = file.parent() {
        // It may hold what others put there.
        fs::remove_dir(parent).ok();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect()
    }

    #[test]
    fn only_an_empty_folder_or_ones_own_is_written_into() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("app");
        write(&folder, &files(&[("host.json", "1"), ("a/function.json", "a"), ("b/function.json", "b")])).unwrap();
        fs::write(folder.join("handler"), "binary").unwrap();
        fs::write(folder.join("b/other"), "").unwrap();
        write(&folder, &files(&[("host.json", "2")])).unwrap();
        assert_eq!(fs::read_to_string(folder.join("host.json")).unwrap(), "2");
        assert!(!folder.join("a").exists(), "what is no longer wanted is gone");
        assert!(folder.join("handler").exists() && folder.join("b/other").exists(), "what others put there stays");
        assert!(!folder.join("b/function.json").exists());

        fs::create_dir(folder.join("c")).unwrap();
        fs::write(folder.join("c/function.json"), "theirs").unwrap();
        let told = write(&folder, &files(&[("c/function.json", "c")])).unwrap_err().to_string();
        assert!(told.contains("was not written by this command"), "{told}");
        assert_eq!(fs::read_to_string(folder.join("c/function.json")).unwrap(), "theirs");

        let foreign = tempfile::tempdir().unwrap();
        fs::write(foreign.path().join("notes"), "").unwrap();
        let told = write(foreign.path(), &files(&[("host.json", "")])).unwrap_err().to_string();
        assert!(told.contains("is not empty"), "{told}");
        assert!(!foreign.path().join("host.json").exists());
    }

    #[test]
    fn a_list_that_was_edited_reaches_nothing_outside() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("app");
        fs::create_dir(&folder).unwrap();
        fs::write(parent.path().join("precious"), "").unwrap();
        fs::write(folder.join(LIST), "../precious\n").unwrap();
        write(&folder, &files(&[])).unwrap();
        assert!(parent.path().join("precious").exists());
    }
}
