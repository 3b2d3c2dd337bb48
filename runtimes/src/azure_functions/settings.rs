//! The settings of the host.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How functions run on Azure Functions. Durations are written as text: `30s`, `500ms`, `1h`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AzureFunctionsSettings {
    /// What the names of queues, containers and databases begin with: `staging-`. Default: nothing.
    pub prefix: String,
    /// How the host hands requests over, as its `host.json` says. Default `proxying`.
    pub http: HttpMode,
    /// Who settles the messages of queues that failed. Default `host`.
    pub settlement: Settlement,
    /// `functionTimeout` of `host.json`, after which the host restarts this process, whatever else runs in it. It must not be
    /// longer than that. Default 5 min: the shortest default of the host's plans.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub function_timeout: Duration,
    /// How long before the host's deadline a function is stopped, so that its answer is still sent; a fifth of the time if
    /// that is less. Default 500 ms.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub deadline_margin: Duration,
    /// The pause before a failed message, slot or blob is tried again; it doubles with each attempt. Default 1 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub retry_base: Duration,
    /// Largest event, in bytes of its JSON: the host puts blobs and pages of documents into one. Default 128 MiB.
    #[schemars(range(min = 1024))]
    pub max_event_bytes: u64,
}

/// How the host hands requests over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HttpMode {
    /// As requests, with their own path: `enableProxyingHttpRequest`, which loses nothing, or `enableForwardingHttpRequest`,
    /// which loses bodies that are sent in chunks. Of what is forwarded nothing tells that it is no event: such an app must have
    /// no route for all paths.
    #[default]
    Proxying,
    /// As events, `POST /<function>` with the request in JSON: neither flag is set. An answer that has several cookies to set
    /// or is not text cannot be given so; instead there is a problem, 501.
    Default,
}

/// Who settles the messages of queues that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// The host: the message reappears after `visibilityTimeout`, and is moved to the queue `<queue>-poison` after
    /// `maxDequeueCount` attempts, both of `host.json`.
    #[default]
    Host,
    /// The Azure adapter, which must be the one that carries messages, on Storage Queue: what can never be done goes to the
    /// dead letters at once, what failed as often as its subscription allows as well, and all else comes again after its
    /// pause.
    AzureAdapter,
}

impl Default for AzureFunctionsSettings {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            http: HttpMode::Proxying,
            settlement: Settlement::Host,
            function_timeout: Duration::from_mins(5),
            deadline_margin: Duration::from_millis(500),
            retry_base: Duration::from_secs(1),
            max_event_bytes: 128 * 1024 * 1024,
        }
    }
}
