//! A fresh namespace: names that begin with a prefix of their own, in whatever account the environment leads to.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use anyport_azure::{CosmosDocuments, CosmosSettings};
use anyport_conformance::time::RealTime;
use anyport_conformance::wire::{Protocol, Upstream};
use anyport_ports::{Error, Result};
use uuid::Uuid;

use super::dialect::CosmosDialect;
use crate::adapters::variable;

/// A prefix of names that nobody else uses.
pub(super) struct Prefix(String);

impl Prefix {
    pub(super) fn fresh() -> Self {
        let random = Uuid::new_v4().simple().to_string();
        Self(format!("t{}-", &random[..14]))
    }

    /// Connects anew, as another process would, to the account where the environment says, or at this address.
    pub(super) async fn documents(&self, through: Option<SocketAddr>) -> Result<CosmosDocuments> {
        let endpoint = through.map(|address| format!("http://{address}/"));
        let settings = CosmosSettings { prefix: self.0.clone(), endpoint, ..CosmosSettings::default() };
        CosmosDocuments::connect(&settings, Arc::new(RealTime)).await
    }
}

/// The emulator of Cosmos DB, if the environment names one, and how faults are put before it; otherwise it is an account,
/// which speaks TLS.
pub(super) fn upstream() -> Result<Option<Upstream>> {
    let url = variable("AZURE_COSMOS_ENDPOINT").unwrap_or_default();
    let Some(authority) = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()) else { return Ok(None) };
    let address = authority.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    let wanted = "to put faults on the way to it, it must be like http://127.0.0.1:8081";
    let address = address.ok_or_else(|| Error::invalid(format!("{url:?} is the endpoint of Cosmos DB: {wanted}")))?;
    Ok(Some(Upstream { address, protocol: Protocol::Http(Arc::new(CosmosDialect)) }))
}
