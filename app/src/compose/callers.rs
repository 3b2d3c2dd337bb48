//! Who may call.

use std::sync::Arc;

use anyhow::{Result, bail};
use anyport_ports::Clock;
use anyport_ports::outbound::Outbound;
use anyport_runtimes::auth::development::DevelopmentIssuer;
use anyport_runtimes::auth::{Authenticate, Authenticator};

use crate::settings::Settings;

/// Who tells who calls, and whether the machine is its own issuer: one machine may be.
pub(super) fn of(
    settings: &Settings,
    one_machine: bool,
    outbound: &Arc<dyn Outbound>,
    clock: &Arc<dyn Clock>,
) -> Result<(Arc<dyn Authenticate>, bool)> {
    let own = settings.auth.issuers.is_empty();
    if own && !one_machine {
        bail!("auth.issuers is empty: name who gives the tokens that callers bring");
    }
    let auth = if own { DevelopmentIssuer::open(settings.own_issuer())?.settings() } else { settings.auth.clone() };
    let authenticator = Authenticator::new(&auth, Arc::clone(outbound), Arc::clone(clock))?;
    Ok((Arc::new(authenticator), own))
}
