//! The settings of the host.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How functions run on AWS Lambda. Durations are written as text: `30s`, `500ms`, `1h`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LambdaSettings {
    /// What the names of queues, topics, rules, buckets and tables begin with: `staging-`. Default: nothing.
    pub prefix: String,
    /// What the path of every request begins with that is no part of a route, such as the mapping of a custom domain:
    /// `/shop`. The stage of an API is taken off without it. Default: nothing.
    pub base_path: String,
    /// Whether answers are streamed. It must be as the invoke mode of the function URL, or the response transfer mode of the
    /// API, is. Default false: an answer is at most 6 MB.
    pub response_streaming: bool,
    /// Who settles the messages of queues that failed. Default `host`.
    pub settlement: Settlement,
    /// The pause before a failed message, slot or blob is tried again; it doubles with each attempt. Default 1 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub retry_base: Duration,
    /// How long before the host's deadline a function is stopped, so that its answer is still sent; a fifth of the time left
    /// if that is less. Default 500 ms.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub deadline_margin: Duration,
    /// Whether the host is asked for a signal before it ends the process, by registering an internal extension. Default
    /// true.
    pub graceful_shutdown: bool,
    /// Whether a document is read before the first event, so that its store is connected to. Default true.
    pub warm_up: bool,
}

/// Who settles the messages of queues that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// The host: they are reported, and come again when the queue's visibility timeout is over, until the queue's own
    /// redrive policy gives them up.
    #[default]
    Host,
    /// The AWS adapter, which must be the one that carries messages: what can never be done goes to the dead letters at
    /// once, and what failed comes again after its pause.
    AwsAdapter,
}

impl Default for LambdaSettings {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            base_path: String::new(),
            response_streaming: false,
            settlement: Settlement::Host,
            retry_base: Duration::from_secs(1),
            deadline_margin: Duration::from_millis(500),
            graceful_shutdown: true,
            warm_up: true,
        }
    }
}
