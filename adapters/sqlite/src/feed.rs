//! The change feed as rows: telling of a change, reading on from one, forgetting old ones.
//!
//! A change is a row, written in the transaction of its write. There is one writer at a time over all processes, so rows
//! come to be seen in the order of their ids, and none comes before one that was seen.

use anyport_ports::documents::{Body, Document, DocumentChange, FEED_RETENTION, FeedPage, Key};
use anyport_ports::{CollectionName, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::document_rows::{bytes, key, version};
use crate::error::Work;

/// Most changes that one write forgets: more than one writes.
const FORGOTTEN_AT_ONCE: i64 = 64;

/// The feed of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Feed {
    /// The row id of the collection.
    collection: i64,
    /// Tells it from the feed of this name in another file.
    pub(crate) mark: i64,
    /// The last change that is no longer kept.
    pub(crate) forgotten: i64,
}

/// Gives the collection a feed, if it has none.
pub(crate) fn declare(connection: &Connection, collection: i64) -> Work<()> {
    connection.execute("UPDATE collections SET feed = random() WHERE id = ?1 AND feed IS NULL", [collection])?;
    Ok(())
}

/// The feed of a collection; `NotFound` if there is no such collection, or none with a feed.
pub(crate) fn find(connection: &Connection, name: &CollectionName) -> Work<Feed> {
    let collection = crate::document_rows::collection(connection, name)?;
    let mut statement = connection.prepare_cached("SELECT feed, forgotten FROM collections WHERE id = ?1")?;
    let (mark, forgotten) =
        statement.query_row([collection], |row| Ok((row.get::<_, Option<i64>>(0)?, row.get(1)?)))?;
    Ok(Feed { collection, mark: mark.ok_or_else(FeedPage::no_feed)?, forgotten })
}

/// What became of a document.
pub(crate) enum Told<'a> {
    /// It was written: its body as JSON, the number of its version, and its expiry.
    Put(&'a str, i64, Option<Timestamp>),
    /// It was deleted.
    Deleted,
}

/// Tells of a change, if the collection has a feed.
pub(crate) fn tell(connection: &Connection, collection: i64, of: &Key, what: &Told<'_>, now: Timestamp) -> Work<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO changes (collection, made_at, partition, sort, version, expires_at, body)
         SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM collections WHERE id = ?1 AND feed IS NOT NULL",
    )?;
    let (partition, sort) = bytes(of);
    let (body, number, expires_at) = match what {
        Told::Put(body, number, expires_at) => (Some(*body), Some(*number), expires_at.map(Timestamp::as_millis)),
        Told::Deleted => (None, None, None),
    };
    statement.execute(params![collection, now.as_millis(), partition, sort, number, expires_at, body])?;
    Ok(())
}

/// Forgets some changes of the collection that are older than they need be.
pub(crate) fn forget(connection: &Connection, collection: i64, now: Timestamp) -> Work<()> {
    let before = now.minus(FEED_RETENTION).as_millis();
    let mut oldest =
        connection.prepare_cached("SELECT made_at FROM changes WHERE collection = ?1 ORDER BY id LIMIT 1")?;
    let oldest: Option<i64> = oldest.query_row([collection], |row| row.get(0)).optional()?;
    if oldest.is_none_or(|made_at| made_at >= before) {
        return Ok(());
    }
    let mut last = connection.prepare_cached(
        "SELECT max(id) FROM (SELECT id, made_at FROM changes WHERE collection = ?1 ORDER BY id LIMIT ?2)
         WHERE made_at < ?3",
    )?;
    let last: i64 = last.query_row(params![collection, FORGOTTEN_AT_ONCE, before], |row| row.get(0))?;
    connection
        .prepare_cached("DELETE FROM changes WHERE collection = ?1 AND id <= ?2")?
        .execute(params![collection, last])?;
    connection
        .prepare_cached("UPDATE collections SET forgotten = ?2 WHERE id = ?1")?
        .execute(params![collection, last])?;
    Ok(())
}

impl Feed {
    /// The last change there is, or was.
    pub(crate) fn last(&self, connection: &Connection) -> Work<i64> {
        let mut statement = connection.prepare_cached("SELECT max(id) FROM changes WHERE collection = ?1")?;
        let last: Option<i64> = statement.query_row([self.collection], |row| row.get(0))?;
        Ok(last.unwrap_or(self.forgotten))
    }

    /// Changes after this one, with the number of the last of them.
    pub(crate) fn after(&self, connection: &Connection, after: i64, limit: usize) -> Work<(Vec<DocumentChange>, i64)> {
        let mut statement = connection.prepare_cached(
            "SELECT id, partition, sort, version, expires_at, body FROM changes
             WHERE collection = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
        )?;
        let mut rows = statement.query(params![self.collection, after, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let (mut changes, mut last) = (Vec::new(), after);
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            changes.push(change(row)?);
        }
        Ok((changes, last))
    }
}

fn change(row: &Row<'_>) -> Work<DocumentChange> {
    let key = key(row.get(1)?, row.get(2)?)?;
    let body: Option<String> = row.get(5)?;
    let Some(body) = body else { return Ok(DocumentChange { key, document: None }) };
    let expires_at: Option<i64> = row.get(4)?;
    let document = Document {
        key: key.clone(),
        body: Body::from_json(&body)?,
        version: version(row.get(3)?),
        expires_at: expires_at.map(Timestamp::from_millis),
    };
    Ok(DocumentChange { key, document: Some(document) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ORDERS: CollectionName = CollectionName::from_static("orders");
    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    #[test]
    fn changes_are_forgotten_after_a_day_in_bounded_steps_and_their_loss_shows() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema.sql")).unwrap();
        connection.execute_batch("INSERT INTO collections (id, name) VALUES (1, 'orders'), (2, 'users')").unwrap();
        declare(&connection, 1).unwrap();
        let key = Key::new("p", "s").unwrap();
        for n in 0..100 {
            tell(&connection, 1, &key, &Told::Put("{}", n, None), NOW).unwrap();
            tell(&connection, 2, &key, &Told::Deleted, NOW).unwrap();
        }
        let kept = || {
            let feed = find(&connection, &ORDERS).unwrap();
            (feed.forgotten, feed.after(&connection, feed.forgotten, 1_000).unwrap().0.len())
        };
        forget(&connection, 1, NOW.plus(FEED_RETENTION)).unwrap();
        assert_eq!(kept(), (0, 100), "and nothing is told of a collection without a feed");
        let later = NOW.plus(FEED_RETENTION + Duration::from_millis(1));
        forget(&connection, 1, later).unwrap();
        assert_eq!(kept(), (64, 36));
        forget(&connection, 1, later).unwrap();
        let feed = find(&connection, &ORDERS).unwrap();
        assert_eq!((kept(), feed.last(&connection).unwrap()), ((100, 0), 100));
        tell(&connection, 1, &key, &Told::Deleted, later).unwrap();
        assert_eq!(feed.after(&connection, 100, 10).unwrap().1, 101, "no number is given twice");
    }
}
