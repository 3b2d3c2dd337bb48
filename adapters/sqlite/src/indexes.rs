//! Declared indexes: which there are, and the entries that each document has in them.

use anyport_ports::documents::{Body, Index, IndexQuery, Key};
use anyport_ports::{Error, ErrorKind, IndexName};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::document_rows::key;
use crate::error::Work;

/// The row id of an index; `NotFound` if it was not declared.
pub(crate) fn find(connection: &Connection, collection: i64, query: &IndexQuery) -> Work<i64> {
    let mut statement = connection.prepare_cached("SELECT id FROM indexes WHERE collection = ?1 AND name = ?2")?;
    let id = statement.query_row(params![collection, query.index().as_str()], |row| row.get(0)).optional()?;
    id.ok_or_else(|| {
        let message = format!("the collection has no index {}: declare it and provision it", query.index());
        Error::new(ErrorKind::NotFound, message).into()
    })
}

/// Makes the entries of a document those of this body, and no others.
pub(crate) fn replace_entries(
    connection: &Connection,
    collection: i64,
    document: i64,
    key: &Key,
    body: &Body,
) -> Work<()> {
    let indexes = declared(connection, collection)?;
    if !indexes.is_empty() {
        connection.prepare_cached("DELETE FROM index_entries WHERE document = ?1")?.execute([document])?;
    }
    for (id, index) in indexes {
        add_entry(connection, id, &index, document, key, body)?;
    }
    Ok(())
}

/// Declares an index and builds it over the documents that are there. One that is there already over the same fields is
/// left alone; over others, it is a `Conflict`.
pub(crate) fn declare(connection: &Connection, collection: i64, index: &Index) -> Work<()> {
    let standing = declared(connection, collection)?.into_iter().find(|(_, standing)| standing.name == index.name);
    if let Some((_, standing)) = standing {
        if standing == *index {
            return Ok(());
        }
        return Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "the index {} is there over the fields {:?} and {:?}: give the one over {:?} and {:?} another name",
                index.name, standing.partition_field, standing.sort_field, index.partition_field, index.sort_field
            ),
        )
        .into());
    }
    connection.execute(
        "INSERT INTO indexes (collection, name, partition_field, sort_field) VALUES (?1, ?2, ?3, ?4)",
        params![collection, index.name.as_str(), index.partition_field, index.sort_field],
    )?;
    build(connection, collection, connection.last_insert_rowid(), index)
}

fn build(connection: &Connection, collection: i64, id: i64, index: &Index) -> Work<()> {
    let mut documents =
        connection.prepare_cached("SELECT id, partition, sort, body FROM documents WHERE collection = ?1")?;
    let mut rows = documents.query([collection])?;
    while let Some(row) = rows.next()? {
        let body: String = row.get(3)?;
        add_entry(connection, id, index, row.get(0)?, &key(row.get(1)?, row.get(2)?)?, &Body::from_json(&body)?)?;
    }
    Ok(())
}

fn add_entry(connection: &Connection, id: i64, index: &Index, document: i64, key: &Key, body: &Body) -> Work<()> {
    let Some((equals, sort_value)) = index.entry(body) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "INSERT INTO index_entries (index_id, equals, sort_value, partition, sort, document)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (partition, sort) = (key.partition().as_str().as_bytes(), key.sort().as_bytes());
    statement.execute(params![id, equals.as_bytes(), sort_value.as_bytes(), partition, sort, document])?;
    Ok(())
}

fn declared(connection: &Connection, collection: i64) -> Work<Vec<(i64, Index)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, name, partition_field, sort_field FROM indexes WHERE collection = ?1 ORDER BY id",
    )?;
    let found = statement.query_and_then([collection], |row| {
        let (name, partition, sort): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, Index::new(IndexName::new(name)?, partition, sort)))
    })?;
    found.collect()
}
