//! `function.json`: what calls a function, by the names that adapters and runtime have for it.

use anyport_azure::QueueMessages;
use anyport_ports::messages::Subscription;
use serde_json::{Value, json};

use super::{AzureOptions, Function, RESERVED, Trigger, cron};

/// Longest name of a container of blobs, and of documents.
const BLOB_CONTAINER: usize = 63;
const DOCUMENT_CONTAINER: usize = 255;

/// The methods that the host knows.
const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

/// A function's file; what Azure cannot do of it, in words.
pub(super) fn of(function: &Function, options: &AzureOptions) -> Result<Value, String> {
    let naming = &options.naming;
    Ok(match &function.trigger {
        Trigger::Http { method, path } => {
            let route = route(path)?;
            // HEAD is answered as GET is.
            let methods = if method == "GET" { vec!["get", "head"] } else { vec![known(method)?] };
            json!({ "bindings": http(&route, &methods) })
        }
        Trigger::Subscription { topic, name, .. } => {
            let subscription = Subscription::new(topic.clone(), name.as_str()).map_err(|error| error.to_string())?;
            let queue = QueueMessages::queue_name(&options.prefix, &subscription).map_err(|error| error.to_string())?;
            json!({ "bindings": [{
                "type": "queueTrigger", "direction": "in", "name": "message", "queueName": queue,
                // As bytes nothing of it is looked into.
                "connection": options.storage, "dataType": "binary",
            }] })
        }
        Trigger::Schedule { cron: pattern } => json!({
            "bindings": [{ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": cron::ncrontab(pattern)? }],
            // A timer that failed is not called again without this.
            "retry": { "strategy": "fixedDelay", "maxRetryCount": 4, "delayInterval": "00:00:15" },
        }),
        Trigger::BlobCreated { bucket, prefix } => {
            let container = naming.of(bucket.as_str(), BLOB_CONTAINER);
            if container.contains("--") {
                return Err(format!("{container:?} is no name of a container: Azure takes no two hyphens in a row"));
            }
            if prefix.contains(['{', '}']) {
                return Err(format!("the prefix {prefix:?} has braces, which the host takes for a parameter"));
            }
            json!({ "bindings": [{
                "type": "blobTrigger", "direction": "in", "name": "blob", "path": format!("{container}/{prefix}{{name}}"),
                "connection": options.storage, "dataType": "binary",
            }] })
        }
        Trigger::DocumentChanged { collection } => json!({
            "bindings": [{
                "type": "cosmosDBTrigger", "direction": "in", "name": "documents", "databaseName": options.database,
                "containerName": naming.of(collection.as_str(), DOCUMENT_CONTAINER), "connection": options.cosmos,
                // Each function has its own place in the feed.
                "leaseContainerName": naming.of("anyport-functions", DOCUMENT_CONTAINER),
                "leaseContainerPrefix": format!("{}-", function.name), "createLeaseContainerIfNotExists": true,
            }],
            // Without it, or with an end to it, the host goes on after a page that failed.
            "retry": {
                "strategy": "exponentialBackoff", "maxRetryCount": -1, "minimumInterval": "00:00:01",
                "maximumInterval": "00:05:00",
            },
        }),
    })
}

/// The function for requests that no other is for.
pub(super) fn unrouted() -> Value {
    json!({ "bindings": http("{*path}", &METHODS) })
}

/// Anyone may call: who must be known, the workload says and the handler finds out.
fn http(route: &str, methods: &[&str]) -> Value {
    json!([
        { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "methods": methods, "route": route },
        { "type": "http", "direction": "out", "name": "res" },
    ])
}

fn known(method: &str) -> Result<&'static str, String> {
    let known = METHODS.iter().find(|known| known.eq_ignore_ascii_case(method));
    known.copied().ok_or_else(|| format!("the host has no method {method}"))
}

/// A route as the host writes it: without the slash in front.
fn route(path: &str) -> Result<String, String> {
    let route = path.strip_prefix('/').unwrap_or(path);
    let first = route.split('/').next().unwrap_or_default();
    if first.starts_with('~') {
        return Err(format!("the route {path:?} begins with '~', which the host does not take"));
    }
    if RESERVED.iter().any(|reserved| first.eq_ignore_ascii_case(reserved)) {
        return Err(format!("the route {path:?} begins with /{first}, which the host has for itself"));
    }
    // The root is the host's own way to say it.
    Ok(if route.is_empty() { "/".to_owned() } else { route.to_owned() })
}
