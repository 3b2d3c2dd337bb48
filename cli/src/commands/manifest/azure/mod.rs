//! The files of Azure Functions: `host.json`, and `function.json` in a folder for each function.
//!
//! A function of the host has the name of the workload's, and the host calls the handler by it. What Azure cannot do is refused,
//! all of it at once, before anything is written.

mod bindings;
mod cron;

use std::collections::BTreeMap;

use anyport_ports::{BucketName, CollectionName, Naming, TopicName};
use serde::Deserialize;
use serde_json::{Value, json};

/// The function that takes requests which no other is for, so that they are answered by the handler, as on every host.
const UNROUTED: &str = "anyport-unrouted";

/// The longest that a client is kept waiting by the platform, in seconds.
const MAX_HTTP_SECONDS: u64 = 230;

/// Shortest `functionTimeout`, in seconds: what the runtime keeps to where its own setting does not say.
const MIN_TIMEOUT_SECONDS: u64 = 300;

/// What names begin with that the host has for itself.
const RESERVED: [&str; 2] = ["admin", "runtime"];

/// The workload's manifest, as far as the host is concerned.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    functions: Vec<Function>,
}

#[derive(Debug, Deserialize)]
struct Function {
    name: String,
    trigger: Trigger,
    limits: Limits,
}

#[derive(Debug, Deserialize)]
struct Limits {
    /// As people write it: `30s`.
    timeout: String,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Trigger {
    Http { method: String, path: String },
    Subscription { topic: TopicName, name: String, max_attempts: u32 },
    Schedule { cron: String },
    BlobCreated { bucket: BucketName, prefix: String },
    DocumentChanged { collection: CollectionName },
}

/// How things are called where the app runs.
pub(super) struct AzureOptions {
    pub(super) naming: Naming,
    /// What names begin with.
    pub(super) prefix: String,
    /// The executable, relative to the app's folder.
    pub(super) handler: String,
    /// The app setting with the connection to Azure Storage.
    pub(super) storage: String,
    /// The app setting with the connection to Cosmos DB.
    pub(super) cosmos: String,
    /// The database of Cosmos DB.
    pub(super) database: String,
}

/// The files by their paths; or all that Azure cannot do, in words.
pub(super) fn files(manifest: &Manifest, options: &AzureOptions) -> Result<BTreeMap<String, String>, Vec<String>> {
    let (mut files, mut problems) = (BTreeMap::new(), clashes(manifest));
    let mut longest = 0;
    for function in &manifest.functions {
        let mut say = |problem: String| problems.push(format!("{}: {problem}", function.name));
        if function.name == UNROUTED {
            say("this name is taken by the function for requests that no other is for".to_owned());
        }
        match humantime::parse_duration(&function.limits.timeout) {
            Err(error) => say(format!("the timeout {:?} is none: {error}", function.limits.timeout)),
            Ok(timeout) => {
                let seconds = timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0);
                let http = matches!(function.trigger, Trigger::Http { .. });
                if http && seconds > MAX_HTTP_SECONDS {
                    let most = MAX_HTTP_SECONDS;
                    say(format!("it may take {seconds} s, and the platform gives a request up after {most} s"));
                }
                longest = longest.max(seconds);
            }
        }
        match bindings::of(function, options) {
            Ok(file) => {
                files.insert(format!("{}/function.json", function.name), written(&file));
            }
            Err(problem) => say(problem),
        }
    }
    files.insert(format!("{UNROUTED}/function.json"), written(&bindings::unrouted()));
    files.insert("host.json".to_owned(), written(&host(manifest, longest, options)));
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

fn host(manifest: &Manifest, longest: u64, options: &AzureOptions) -> Value {
    // A call that ends at its limit still has to be answered.
    let timeout = MIN_TIMEOUT_SECONDS.max(longest.div_ceil(60) * 60 + 60);
    let attempts = manifest.functions.iter().filter_map(|function| match function.trigger {
        Trigger::Subscription { max_attempts, .. } => Some(max_attempts),
        _ => None,
    });
    let mut extensions = json!({ "http": { "routePrefix": "" } });
    if let Some(most) = attempts.max() {
        // One for all queues: who allows fewer attempts has the adapter settle.
        extensions["queues"] = json!({ "maxDequeueCount": most, "messageEncoding": "base64" });
    }
    json!({
        "version": "2.0",
        "functionTimeout": format!("{:02}:{:02}:00", timeout / 3600, timeout % 3600 / 60),
        "customHandler": {
            "description": { "defaultExecutablePath": options.handler, "arguments": [] },
            "enableProxyingHttpRequest": true,
        },
        "extensions": extensions,
        "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" },
    })
}

/// Routes that take the path by which the host calls a function of events.
fn clashes(manifest: &Manifest) -> Vec<String> {
    let events = manifest.functions.iter().filter(|function| !matches!(function.trigger, Trigger::Http { .. }));
    let clash = |event: &Function| {
        manifest.functions.iter().find_map(|function| match &function.trigger {
            Trigger::Http { method, path } if method == "POST" && takes(path, &event.name) => Some(format!(
                "{}: the host calls it by POST /{}, which the route {path:?} of {} takes as well",
                event.name, event.name, function.name
            )),
            _ => None,
        })
    };
    events.filter_map(clash).collect()
}

