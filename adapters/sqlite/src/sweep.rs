//! Clearing away files that hold the bytes of no blob: what a crash left between writing an object and committing it, or
//! between committing a replacement and deleting what it replaced.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use uuid::Uuid;

use crate::error::Work;
use crate::objects::Objects;

/// A file younger than this may belong to a write that is about to commit.
const SPARED: Duration = Duration::from_hours(1);

/// Most files looked at in one sweep.
const LOOKED_AT: usize = 1_000;

/// Deletes unreferenced old files, of a part of the folder that is another each time. A sweep that fails is left to the
/// next one: it must not keep a store from opening.
pub(crate) fn sweep(connection: &Connection, objects: &Objects) {
    let start = Uuid::new_v4().as_bytes()[0];
    let mut left = LOOKED_AT;
    for shard in (0..=u8::MAX).map(|step| start.wrapping_add(step)) {
        if left == 0 {
            break;
        }
        let _ = sweep_shard(connection, &objects.folder().join(format!("{shard:02x}")), &mut left);
    }
}

fn sweep_shard(connection: &Connection, folder: &Path, left: &mut usize) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.take(*left) {
        let entry = entry?;
        *left -= 1;
        // Ages are the file system's own, so that no other clock can make a file look old.
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        let name = entry.file_name();
        let unused = || name.to_str().is_some_and(|name| is_unused(connection, name).unwrap_or(false));
        if age > SPARED && unused() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn is_unused(connection: &Connection, object: &str) -> Work<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT NOT EXISTS (SELECT 1 FROM blobs WHERE object = ?1) AND NOT EXISTS (SELECT 1 FROM parts WHERE object = ?1)",
    )?;
    Ok(statement.query_row([object], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use std::fs::{File, FileTimes};
    use std::time::SystemTime;

    use super::*;

    #[tokio::test]
    async fn only_old_files_that_nothing_refers_to_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::open(folder.path()).unwrap();
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema.sql")).unwrap();
        connection.execute_batch("INSERT INTO buckets (id, name) VALUES (1, 'files')").unwrap();
        let mut paths = Vec::new();
        for (old, referred) in [(true, true), (true, false), (false, false)] {
            let name = objects.put("bytes".into()).await.unwrap();
            let path = folder.path().join(&name[..2]).join(&name);
            if old {
                let then = SystemTime::now() - Duration::from_hours(2);
                File::options()
                    .write(true)
                    .open(&path)
                    .unwrap()
                    .set_times(FileTimes::new().set_modified(then))
                    .unwrap();
            }
            if referred {
                let insert = "INSERT INTO blobs VALUES (1, x'61', ?1, 5, 'e', 'text/plain', '{}', 0)";
                connection.execute(insert, [&name]).unwrap();
            }
            paths.push(path);
        }
        sweep(&connection, &objects);
        assert_eq!(paths.iter().map(|path| path.exists()).collect::<Vec<_>>(), [true, false, true]);
    }
}
