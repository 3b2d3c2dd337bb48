//! Where the server is.

use std::fmt;
use std::path::PathBuf;

use anyport_ports::{Error, Naming, Result};
use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion};
use serde::Deserialize;

use crate::tls;

/// Where the server is, and what begins the names of everything kept there.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RedisSettings {
    /// `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS; of a cluster, some of its nodes,
    /// separated by commas. Where it is not set, the environment's `REDIS_URL` counts, and without that
    /// `redis://127.0.0.1:6379`.
    pub url: Option<String>,
    /// Whether the servers are a cluster.
    pub cluster: bool,
    /// What the names of all keys begin with, where environments share a server: at most 16 of `a-z`, `0-9` and `-`,
    /// starting with a letter; or nothing.
    pub prefix: String,
    /// For `rediss://`: a file with the certificates of the CAs to trust, in PEM. Unless it is set, those that the system
    /// trusts, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    pub ca_file: Option<PathBuf>,
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

    /// Trusting the CAs of this file, in PEM, and no others.
    #[must_use]
    pub fn trusting(mut self, ca_file: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(ca_file.into());
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
        if self.ca_file.is_some() && !servers.iter().all(speaks_tls) {
            return Err(Error::invalid("`ca_file` is set, and the Redis URL has no TLS: write rediss://"));
        }
        Ok(servers)
    }

    pub(crate) fn naming(&self) -> Result<Naming> {
        Naming::new(self.prefix.clone())
    }
}

/// Whether the server is spoken to over TLS.
pub(crate) fn speaks_tls(server: &ConnectionInfo) -> bool {
    matches!(server.addr(), ConnectionAddr::TcpTls { .. })
}

fn server(url: &str) -> Result<ConnectionInfo> {
    if !tls::SUPPORTED && (url.starts_with("rediss:") || url.starts_with("valkeys:")) {
        return Err(Error::invalid(
            "the Redis URL asks for TLS, which is not compiled in: build with the feature `tls` of anyport-redis",
        ));
    }
    // The cause is left out: it may quote the URL, which may hold a password.
    let info = url.into_connection_info().map_err(|_| {
        Error::invalid("the Redis URL cannot be read: write redis://[user:password@]host[:port][/database]")
    })?;
    if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
        return Err(Error::invalid(
            "the Redis URL asks not to check the server's certificate, which is always checked: remove #insecure, and \
             name a private CA by `ca_file` or SSL_CERT_FILE",
        ));
    }
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
            .field("ca_file", &self.ca_file)
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
    fn a_url_that_asks_for_tls_gets_it_checked_or_an_error() {
        let of = |settings: RedisSettings| settings.servers().map_err(|error| error.to_string());
        let plain = of(RedisSettings::at("redis://localhost").trusting("ca.pem")).unwrap_err();
        assert!(plain.contains("rediss://"), "{plain}");
        let tls = of(RedisSettings::at("rediss://localhost").trusting("ca.pem"));
        assert_eq!(tls.is_ok(), tls::SUPPORTED);
        if tls::SUPPORTED {
            assert!(speaks_tls(&tls.unwrap()[0]));
            let unchecked = of(RedisSettings::at("rediss://localhost/#insecure")).unwrap_err();
            assert!(unchecked.contains("always checked"), "{unchecked}");
        } else {
            assert!(tls.unwrap_err().contains("feature `tls`"));
        }
    }

    #[test]
    fn several_servers_are_a_cluster() {
        let settings = RedisSettings::at("redis://one, redis://two");
        assert_eq!(settings.servers().unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(settings.clustered(true).servers().unwrap().len(), 2);
    }
}
