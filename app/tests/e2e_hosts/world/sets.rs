//! The sets of adapters.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyport_ports::Clock;
use anyport_runtimes::SystemClock;

use super::{World, clouds, embedded, payments};
use crate::storefront_server::tokens;
use crate::telling::Telling;

/// A set of adapters, one for each port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// Everything in the memory of this process, which then runs the functions as well.
    Memory,
    /// Everything in files of this machine.
    Sqlite,
    /// Documents and messages in Redis, the rest in files.
    Redis,
    /// Everything at AWS.
    Aws,
    /// Everything at Azure.
    Azure,
    /// Everything at Google Cloud.
    Gcp,
}

/// What the receipts of every run are signed with.
pub(crate) const RECEIPT_KEY: &str = "a key of at least thirty-two bytes, for tests";

impl Set {
    /// A fresh namespace, in which everything exists that the functions need.
    pub(crate) async fn fresh(self) -> World {
        let prefix = fresh_prefix();
        let folder = tempfile::tempdir().expect("a folder");
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let stores = match self {
            Self::Memory => embedded::memory(&clock),
            Self::Sqlite => embedded::sqlite(&folder, &clock),
            Self::Redis => embedded::redis(&folder, &clock, &prefix).await,
            Self::Aws => clouds::aws(clock, &prefix).await,
            Self::Azure => clouds::azure(clock, &prefix).await,
            Self::Gcp => clouds::gcp(clock, &prefix).await,
        };
        let mut world = World {
            folder,
            program: PathBuf::from(env!("CARGO_BIN_EXE_app")),
            telling: Arc::new(Telling::new()),
            payments: payments::start().await,
            set: self,
            prefix,
            stores,
        };
        let url = world.payments.url();
        let (issuers, tokens) = tokens::setting();
        let own = [("ANYPORT_HTTP__SERVICES__PAYMENTS__URL", url.as_str()), (issuers, tokens.as_str())];
        // What the functions need is made without a word on who calls, and who is called.
        world.provision().await;
        world.stores.environment.extend(own.map(owned));
        world
    }
}

pub(super) fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// A variable of this process's environment, where `cargo xtask test` says what it has started.
pub(super) fn given(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`, which starts what it takes"))
}

/// No other run has it.
fn fresh_prefix() -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    let unique = u64::try_from(since_epoch.as_micros()).expect("small") ^ (u64::from(std::process::id()) << 40);
    format!("t{:012x}-", unique & 0xffff_ffff_ffff)
}
