//! In the place of TLS, where it is not compiled in.

use std::path::Path;

use anyport_ports::Result;
use redis::cluster::ClusterClientBuilder;
use redis::{Client, ConnectionInfo, RedisError, RedisResult};

/// Whether a server can be spoken to over TLS.
pub(crate) const SUPPORTED: bool = false;

/// Nobody: the settings refuse a URL that asks for TLS.
pub(crate) struct Trust;

impl Trust {
    #[expect(clippy::unused_async, reason = "with TLS, files are read")]
    pub(crate) async fn for_servers(_: &[ConnectionInfo], _: Option<&Path>) -> Result<Self> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "with TLS, it is what to trust")]
    pub(crate) fn client(self, server: ConnectionInfo) -> RedisResult<Client> {
        Client::open(server)
    }

    #[expect(clippy::unused_self, reason = "with TLS, it is what to trust")]
    pub(crate) fn extended_to(self, cluster: ClusterClientBuilder) -> ClusterClientBuilder {
        cluster
    }
}

/// Nothing: there is no TLS to fail.
pub(crate) fn told_by(_: &RedisError) -> Option<&'static str> {
    None
}
