//! Documents as rows: reading one, writing one, clearing away the expired.

use std::time::Duration;

use anyport_ports::documents::{Body, Condition, Document, Key, Put, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::error::Work;
use crate::feed::{self, Told};
use crate::indexes;
use crate::writer::next_number;

/// How long an expired document is kept, though it is invisible: longer than the clocks of two processes differ.
const KEPT_EXPIRED: Duration = Duration::from_hours(1);

/// Most expired documents that one write clears away.
const CLEARED_AT_ONCE: i64 = 32;

/// The columns that [`read`] takes, in its order; `d` is the table.
pub(crate) const COLUMNS: &str = "d.partition, d.sort, d.body, d.version, d.expires_at";

/// The document of a row of [`COLUMNS`].
pub(crate) fn read(row: &Row<'_>) -> Work<Document> {
    let body: String = row.get(2)?;
    let expires_at: Option<i64> = row.get(4)?;
    Ok(Document {
        key: key(row.get(0)?, row.get(1)?)?,
        body: Body::from_json(&body)?,
        version: version(row.get(3)?),
        expires_at: expires_at.map(Timestamp::from_millis),
    })
}

/// The key that these stored bytes are.
pub(crate) fn key(partition: Vec<u8>, sort: Vec<u8>) -> Work<Key> {
    Ok(Key::new(String::from_utf8(partition)?, String::from_utf8(sort)?)?)
}

pub(crate) fn version(number: i64) -> Version {
    Version::new(format!("v{number:x}"))
}

/// The row id of a collection; `NotFound` if it was never provisioned.
pub(crate) fn collection(connection: &Connection, name: &CollectionName) -> Work<i64> {
    let mut statement = connection.prepare_cached("SELECT id FROM collections WHERE name = ?1")?;
    let id = statement.query_row([name.as_str()], |row| row.get(0)).optional()?;
    id.ok_or_else(|| {
        let message = format!("the collection {name} does not exist: provision it");
        Error::new(ErrorKind::NotFound, message).into()
    })
}

/// The live document of this key.
pub(crate) fn get(connection: &Connection, collection: i64, key: &Key, now: Timestamp) -> Work<Option<Document>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM documents d
         WHERE d.collection = ?1 AND d.partition = ?2 AND d.sort = ?3 AND (d.expires_at IS NULL OR d.expires_at > ?4)"
    ))?;
    let (partition, sort) = bytes(key);
    let mut rows = statement.query(params![collection, partition, sort, now.as_millis()])?;
    rows.next()?.map(read).transpose()
}

/// Judges a condition on the document of this key.
pub(crate) fn check(
    connection: &Connection,
    collection: i64,
    key: &Key,
    condition: &Condition,
    now: Timestamp,
) -> Work<()> {
    if *condition == Condition::Always {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(
        "SELECT version FROM documents
         WHERE collection = ?1 AND partition = ?2 AND sort = ?3 AND (expires_at IS NULL OR expires_at > ?4)",
    )?;
    let (partition, sort) = bytes(key);
    let standing = statement.query_row(params![collection, partition, sort, now.as_millis()], |row| row.get(0));
    Ok(condition.check(standing.optional()?.map(version).as_ref())?)
}

/// Writes a document under its condition, with its entries in the indexes and the feed.
pub(crate) fn put(connection: &Connection, collection: i64, key: &Key, put: &Put, now: Timestamp) -> Work<Version> {
    check(connection, collection, key, &put.condition, now)?;
    let number = next_number(connection)?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO documents (collection, partition, sort, body, version, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (collection, partition, sort) DO UPDATE
         SET body = excluded.body, version = excluded.version, expires_at = excluded.expires_at
         RETURNING id",
    )?;
    let (partition, sort) = bytes(key);
    let expires_at = put.expires_at.map(Timestamp::as_millis);
    let body = put.body.to_json();
    let row = params![collection, partition, sort, body, number, expires_at];
    let id = statement.query_row(row, |row| row.get(0))?;
    indexes::replace_entries(connection, collection, id, key, &put.body)?;
    feed::tell(connection, collection, key, &Told::Put(&body, number, put.expires_at), now)?;
    Ok(version(number))
}

/// Deletes a document under a condition; its entries in the indexes go with it.
pub(crate) fn delete(
    connection: &Connection,
    collection: i64,
    key: &Key,
    condition: &Condition,
    now: Timestamp,
) -> Work<()> {
    check(connection, collection, key, condition, now)?;
    let mut statement =
        connection.prepare_cached("DELETE FROM documents WHERE collection = ?1 AND partition = ?2 AND sort = ?3")?;
    let (partition, sort) = bytes(key);
    if statement.execute(params![collection, partition, sort])? == 0 {
        return Ok(());
    }
    feed::tell(connection, collection, key, &Told::Deleted, now)
}

/// Clears away some documents that expired long ago.
pub(crate) fn clear_expired(connection: &Connection, now: Timestamp) -> Work<()> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM documents WHERE id IN
         (SELECT id FROM documents WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    )?;
    statement.execute(params![now.minus(KEPT_EXPIRED).as_millis(), CLEARED_AT_ONCE])?;
    Ok(())
}

/// The key as it is stored.
pub(crate) fn bytes(key: &Key) -> (&[u8], &[u8]) {
    (key.partition().as_str().as_bytes(), key.sort().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(10 * 3_600_000);

    #[test]
    fn what_expired_long_ago_is_cleared_away_with_its_index_entries_in_bounded_steps() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema.sql")).unwrap();
        connection
            .execute_batch("PRAGMA foreign_keys = ON; INSERT INTO collections (id, name) VALUES (1, 'orders')")
            .unwrap();
        connection.execute_batch("INSERT INTO indexes VALUES (1, 1, 'by-state', 'state', 'at')").unwrap();
        let body = || Body::from_json(r#"{"state":"open","at":"x"}"#).unwrap();
        for n in 0..50 {
            let write = Put::new(body()).expires_at(Timestamp::from_millis(n));
            put(&connection, 1, &Key::new("p", format!("{n}")).unwrap(), &write, NOW).unwrap();
        }
        let recent = Put::new(body()).expires_at(NOW);
        put(&connection, 1, &Key::new("p", "recent").unwrap(), &recent, NOW).unwrap();
        let counts = || {
            let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
            (count("SELECT count(*) FROM documents"), count("SELECT count(*) FROM index_entries"))
        };
        clear_expired(&connection, NOW).unwrap();
        assert_eq!(counts(), (19, 19));
        clear_expired(&connection, NOW).unwrap();
        assert_eq!(counts(), (1, 1), "what expired just now is kept for a while");
        assert!(get(&connection, 1, &Key::new("p", "recent").unwrap(), NOW).unwrap().is_none());
    }
}