fn takes(route: &str, segment: &str) -> bool {
    let rest = route.trim_start_matches('/');
    !rest.contains('/') && (rest.starts_with('{') || rest == segment)
}

fn written(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use anyport_conformance::hosts::azure_functions::App;

    use super::*;

    /// Where the golden files are, to be written anew by whoever sets `ANYPORT_WRITE_GOLDEN`.
    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/manifest/azure");

    fn options(prefix: &str) -> AzureOptions {
        AzureOptions {
            naming: Naming::new(prefix).unwrap(),
            prefix: prefix.to_owned(),
            handler: "handler".to_owned(),
            storage: "AzureWebJobsStorage".to_owned(),
            cosmos: "CosmosDb".to_owned(),
            database: "anyport".to_owned(),
        }
    }

    fn manifest(functions: &[(&str, Value)]) -> Manifest {
        let function = |(name, trigger): &(&str, Value)| json!({ "name": name, "trigger": trigger, "limits": { "timeout": "30s" } });
        serde_json::from_value(json!({ "functions": functions.iter().map(function).collect::<Vec<_>>() })).unwrap()
    }

    /// A function for each trigger.
    fn everything() -> Manifest {
        manifest(&[
            ("get-user", json!({ "kind": "http", "method": "GET", "path": "/api/users/{id}" })),
            ("place-order", json!({ "kind": "http", "method": "POST", "path": "/api/users/{id}/orders" })),
            (
                "fulfil-order",
                json!({ "kind": "subscription", "topic": "order-events", "name": "fulfilment", "max_attempts": 4 }),
            ),
            ("expire", json!({ "kind": "schedule", "cron": "0 3 * * *" })),
            ("import-users", json!({ "kind": "blob_created", "bucket": "imports", "prefix": "users/" })),
            ("erase-receipts", json!({ "kind": "document_changed", "collection": "users" })),
        ])
    }

    #[test]
    fn the_files_are_those_of_the_fixture() {
        let files = files(&everything(), &options("prod-")).unwrap();
        for (path, content) in &files {
            let golden = Path::new(GOLDEN).join(path);
            if std::env::var_os("ANYPORT_WRITE_GOLDEN").is_some() {
                std::fs::create_dir_all(golden.parent().unwrap()).unwrap();
                std::fs::write(&golden, content).unwrap();
            }
            assert_eq!(*content, std::fs::read_to_string(&golden).unwrap_or_default(), "{path}");
        }
        let folders = std::fs::read_dir(GOLDEN).unwrap().count();
        assert_eq!(folders, files.len(), "a file of the fixture is not written");
    }

    #[test]
    fn the_host_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        super::super::folder::write(folder.path(), &files(&everything(), &options("")).unwrap()).unwrap();
        let app = App::read(folder.path()).unwrap();
        assert_eq!(app.functions.len(), 7);
        assert_eq!(app.function_timeout().as_secs(), MIN_TIMEOUT_SECONDS);
        assert!(app.host.custom_handler.enable_proxying_http_request);
        assert_eq!(app.functions["fulfil-order"].trigger().text("queueName"), Some("order-events-0fulfilment"));
    }

    #[test]
    fn what_azure_cannot_do_is_refused_all_at_once() {
        let mut wrong = manifest(&[
            ("work", json!({ "kind": "schedule", "cron": "0 0 L * *" })),
            ("ask", json!({ "kind": "http", "method": "POST", "path": "/work" })),
            ("tilde", json!({ "kind": "http", "method": "GET", "path": "/~a" })),
            ("reserved", json!({ "kind": "http", "method": "GET", "path": "/admin/users" })),
            ("slow", json!({ "kind": "http", "method": "GET", "path": "/slow" })),
            ("hyphens", json!({ "kind": "blob_created", "bucket": "a--b", "prefix": "" })),
            ("braces", json!({ "kind": "blob_created", "bucket": "abc", "prefix": "{x}" })),
            (UNROUTED, json!({ "kind": "http", "method": "GET", "path": "/x" })),
        ]);
        wrong.functions[4].limits.timeout = "4m".to_owned();
        let problems = files(&wrong, &options("")).unwrap_err().join("\n");
        for part in [
            "work: the host calls it by POST /work",
            "work: the cron pattern",
            "tilde: ",
            "reserved: ",
            "slow: it may take 240 s",
            "hyphens: ",
            "braces: ",
            "anyport-unrouted: ",
        ] {
            assert!(problems.contains(part), "{part}: {problems}");
        }
    }

    #[test]
    fn long_functions_are_given_their_time() {
        let mut long = everything();
        long.functions[3].limits.timeout = "14m 30s".to_owned();
        let files = files(&long, &options("")).unwrap();
        assert!(files["host.json"].contains(r#""functionTimeout": "00:16:00""#), "{}", files["host.json"]);
    }
}
