//! The function model: what is read off the types, and what is refused before anything starts.

use anyport_ports::handles::{Access, Need};
use anyport_ports::{BucketName, Result};
use anyport_runtimes::{
    Function, Json, Limits, Manifest, Method, NoContent, Path, RUNTIME_COLLECTION, Tick, Trigger, Workload,
};
use serde_json::Value;

use crate::notes;

#[test]
fn the_manifest_is_read_off_the_parameters() {
    let manifest = notes::workload().manifest();
    let needs = |name: &str| {
        let function = manifest.functions.iter().find(|function| function.name == name).unwrap();
        let access = function.needs.iter().map(|need| match need {
            Need::Collection { name, access, .. } => (name.as_str(), *access),
            other => panic!("{other:?}"),
        });
        access.collect::<Vec<_>>()
    };
    assert_eq!(needs("create-note"), [("notes", Access::Write)]);
    assert_eq!(needs("read-note"), [("notes", Access::Read)]);
    assert_eq!(needs("panics"), []);
    assert_eq!(manifest.resources.collections.len(), 1);
    let text = serde_json::to_string(&manifest).unwrap();
    assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest);
    assert!(text.contains(r#""limits":{"timeout":"30s","memory_mib":256"#), "{text}");
}

#[test]
fn the_servers_own_collection_is_needed_by_schedules_only() {
    let has_own =
        |workload: &Workload| workload.resources().collections.iter().any(|own| own.name == RUNTIME_COLLECTION);
    assert!(!has_own(&notes::workload()));
    let scheduled = Workload::new("clock").function(Function::schedule("tick", "0 3 * * *", tick));
    assert!(has_own(&scheduled));
    assert!(matches!(scheduled.manifest().functions[0].trigger, Trigger::Schedule { .. }));
}

async fn tick(_: Tick) -> Result<()> {
    Ok(())
}

async fn nothing() -> Result<NoContent> {
    Ok(NoContent)
}

async fn one(_: Path<String>) -> Result<NoContent> {
    Ok(NoContent)
}

async fn two_bodies(_: Json<Value>, _: Json<Value>) -> Result<NoContent> {
    Ok(NoContent)
}

struct Uploads;

impl anyport_ports::handles::Bucket for Uploads {
    const NAME: BucketName = BucketName::from_static("uploads");
}

async fn uploaded(_: anyport_runtimes::BlobCreated<Uploads>) -> Result<()> {
    Ok(())
}

#[test]
fn everything_wrong_with_a_workload_is_told_at_once() {
    let workload = Workload::new("Bad Name")
        .function(Function::http("twice", Method::GET, "/a", nothing))
        .function(Function::http("twice", Method::GET, "/b/{x}", one))
        .function(Function::http("same-route", Method::GET, "/b/{y}", one))
        .function(Function::http("no-path", Method::GET, "/c/{id}", nothing))
        .function(Function::http("two-parameters", Method::GET, "/c/{id}/{other}", one))
        .function(Function::http("two-bodies", Method::POST, "/d", two_bodies))
        .function(Function::http("reserved", Method::GET, "/healthz", nothing))
        .function(Function::http("relative", Method::GET, "e", nothing))
        .function(Function::schedule("empty-cron", "", tick))
        .function(Function::schedule("never", "0 0 31 2 *", tick))
        .function(Function::blob_created::<Uploads, _, _>("uploaded", "x".repeat(600), uploaded))
        .function(
            Function::http("limitless", Method::GET, "/f", nothing)
                .limits(Limits { concurrency: 0, ..Limits::default() }),
        );
    let told = workload.validate().unwrap_err().to_string();
    for part in [
        "\"Bad Name\" is not a resource name",
        "the name \"twice\" is taken by 2 functions",
        "the route GET /b/{} is taken by 2 functions: twice, same-route",
        "no-path: the route has the parameters [\"id\"], but no Path takes them",
        "two-parameters: Path takes a single value, but the route has 2 parameters",
        "two-bodies: more than one parameter takes the body",
        "reserved: the route \"/healthz\" is one that the server answers itself",
        "relative: the route \"e\" does not begin with '/'",
        "empty-cron: \"\" is not a cron pattern",
        "never: the cron pattern \"0 0 31 2 *\" never comes",
        "uploaded: the prefix is 600 bytes",
        "limitless: the concurrency is 0",
    ] {
        assert!(told.contains(part), "{part}\nnot in:\n{told}");
    }
}
