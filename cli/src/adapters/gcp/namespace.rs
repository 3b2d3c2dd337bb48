//! A fresh namespace: names that begin with a prefix of their own, in whatever project the environment leads to.

use std::net::ToSocketAddrs as _;
use std::sync::Arc;

use anyport_conformance::wire::{Dialect, Protocol, Upstream};
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

    /// The prefix itself.
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// The emulator that a variable of the environment names by host and port, if it names one, and how faults are put before
/// it; otherwise the service is Google's own, which speaks TLS.
pub(super) fn upstream(name: &str, dialect: impl Dialect) -> Result<Option<Upstream>> {
    let Some(host) = variable(name) else { return Ok(None) };
    let address = host.to_socket_addrs().ok().and_then(|mut found| found.next());
    let wanted = "to put faults on the way to it, it must be like 127.0.0.1:8080";
    let address = address.ok_or_else(|| Error::invalid(format!("{name} is {host:?}: {wanted}")))?;
    Ok(Some(Upstream { address, protocol: Protocol::Http(Arc::new(dialect)) }))
}
