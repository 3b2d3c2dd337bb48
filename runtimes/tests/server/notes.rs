//! A workload of HTTP functions that does what its requests ask for, failing included.

use std::time::Duration;

use anyport_ports::documents::{Condition, Key, Partition, Query as Listing};
use anyport_ports::handles::{Collection, Reader, Writer};
use anyport_ports::{CollectionName, Cursor, Error, ErrorKind, Failure, Result};
use anyport_runtimes::{
    Body, Created, Function, IfMatch, Json, Limits, Method, NoContent, Page, Path, Query, Tagged, Workload,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) struct Notes;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Note {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) stars: u32,
}

impl Collection for Notes {
    const NAME: CollectionName = CollectionName::from_static("notes");
    type Item = Note;

    fn key(item: &Note) -> Result<Key> {
        Key::new("notes", item.id.as_str())
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewNote {
    #[schemars(length(min = 1, max = 40))]
    id: String,
    #[schemars(length(max = 100))]
    text: String,
    #[serde(default)]
    stars: u32,
}

async fn create(Json(new): Json<NewNote>, notes: Writer<Notes>) -> Result<Created<Note>> {
    let note = Note { id: new.id, text: new.text, stars: new.stars };
    let etag = Some(notes.put(&note, Condition::Absent).await?);
    Ok(Created { location: format!("/notes/{}", note.id), body: note, etag })
}

async fn read(Path(id): Path<String>, notes: Reader<Notes>) -> Result<Tagged<Note>> {
    let found = notes.get(&Key::new("notes", id)?).await?;
    let found = found.ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such note"))?;
    Ok(Tagged { etag: found.version, body: found.item })
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Change {
    text: String,
}

async fn change(
    Path(id): Path<String>,
    if_match: IfMatch,
    Json(change): Json<Change>,
    notes: Writer<Notes>,
) -> Result<Tagged<Note>> {
    let note = Note { id, text: change.text, stars: 0 };
    let etag = notes.put(&note, if_match.condition()).await?;
    Ok(Tagged { etag, body: note })
}

async fn delete(Path(id): Path<String>, if_match: Option<IfMatch>, notes: Writer<Notes>) -> Result<NoContent> {
    let condition = if_match.map_or(Condition::Always, IfMatch::condition);
    notes.delete(&Key::new("notes", id)?, &condition).await?;
    Ok(NoContent)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct List {
    #[schemars(range(min = 1, max = 100))]
    limit: Option<u32>,
    cursor: Option<String>,
}

async fn list(Query(list): Query<List>, notes: Reader<Notes>) -> Result<Page<Note>> {
    let cursor = list.cursor.map(Cursor::from_text);
    let limit = usize::try_from(list.limit.unwrap_or(10)).unwrap();
    let query = Listing::partition(Partition::new("notes")?).limit(limit)?.after(cursor.as_ref())?;
    let page = notes.query(&query).await?;
    Ok(Page { items: page.items.into_iter().map(|stored| stored.item).collect(), next: page.next })
}

#[derive(Debug, thiserror::Error)]
#[error("the secret inner text")]
pub(crate) struct Failing(ErrorKind);

impl Failure for Failing {
    fn code(&self) -> &'static str {
        "failing"
    }

    fn kind(&self) -> ErrorKind {
        self.0
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Which {
    number: u8,
}

async fn fail(Path(which): Path<Which>) -> Result<NoContent, Failing> {
    Err(Failing(ErrorKind::ALL[usize::from(which.number)]))
}

async fn panics() -> Result<NoContent> {
    panic!("the secret inner text")
}

async fn never() -> Result<NoContent> {
    std::future::pending().await
}

async fn raw(body: Body) -> Result<Json<String>> {
    Ok(Json(format!("{} of {}", body.bytes.len(), body.content_type.unwrap_or_default())))
}

pub(crate) fn workload() -> Workload {
    let quick = Limits { timeout: Duration::from_millis(100), ..Limits::default() };
    let single = Limits { timeout: Duration::from_secs(2), concurrency: 1, ..Limits::default() };
    Workload::new("notes")
        .function(Function::http("create-note", Method::POST, "/notes", create).summary("Creates a note"))
        .function(Function::http("list-notes", Method::GET, "/notes", list))
        .function(Function::http("read-note", Method::GET, "/notes/{id}", read))
        .function(Function::http("change-note", Method::PUT, "/notes/{id}", change))
        .function(Function::http("delete-note", Method::DELETE, "/notes/{id}", delete))
        .function(Function::http("fail", Method::GET, "/fail/{number}", fail))
        .function(Function::http("panics", Method::GET, "/panics", panics))
        .function(Function::http("never", Method::GET, "/never", never).limits(quick))
        .function(Function::http("single", Method::GET, "/single", never).limits(single))
        .function(Function::http("raw", Method::PUT, "/raw", raw).limits(Limits { body_bytes: 10, ..quick }))
}
