//! Where the server is.

use std::fmt;

use anyport_ports::{Error, Naming, Result};
use redis::{ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion};
use serde::Deserialize;

/// Where the server is, and what begins the names of everything kept there.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RedisSettings {
    /// `redis://[user:password@]host[:port][/database]`; of a cluster, some of its nodes, separated by commas. Where it
    /// is not set, the environment's `REDIS_URL` counts, and without that `redis://127.0.0.1:6379`.
    pub url: Option<String>,
    /// Whether the servers are a cluster.
    pub cluster: bool,
    /// What the names of all keys begin with, where environments share a server: at most 16 of `a-z`, `0-9` and `-`,
    /// starting with a letter; or nothing.
    pub prefix: String,
}

impl RedisSettings {
    /// The variable of the environment that names the server where the settings do not.
    pub const VARIABLE: &str = "REDIS_URL";

    /// The server, or the cluster's node, at this URL.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), ..Self::default() }
    }

    /// With all keys beginning with this prefix.
    #[must_use]
    pub fn prefixed(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// As nodes of a cluster, or not.
    #[must_use]
    pub fn clustered(mut self, cluster: bool) -> Self {
        self.cluster = cluster;
        self
    }

    /// The servers to connect to: one, or some of a cluster.
    pub(crate) fn servers(&self) -> Result<Vec<ConnectionInfo>> {
        let urls = match &self.url {
            Some(url) => url.clone(),
            None => std::env::var(Self::VARIABLE).unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned()),
        };
        let servers: Vec<_> = urls.split(',').map(|url| server(url.trim())).collect::<Result<_>>()?;
        if servers.len() > 1 && !self.cluster {
            return Err(Error::invalid("several Redis servers are named, but they are not set up as a cluster"));
        }
        Ok(servers)
    }

    pub(crate) fn naming(&self) -> Result<Naming> {
        Naming::new(self.prefix.clone())
    }
}

fn server(url: &str) -> Result<ConnectionInfo> {
    // The cause is left out: it may quote the URL, which may hold a password.
    let info = url.into_connection_info().map_err(|_| {
        Error::invalid("the Redis URL cannot be read: write redis://[user:password@]host[:port][/database]")
    })?;
    // The newer protocol tells of a connection that was closed before anything is sent on it.
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    Ok(info.set_redis_settings(settings))
}

impl fmt::Debug for RedisSettings {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.as_ref().map(|_| "(set)");
        f.debug_struct("RedisSettings")
            .field("url", &url)
            .field("cluster", &self.cluster)
            .field("prefix", &self.prefix)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use anyport_ports::ErrorKind;

    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let settings = RedisSettings::at("redis://user:s3cret@localhost");
        assert!(!format!("{settings:?}").contains("s3cret"));
        for bad in ["http://user:s3cret@localhost", "redis://user:s3cret@localhost/nine", ""] {
            let error = RedisSettings::at(bad).servers().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn several_servers_are_a_cluster() {
        let settings = RedisSettings::at("redis://one, redis://two");
        assert_eq!(settings.servers().unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(settings.clustered(true).servers().unwrap().len(), 2);
    }
}
