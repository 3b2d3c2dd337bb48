//! Listing documents: by sort key, by index, by segment.

use anyport_ports::Timestamp;
use anyport_ports::documents::{Direction, Document, IndexPosition, IndexQuery, Query, ScanQuery};
use rusqlite::{Connection, params_from_iter};

use crate::document_rows::{COLUMNS, key, read};
use crate::error::Work;
use crate::select::{Select, blob};

/// The documents of a query's page, and one more if there is.
pub(crate) fn by_sort_key(
    connection: &Connection,
    collection: i64,
    query: &Query,
    now: Timestamp,
) -> Work<Vec<Document>> {
    let mut select = Select::new(
        format!("SELECT {COLUMNS} FROM documents d WHERE d.collection = ? AND d.partition = ?"),
        [collection.into(), blob(query.partition_key().as_str())],
    );
    select.within("d.sort", &query.remaining());
    select.live(now);
    select.order(&["d.sort"], query.runs());
    select.limit(query.page_limit());
    let mut statement = connection.prepare_cached(&select.sql)?;
    statement.query_and_then(params_from_iter(select.parameters), read)?.collect()
}

/// The documents of an index query's page with their places, and one more if there is.
pub(crate) fn by_index(
    connection: &Connection,
    index: i64,
    query: &IndexQuery,
    now: Timestamp,
) -> Work<Vec<(IndexPosition, Document)>> {
    // CROSS JOIN: the index's order is the listing's, so its entries are walked first.
    let mut select = Select::new(
        format!(
            "SELECT {COLUMNS}, e.sort_value FROM index_entries e CROSS JOIN documents d ON d.id = e.document
             WHERE e.index_id = ? AND e.equals = ?"
        ),
        [index.into(), blob(query.equals())],
    );
    select.within("e.sort_value", query.range());
    if let Some(IndexPosition { sort, key }) = query.position() {
        let beyond = if query.runs() == Direction::Ascending { ">" } else { "<" };
        let place = [blob(sort), blob(key.partition().as_str()), blob(key.sort())];
        select.and(&format!("(e.sort_value, e.partition, e.sort) {beyond} (?, ?, ?)"), place);
    }
    select.live(now);
    select.order(&["e.sort_value", "e.partition", "e.sort"], query.runs());
    select.limit(query.page_limit());
    let mut statement = connection.prepare_cached(&select.sql)?;
    let found = statement.query_and_then(params_from_iter(select.parameters), |row| {
        let document = read(row)?;
        let sort = String::from_utf8(row.get(5)?)?;
        Ok((IndexPosition { sort, key: document.key.clone() }, document))
    })?;
    found.collect()
}

/// The documents of a scan's page, in order of key, and one more if there is. Keys are walked in their index, and only
/// the documents that belong to the segment are read.
pub(crate) fn by_segment(
    connection: &Connection,
    collection: i64,
    query: &ScanQuery,
    now: Timestamp,
) -> Work<Vec<Document>> {
    let mut keys =
        Select::new("SELECT d.id, d.partition, d.sort FROM documents d WHERE d.collection = ?", [collection.into()]);
    if let Some(after) = query.position() {
        keys.and("(d.partition, d.sort) > (?, ?)", [blob(after.partition().as_str()), blob(after.sort())]);
    }
    keys.order(&["d.partition", "d.sort"], Direction::Ascending);
    let mut walk = connection.prepare_cached(&keys.sql)?;
    let mut one = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM documents d WHERE d.id = ?1 AND (d.expires_at IS NULL OR d.expires_at > ?2)"
    ))?;
    let mut rows = walk.query(params_from_iter(keys.parameters))?;
    let mut documents = Vec::new();
    while documents.len() <= query.page_limit() {
        let Some(row) = rows.next()? else { break };
        if query.scanned().holds(key(row.get(1)?, row.get(2)?)?.partition()) {
            let mut found = one.query([row.get::<_, i64>(0)?, now.as_millis()])?;
            documents.extend(found.next()?.map(read).transpose()?);
        }
    }
    Ok(documents)
}
