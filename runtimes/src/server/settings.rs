//! The settings of the server.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the server runs. Durations are written as text: `30s`, `500ms`, `1h`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSettings {
    /// Where it listens; port 0 takes a free one. Default 127.0.0.1:8080.
    #[schemars(regex(pattern = r":[0-9]{1,5}$"))]
    pub address: SocketAddr,
    /// How long requests and messages in flight may take to end after the signal to stop. Default 20 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub grace: Duration,
    /// How long a connection may take to send the head of a request. Default 10 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub header_timeout: Duration,
    /// How long a body may take to arrive. Default 30 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub body_timeout: Duration,
    /// Most connections at once; others wait to be accepted. Default 1,024.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_connections: u32,
    /// How long one look for messages waits for some to arrive, at most 20 s. The drain waits for it to end. Default 2 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub receive_wait: Duration,
    /// The pause before a failed message, slot, blob or change is tried again; it doubles with each attempt. Default 1 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub retry_base: Duration,
    /// How late the latest slot of a schedule is still made up for when all replicas were down. Default 1 h.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub schedule_catch_up: Duration,
    /// How often buckets are looked through for new blobs. Default 1 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub blob_poll_interval: Duration,
    /// How often the changes of a collection are asked for while there are none. Default 1 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub feed_poll_interval: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            grace: Duration::from_secs(20),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            max_connections: 1024,
            receive_wait: Duration::from_secs(2),
            retry_base: Duration::from_secs(1),
            schedule_catch_up: Duration::from_hours(1),
            blob_poll_interval: Duration::from_secs(1),
            feed_poll_interval: Duration::from_secs(1),
        }
    }
}
