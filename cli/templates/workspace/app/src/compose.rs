//! The composition root: the one place where adapters are chosen and opened.

use std::sync::Arc;

use anyhow::Result;
use anyport_ports::Clock;
use anyport_ports::handles::Ports;
use anyport_ports::outbound::NoOutbound;
#[cfg(feature = "aws")]
use anyport_ports::resources::Resources;
use anyport_runtimes::{Surroundings, SystemClock, UuidIds};

use crate::settings::Settings;

/// SQLite and a folder: one machine, nothing else to run.
#[cfg(all(feature = "sqlite", not(feature = "aws")))]
pub(crate) async fn compose(settings: &Settings) -> Result<(Ports, Surroundings)> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    std::fs::create_dir_all(&settings.data)?;
    let store = anyport_sqlite::SqliteStore::open(&settings.data.join("store.db"), Arc::clone(&clock))?;
    let store = Arc::new(store);
    let secrets = anyport_sqlite::FileSecrets::new(settings.data.join("secrets"), "SECRET_");
    let ports = Ports {
        documents: Arc::clone(&store) as _,
        messages: Arc::clone(&store) as _,
        blobs: Arc::clone(&store) as _,
        signer: Arc::clone(&store) as _,
        secrets: Arc::new(secrets),
        clock,
        outbound: NoOutbound::port(),
        ids: Arc::new(UuidIds),
        call: Arc::default(),
    };
    Ok((ports, Surroundings::default()))
}
