//! The server that namespaces are made on.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use anyport_conformance::wire::{Protocol, Upstream};
use anyport_ports::resources::{Provision as _, Resources};
use anyport_ports::{Error, ErrorKind, Result};
use anyport_redis::{RedisSettings, RedisStore};

use crate::adapters::variable;

/// A server, or a cluster.
#[derive(Clone)]
pub(super) struct Server {
    url: Arc<str>,
    cluster: bool,
}

impl Server {
    /// The one that the environment names.
    pub(super) fn named() -> Self {
        let url = variable(RedisSettings::VARIABLE).unwrap_or_default();
        Self { url: url.into(), cluster: false }
    }

    /// The cluster that has a node at this URL.
    pub(super) fn cluster(url: &str) -> Self {
        Self { url: url.into(), cluster: true }
    }

    /// A fresh namespace with these resources.
    pub(super) async fn fresh(&self, resources: &Resources) -> Result<Prefix> {
        // 16 bytes is as long as a prefix gets; what begins it is a letter.
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let prefix = Prefix { server: self.clone(), prefix: format!("t{}-", &unique[..14]) };
        prefix.open(None).await?.provision(resources).await?;
        Ok(prefix)
    }
}

/// A namespace: everything whose key begins with this.
pub(super) struct Prefix {
    server: Server,
    prefix: String,
}

impl Prefix {
    /// Another handle, which speaks to this address instead of the server's own.
    pub(super) async fn open(&self, through: Option<SocketAddr>) -> Result<RedisStore> {
        let url = match through {
            Some(address) => readdressed(&self.server.url, address)?,
            None => self.server.url.to_string(),
        };
        let settings = RedisSettings::at(url).prefixed(&self.prefix).clustered(self.server.cluster);
        RedisStore::connect(&settings).await
    }

    /// The server, as a proxy reaches it. There is none for a cluster, whose nodes name each other, nor over TLS.
    pub(super) fn upstream(&self) -> Result<Option<Upstream>> {
        if self.server.cluster || !self.server.url.starts_with("redis://") {
            return Ok(None);
        }
        let authority = authority(&self.server.url)?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = if host.contains(':') { host.to_owned() } else { format!("{host}:6379") };
        let mut addresses = host.to_socket_addrs().map_err(|error| {
            Error::new(ErrorKind::Unavailable, format!("the Redis server {host} has no address")).caused_by(error)
        })?;
        let address = addresses.next();
        Ok(address.map(|address| Upstream { address, protocol: Protocol::Resp }))
    }
}

/// The URL with another host and port.
fn readdressed(url: &str, address: SocketAddr) -> Result<String> {
    let authority = authority(url)?;
    let user = authority.rsplit_once('@').map_or_else(String::new, |(user, _)| format!("{user}@"));
    Ok(url.replacen(authority, &format!("{user}{address}"), 1))
}

/// User, password, host and port of the URL.
fn authority(url: &str) -> Result<&str> {
    let (_, rest) = url.split_once("://").ok_or_else(|| Error::invalid("REDIS_URL is no URL of a Redis server"))?;
    Ok(rest.split(['/', '?']).next().unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_takes_the_servers_place_in_its_url() {
        let proxy = SocketAddr::from(([127, 0, 0, 1], 7));
        for (url, through) in [
            ("redis://localhost", "redis://127.0.0.1:7"),
            ("redis://localhost:6380/2", "redis://127.0.0.1:7/2"),
            ("redis://user:p%40ss@localhost/", "redis://user:p%40ss@127.0.0.1:7/"),
        ] {
            assert_eq!(readdressed(url, proxy).unwrap(), through);
        }
        assert!(readdressed("localhost:6379", proxy).is_err());
    }
}
