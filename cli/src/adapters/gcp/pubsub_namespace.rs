//! A fresh namespace of Pub/Sub and Secret Manager: names that begin with a prefix of their own, in whatever project the
//! environment leads to.

use std::net::{SocketAddr, ToSocketAddrs as _};

use anyport_gcp::ServiceSettings;
use anyport_ports::{Error, Result};
use uuid::Uuid;

use crate::adapters::variable;

/// A prefix of names that nobody else uses.
pub(super) struct Prefix(String);

impl Prefix {
    pub(super) fn fresh() -> Self {
        let random = Uuid::new_v4().simple().to_string();
        Self(format!("t{}-", &random[..14]))
    }

    /// How to reach a service where the environment says, or at this address.
    pub(super) fn settings(&self, through: Option<SocketAddr>) -> ServiceSettings {
        let endpoint = through.map(|address| format!("http://{address}"));
        ServiceSettings { project: None, prefix: self.0.clone(), endpoint }
    }
}

/// The address of the emulator that a variable names, if it names one; otherwise the service is Google's own, which speaks
/// TLS.
pub(super) fn emulator_at(name: &str) -> Result<Option<SocketAddr>> {
    let Some(host) = variable(name).filter(|host| !host.is_empty()) else { return Ok(None) };
    let authority = host.strip_prefix("http://").unwrap_or(&host);
    let address = authority.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    let wanted = "to put faults on the way to it, it must be like 127.0.0.1:8085";
    address.map(Some).ok_or_else(|| Error::invalid(format!("{host:?} is the emulator of {name}: {wanted}")))
}
