//! A new function.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::names::Names;
use super::register;
use super::trigger::Trigger;
use super::write::{Files, render};
use crate::paint;
use crate::workspace;

/// Writes a function: its logic's place in the domain, the function itself, a test, and its line in the workload.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Its name: 3 to 48 of a-z, 0-9 and '-'
    name: String,

    #[command(flatten)]
    trigger: TriggerArgs,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct TriggerArgs {
    /// Called by requests of this method to this path: POST '/api/users/{id}'
    #[arg(long, num_args = 2, value_names = ["METHOD", "PATH"])]
    http: Option<Vec<String>>,

    /// Called by the messages of a subscription
    #[arg(long, value_name = "TOPIC/SUBSCRIPTION")]
    subscription: Option<String>,

    /// Called by the clock, in UTC
    #[arg(long, value_name = "CRON")]
    schedule: Option<String>,

    /// Called by new blobs of a bucket whose names begin so
    #[arg(long, value_name = "BUCKET/PREFIX")]
    blob: Option<String>,

    /// Called by changes of the documents of a collection
    #[arg(long, value_name = "COLLECTION")]
    changes: Option<String>,
}

impl TriggerArgs {
    fn trigger(&self) -> anyhow::Result<Trigger> {
        if let Some([method, path]) = self.http.as_deref() {
            return Trigger::http(method, path);
        }
        if let Some(text) = &self.subscription {
            return Trigger::subscription(text);
        }
        if let Some(cron) = &self.schedule {
            return Trigger::schedule(cron);
        }
        if let Some(text) = &self.blob {
            return Trigger::blob(text);
        }
        Trigger::changes(self.changes.as_deref().context("say what calls it")?)
    }
}

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/function/", $path))
    };
}

/// Writes the function into the workspace of the current folder.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let (names, trigger) = (Names::of(&args.name)?, args.trigger.trigger()?);
    let root = workspace::metadata()?.workspace_root.into_std_path_buf();
    let source = |path: &str| {
        let missing = || format!("{path} is not here: run this in a workspace that `anyport new` wrote");
        std::fs::read_to_string(root.join(path)).with_context(missing)
    };
    let values = values(&names, &trigger);
    let is_http = matches!(trigger, Trigger::Http { .. });
    let (domain, function, test) = if is_http {
        (template!("http_domain.rs.txt"), template!("http.rs.txt"), template!("http_test.rs.txt"))
    } else {
        (template!("event_domain.rs.txt"), template!("event.rs.txt"), template!("event_test.rs.txt"))
    };
    let mut files = Files::below(&root);
    let at = |folder: &str| PathBuf::from(folder).join(&names.snake).with_extension("rs");
    files.new_file(at("domain/src"), render(domain, &values)?);
    files.new_file(at("app/src/functions"), render(function, &values)?);
    files.new_file(at("app/tests/functions"), render(test, &values)?);
    for (path, public) in
        [("domain/src/lib.rs", true), ("app/src/functions/mod.rs", true), ("app/tests/functions/main.rs", false)]
    {
        files.changed(path, register::module(&source(path)?, &names.snake, public).with_context(|| path.to_owned())?);
    }
    let workload = "app/src/workload.rs";
    let call = register::call(&names, &trigger);
    files.changed(
        workload,
        register::function(&source(workload)?, &call, &trigger).with_context(|| workload.to_owned())?,
    );
    for path in files.write()? {
        anstream::println!("{} {}", paint::good("written:"), path.display());
    }
    anstream::println!("\nIts rules belong into domain/src/{}.rs. Try: cargo test {}", names.snake, names.snake);
    Ok(())
}

