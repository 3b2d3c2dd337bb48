//! Opening the database file: making a new one, refusing one that is not ours, and touching neither.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyport_ports::{Error, ErrorKind, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::{Connection, OpenFlags};

use crate::connection;
use crate::error::{Fault, of_io};

/// "anyp": marks a database as one of this adapter.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"anyp");

/// The schema that this release writes and reads.
const SCHEMA_VERSION: i32 = 3;

const SCHEMA: &str = include_str!("schema.sql");

/// Length of the key that signs URLs, in bytes.
const SIGNING_KEY_BYTES: usize = 32;

/// How often a check is made anew because another process changed the file under it.
const MAX_CHECKS: usize = 20;

/// The connection that writes, to the database at `path`, which is made if it is not there.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => create(path)?,
        Err(error) => return Err(of_io(error, "the database file cannot be looked at")),
    }
    check_header(path)?;
    check_content(path)?;
    let connection = connection::for_writing(path).map_err(Fault::from)?;
    // A newer release may have raised the version only in the write-ahead log as yet.
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(Fault::from)?;
    check_version(version)?;
    Ok(connection)
}

/// Makes the database under another name and then gives it its own, so that it is there whole or not at all. If another
/// process was faster, its database stands.
fn create(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    let failed = |error| of_io(error, "the database file cannot be made");
    fs::create_dir_all(folder).map_err(failed)?;
    let file = tempfile::Builder::new().prefix(".anyport-").tempfile_in(folder).map_err(failed)?.into_temp_path();
    write_schema(&file)?;
    match file.persist_noclobber(path) {
        Ok(()) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error.error)),
    }
}

fn write_schema(path: &Path) -> Result<()> {
    let mut signing_key = [0; SIGNING_KEY_BYTES];
    getrandom::fill(&mut signing_key)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("the system gives no randomness: {error}")))?;
    let write = || -> rusqlite::Result<()> {
        let mut connection = connection::for_writing(path)?;
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(SCHEMA)?;
        transaction.execute("INSERT INTO settings (name, value) VALUES ('signing_key', ?1)", [signing_key])?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        transaction.commit()?;
        // Closing folds the write-ahead log into the file: it alone is complete.
        connection.close().map_err(|(_, error)| error)
    };
    Ok(write().map_err(Fault::from)?)
}

/// Reads the header itself: SQLite would put files beside a database that is not ours.
fn check_header(path: &Path) -> Result<()> {
    const LENGTH: u64 = 100;
    let mut header = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LENGTH).read_to_end(&mut header));
    read.map_err(|error| of_io(error, "the database file cannot be read"))?;
    let number = |at: usize| header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(i32::from_be_bytes);
    let (Some(version), Some(application)) = (number(60), number(68)) else {
        return Err(Error::invalid("the file is too short to be a database: choose another path"));
    };
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(Error::invalid("the file is not a SQLite database: choose another path"));
    }
    if application != APPLICATION_ID {
        return Err(Error::invalid("the file is a SQLite database of another application: choose another path"));
    }
    check_version(version)
}

fn check_version(version: i32) -> Result<()> {
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    let action = if version > SCHEMA_VERSION {
        "a newer release wrote it, use that one"
    } else {
        "no release wrote it, restore it from a backup"
    };
    Err(Error::invalid(format!(
        "the database has schema {version}, and this release reads schema {SCHEMA_VERSION}: {action}"
    )))
}

/// Requires a database without damage. Nothing is written, and no file is made beside it: while there is no write-ahead
/// log the file is complete in itself and is read as one that cannot change. Should it change all the same, because
/// another process opened it meanwhile, the check is made anew.
fn check_content(path: &Path) -> Result<()> {
    let failed = |error| of_io(error, "the database file cannot be looked at");
    let mut result = Ok(());
    for _ in 0..MAX_CHECKS {
        let before = State::of(path).map_err(failed)?;
        result = quick_check(path, before.log.is_none());
        if result.is_ok() || State::of(path).map_err(failed)? == before {
            break;
        }
    }
    result
}

#[derive(PartialEq, Eq)]
struct State {
    file: (u64, Option<SystemTime>),
    log: Option<(u64, Option<SystemTime>)>,
}

impl State {
    fn of(path: &Path) -> io::Result<Self> {
        let look = |path: &Path| fs::metadata(path).map(|data| (data.len(), data.modified().ok()));
        let log = match look(&beside(path, "-wal")) {
            Ok(log) => Some(log),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self { file: look(path)?, log })
    }
}

fn quick_check(path: &Path, immutable: bool) -> Result<()> {
    let path = std::path::absolute(path).map_err(|error| of_io(error, "the path is none"))?;
    let check = || -> rusqlite::Result<String> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = if immutable {
            connection::with_flags(immutable_uri(&path), flags | OpenFlags::SQLITE_OPEN_URI)?
        } else {
            connection::with_flags(&path, flags)?
        };
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
    };
    match check().map_err(Fault::from)?.as_str() {
        "ok" => Ok(()),
        damage => {
            let message = "the database file is damaged: restore it from a backup";
            Err(Error::new(ErrorKind::Internal, message).caused_by(damage.to_owned()))
        }
    }
}

fn immutable_uri(path: &Path) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
    format!("file:{}?immutable=1", utf8_percent_encode(&path.to_string_lossy(), KEPT))
}

/// The path of something that belongs to the database: the same with `suffix` at its end.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
