//! A fresh namespace: names that begin with a prefix of their own, in whatever account the environment leads to.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use anyport_aws::{Aws, AwsSettings};
use anyport_conformance::time::RealTime;
use anyport_conformance::wire::{Protocol, Upstream};
use anyport_ports::{Error, Result};
use uuid::Uuid;

use super::dialect::AwsDialect;
use crate::adapters::variable;

/// A prefix of names that nobody else uses.
pub(super) struct Prefix(String);

impl Prefix {
    pub(super) fn fresh() -> Self {
        let random = Uuid::new_v4().simple().to_string();
        Self(format!("t{}-", &random[..14]))
    }

    /// Connects anew, as another process would, to the services where the environment says, or all to this address.
    pub(super) async fn connect(&self, through: Option<SocketAddr>) -> Result<Aws> {
        let endpoint_url = through.map(|address| format!("http://{address}"));
        Aws::connect(&AwsSettings { prefix: self.0.clone(), region: None, endpoint_url }, Arc::new(RealTime)).await
    }
}

/// The emulator of a service (`SQS`), if the environment names one for it or for all, and how faults are put before it;
/// otherwise the service is AWS's own, which speaks TLS.
pub(super) fn upstream(service: &str) -> Result<Option<Upstream>> {
    let emulator = emulator_of(service)?;
    Ok(emulator.map(|address| Upstream { address, protocol: Protocol::Http(Arc::new(AwsDialect)) }))
}

/// The address of the emulator of a service.
pub(super) fn emulator_of(service: &str) -> Result<Option<SocketAddr>> {
    let name = format!("AWS_ENDPOINT_URL_{service}");
    let Some(url) = variable(&name).or_else(|| variable("AWS_ENDPOINT_URL")) else { return Ok(None) };
    let authority = url.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let address = authority.and_then(|authority| authority.to_socket_addrs().ok()?.next());
    let wanted = "to put faults on the way to it, it must be like http://127.0.0.1:4566";
    address.map(Some).ok_or_else(|| Error::invalid(format!("{url:?} is the endpoint of {service}: {wanted}")))
}
