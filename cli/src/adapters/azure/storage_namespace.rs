//! A fresh namespace of queues and secrets: names that begin with a prefix of their own.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyport_ports::{Error, Result};
use uuid::Uuid;

/// A prefix of names that nobody else uses.
pub(super) fn fresh_prefix() -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("t{}-", &random[..14])
}

/// A server on this machine that an endpoint leads to; none if it is the provider's own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// The path of its URL.
    path: String,
}

impl Server {
    /// The server of an endpoint, if it is at an address of its own rather than at one of Azure's names.
    pub(super) fn of(endpoint: &str) -> Result<Option<Self>> {
        let wrong = || Error::invalid(format!("{endpoint:?} is no endpoint such as http://127.0.0.1:10001/account"));
        let (_, rest) = endpoint.split_once("://").ok_or_else(wrong)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !authority.contains(':') {
            return Ok(None);
        }
        let address = authority.to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or_else(wrong)?;
        Ok(Some(Self { address, path: path.to_owned() }))
    }

    /// The URL of the same at another address, in plain HTTP.
    pub(super) fn through(&self, address: SocketAddr) -> String {
        format!("http://{address}/{}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_an_address_of_its_own() {
        let emulator = Server::of("http://127.0.0.1:10001/devstoreaccount1").unwrap().unwrap();
        assert_eq!(emulator.through("127.0.0.1:9".parse().unwrap()), "http://127.0.0.1:9/devstoreaccount1");
        let fake = Server::of("https://127.0.0.1:8443").unwrap().unwrap();
        assert_eq!(fake.through("127.0.0.1:9".parse().unwrap()), "http://127.0.0.1:9/");
        assert_eq!(Server::of("https://shop.vault.azure.net/").unwrap(), None);
        for bad in ["127.0.0.1:1", "http://no such host:1"] {
            assert!(Server::of(bad).is_err(), "{bad}");
        }
    }
}
