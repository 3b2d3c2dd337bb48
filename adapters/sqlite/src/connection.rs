//! How a connection to the database is opened and set up.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

/// How long a connection waits for a lock that another process holds.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// Holds for every connection. FULL: a commit is on the disk before it is acknowledged; the two fullfsync settings
/// make that true on macOS as well.
const SETTINGS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA trusted_schema = OFF;
    PRAGMA journal_size_limit = 67108864;
";

/// A connection that reads and writes a file that is there.
pub(crate) fn for_writing(path: &Path) -> rusqlite::Result<Connection> {
    let connection = with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch(SETTINGS)?;
    Ok(connection)
}

/// A connection that only reads. Its file is opened for writing all the same: only so does the last connection of all
/// fold the write-ahead log into the database when it is closed.
pub(crate) fn for_reading(path: &Path) -> rusqlite::Result<Connection> {
    let connection = for_writing(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A connection with these flags that waits for locks, and is used by one thread at a time.
pub(crate) fn with_flags(path: impl AsRef<Path>, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_handler(Some(patience()))?;
    Ok(connection)
}

/// Waits in short, even steps. SQLite's own steps grow to 100 ms, so that a waiting process is overtaken again and again
/// by one that writes all the time.
fn patience() -> impl FnMut(i32) -> bool + Send + 'static {
    let mut since = Instant::now();
    move |attempt| {
        if attempt == 0 {
            since = Instant::now();
        }
        let goes_on = since.elapsed() < LOCK_WAIT;
        if goes_on {
            sleep(if attempt < 20 { Duration::from_millis(1) } else { Duration::from_millis(5) });
        }
        goes_on
    }
}
