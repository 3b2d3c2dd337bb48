//! Blobs as rows: what stands under a name, and which object holds its bytes.

use std::collections::BTreeMap;
use std::ops::Bound;

use anyport_ports::blobs::{BlobCondition, BlobInfo, BlobName, BlobPage, Etag, ListBlobs};
use anyport_ports::documents::{Direction, TextRange};
use anyport_ports::{BucketName, Error, ErrorKind, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use uuid::Uuid;

use crate::error::Work;
use crate::select::Select;

const COLUMNS: &str = "name, length, etag, content_type, metadata, modified_at, object";

/// A blob about to stand under a name.
pub(crate) struct NewBlob {
    /// The object that holds its bytes.
    pub(crate) object: String,
    /// Its length in bytes.
    pub(crate) length: u64,
    /// Its media type.
    pub(crate) content_type: String,
    /// Its metadata.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// The row id of a bucket; `NotFound` if it was never provisioned.
pub(crate) fn bucket(connection: &Connection, name: &BucketName) -> Work<i64> {
    let mut statement = connection.prepare_cached("SELECT id FROM buckets WHERE name = ?1")?;
    let id = statement.query_row([name.as_str()], |row| row.get(0)).optional()?;
    id.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("the bucket {name} does not exist: provision it")).into())
}

/// What is known of a blob, and the object that holds its bytes; `NotFound` if there is none.
pub(crate) fn find(connection: &Connection, bucket: i64, name: &BlobName) -> Work<(BlobInfo, String)> {
    let select = format!("SELECT {COLUMNS} FROM blobs WHERE bucket = ?1 AND name = ?2");
    let mut statement = connection.prepare_cached(&select)?;
    let mut rows = statement.query(params![bucket, name.as_str().as_bytes()])?;
    match rows.next()? {
        Some(row) => Ok((read(row)?, row.get(6)?)),
        None => Err(Error::new(ErrorKind::NotFound, "there is no blob with this name").into()),
    }
}

/// Judges a condition on what stands under a name.
pub(crate) fn check(connection: &Connection, bucket: i64, name: &BlobName, condition: &BlobCondition) -> Work<()> {
    let mut statement = connection.prepare_cached("SELECT etag FROM blobs WHERE bucket = ?1 AND name = ?2")?;
    let standing: Option<String> =
        statement.query_row(params![bucket, name.as_str().as_bytes()], |row| row.get(0)).optional()?;
    Ok(condition.check(standing.map(Etag::new).as_ref())?)
}

/// Puts a blob under a name in the place of what stands there; its etag, and the objects that nothing refers to any more.
pub(crate) fn put(
    connection: &Connection,
    bucket: i64,
    name: &BlobName,
    new: &NewBlob,
    now: Timestamp,
) -> Work<(Etag, Vec<String>)> {
    let replaced = take_away(connection, bucket, name)?;
    // Fresh for each write, even one of the same bytes, so that of two writers under one etag one fails.
    let etag = Uuid::new_v4().simple().to_string();
    let mut statement = connection.prepare_cached(
        "INSERT INTO blobs (bucket, name, object, length, etag, content_type, metadata, modified_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let length = i64::try_from(new.length).unwrap_or(i64::MAX);
    let metadata = write_metadata(&new.metadata);
    let name = name.as_str().as_bytes();
    // To the second, as HTTP dates are.
    let modified_at = now.as_millis().div_euclid(1_000) * 1_000;
    statement.execute(params![bucket, name, new.object, length, etag, new.content_type, metadata, modified_at])?;
    Ok((Etag::new(etag), unused(connection, replaced)?))
}

/// Removes what stands under a name; the objects that nothing refers to any more.
pub(crate) fn delete(connection: &Connection, bucket: i64, name: &BlobName) -> Work<Vec<String>> {
    let deleted = take_away(connection, bucket, name)?;
    unused(connection, deleted)
}

/// The page of a listing.
pub(crate) fn list(connection: &Connection, bucket: i64, list: &ListBlobs) -> Work<BlobPage> {
    let mut select = Select::new(format!("SELECT {COLUMNS} FROM blobs WHERE bucket = ?"), [bucket.into()]);
    select.within("name", &TextRange::prefix(list.prefix_text()));
    if let Some(position) = list.position() {
        // Behind a common prefix the listing goes on with the first name that does not begin with it.
        let prefix_end = match TextRange::prefix(position).end() {
            Bound::Excluded(end) if list.fold(position) == Some(position) => Bound::Included(end.to_owned()),
            _ => Bound::Excluded(position.to_owned()),
        };
        select.within("name", &TextRange::between(prefix_end, Bound::<String>::Unbounded));
    }
    select.order(&["name"], Direction::Ascending);
    let mut statement = connection.prepare_cached(&select.sql)?;
    let rows = statement.query_and_then(params_from_iter(select.parameters), read)?;
    let mut failure = None;
    let found = rows.map_while(|row| row.map_err(|fault| failure = Some(fault)).ok());
    let page = list.page(found.filter(|info| list.lists(info.name.as_str())));
    failure.map_or(Ok(page), Err)
}

/// Metadata as it is stored.
pub(crate) fn write_metadata(metadata: &BTreeMap<String, String>) -> String {
    // Text under text always has a JSON form.
    serde_json::to_string(metadata).unwrap_or_default()
}

/// Metadata as it was stored.
pub(crate) fn read_metadata(json: &str) -> Work<BTreeMap<String, String>> {
    serde_json::from_str(json)
        .map_err(|error| Error::new(ErrorKind::Internal, "stored metadata is not JSON").caused_by(error).into())
}

fn read(row: &Row<'_>) -> Work<BlobInfo> {
    let metadata: String = row.get(4)?;
    Ok(BlobInfo {
        name: BlobName::new(String::from_utf8(row.get(0)?)?)?,
        length: length(row.get(1)?),
        etag: Etag::new(row.get::<_, String>(2)?),
        content_type: row.get(3)?,
        metadata: read_metadata(&metadata)?,
        modified_at: Timestamp::from_millis(row.get(5)?),
    })
}

/// A length as it was stored: never negative.
pub(crate) fn length(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or_default()
}

fn take_away(connection: &Connection, bucket: i64, name: &BlobName) -> Work<Option<String>> {
    let mut statement =
        connection.prepare_cached("DELETE FROM blobs WHERE bucket = ?1 AND name = ?2 RETURNING object")?;
    Ok(statement.query_row(params![bucket, name.as_str().as_bytes()], |row| row.get(0)).optional()?)
}

/// Copies share their object, which goes with the last of them.
fn unused(connection: &Connection, object: Option<String>) -> Work<Vec<String>> {
    let Some(object) = object else { return Ok(Vec::new()) };
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM blobs WHERE object = ?1)")?;
    let referred: bool = statement.query_row([&object], |row| row.get(0))?;
    Ok(if referred { Vec::new() } else { vec![object] })
}