/// What the templates say.
fn values(names: &Names, trigger: &Trigger) -> Value {
    let Names { kebab, snake, pascal } = names;
    let mut values = json!({ "name": kebab, "snake": snake, "pascal": pascal });
    let more = match trigger {
        Trigger::Http { method, path, parameters } => {
            let body = matches!(method.as_str(), "POST" | "PUT" | "PATCH");
            let extractor = if body { "Json" } else { "Query" };
            let mut extractors = vec!["Json"];
            extractors.extend((!parameters.is_empty()).then_some("Path"));
            extractors.extend((!body).then_some("Query"));
            let example = path.replace(['{', '}'], "");
            json!({
                "method": method, "path": path, "parameters": parameters, "body": body, "example": example,
                "extractor": extractor, "input": if body { "Body" } else { "Query" },
                "extractors": braced(&extractors), "domain_items": format!("{{self, {pascal}Error}}"),
            })
        }
        Trigger::Subscription { topic, name } => json!({
            "trigger": "subscription", "topic": topic, "subscription": name,
            "handles": "Collection, EventHead, Subscriber, Topic, Writer",
            "ports": "CollectionName, ErrorKind, Result, TopicName",
            "summary": format!("Called by each message of the subscription `{topic}/{name}`"),
            "extractor": "Event", "parameter": "event", "parameter_type": format!("Event<{pascal}Subscription>"),
            "domain_items": format!("{{self, {pascal}Records, {pascal}Subscription}}"),
            "id": "&event.event.id", "expected": "\"e-1\".to_owned()",
            "made": format!("Event::<{pascal}Subscription> {{ event: {pascal}Event {{ id: \"e-1\".to_owned() }}, id: \"e-1\".to_owned(), attempt: 1 }}"),
            "uses": uses(names, "Event", &["Event", "Record", "Records", "Subscription"], ""),
        }),
        Trigger::Schedule { cron } => json!({
            "trigger": "schedule",
            "handles": "Collection, Writer", "ports": "CollectionName, ErrorKind, Result",
            "summary": format!("Called by the clock: `{cron}`, in UTC"),
            "extractor": "Tick", "parameter": "tick", "parameter_type": "Tick",
            "domain_items": format!("{{self, {pascal}Records}}"),
            "id": "&tick.scheduled_for.to_string()", "expected": "Timestamp::from_millis(0).to_string()",
            "made": "Tick { scheduled_for: Timestamp::from_millis(0) }",
            "uses": uses(names, "Tick", &["Record", "Records"], "use anyport_ports::Timestamp;\n"),
        }),
        Trigger::Blob { bucket, prefix } => json!({
            "trigger": "blob", "bucket": bucket,
            "handles": "Bucket, Collection, Writer", "ports": "BucketName, CollectionName, ErrorKind, Result",
            "summary": format!("Called by each blob of the bucket `{bucket}` whose name begins with `{prefix}`"),
            "extractor": "BlobCreated", "parameter": "blob", "parameter_type": format!("BlobCreated<{pascal}Bucket>"),
            "domain_items": format!("{{self, {pascal}Bucket, {pascal}Records}}"),
            "id": "blob.etag.as_str()", "expected": "\"state-1\".to_owned()",
            "made": format!("BlobCreated::<{pascal}Bucket>::new(BlobName::new(\"{prefix}first\").unwrap(), Etag::new(\"state-1\"))"),
            "uses": uses(names, "BlobCreated", &["Bucket", "Record", "Records"], "use anyport_ports::blobs::{BlobName, Etag};\n"),
        }),
        Trigger::Changes { collection } => json!({
            "trigger": "changes", "collection": collection,
            "handles": "Collection, Writer", "ports": "CollectionName, ErrorKind, Result",
            "summary": format!("Called by each change of a document of the collection `{collection}`"),
            "extractor": "DocumentChanged", "parameter": "change",
            "parameter_type": format!("DocumentChanged<{pascal}Source>"),
            "domain_items": format!("{{self, {pascal}Records, {pascal}Source}}"),
            "id": "change.key.partition().as_str()", "expected": "\"d-1\".to_owned()",
            "made": format!("DocumentChanged::<{pascal}Source> {{ key: Key::new(\"d-1\", \"document\").unwrap(), after: None }}"),
            "uses": uses(names, "DocumentChanged", &["Record", "Records", "Source"], "use anyport_ports::documents::Key;\n"),
        }),
    };
    if let (Some(values), Value::Object(more)) = (values.as_object_mut(), more) {
        values.extend(more);
    }
    values
}

/// What the test of a function that an event calls imports.
fn uses(names: &Names, extractor: &str, of_domain: &[&str], more: &str) -> String {
    let Names { snake, pascal, .. } = names;
    let items: Vec<String> = of_domain.iter().map(|suffix| format!("{pascal}{suffix}")).collect();
    format!(
        "{more}use anyport_ports::handles::{{Collection, Handle, Reader, Writer}};\n\
         use anyport_runtimes::{extractor};\n\
         use app::functions::{snake}::{snake};\n\
         use domain::{snake}::{{{}}};",
        items.join(", ")
    )
}

/// One name as it is, several in braces.
fn braced(names: &[&str]) -> String {
    match names {
        [one] => (*one).to_owned(),
        several => format!("{{{}}}", several.join(", ")),
    }
}
