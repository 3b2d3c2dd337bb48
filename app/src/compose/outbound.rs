//! The client of services of others.

use std::sync::Arc;

use anyhow::{Result, bail};
use anyport_http::HttpClient;
use anyport_ports::handles::Service as _;
use anyport_ports::outbound::Outbound;
use app::payments::Payments;

use super::sandbox::Sandbox;
use crate::settings::Settings;

/// The client, and whether payments go to a sandbox: on one machine they may.
pub(super) fn of(settings: &Settings, one_machine: bool) -> Result<(Arc<dyn Outbound>, bool)> {
    let client: Arc<dyn Outbound> = Arc::new(HttpClient::new(&settings.http)?);
    if settings.http.services.contains_key(&Payments::NAME) {
        return Ok((client, false));
    }
    if !one_machine {
        bail!("http.services.{}.url is not set: it says where orders are paid", Payments::NAME);
    }
    Ok((Arc::new(Sandbox(client)), true))
}
