//! The adapters that the command knows, as subjects of the suite.

mod absent;
mod aws;
mod azure;
mod blob_namespace;
mod browser;
mod front;
mod gaps;
mod gcp;
mod redis;
mod sqlite;

use anyport_conformance::reference::Reference;
use anyport_conformance::subject::Adapter;
use anyport_emulators::{Named, Provider, named as led_to};

use self::absent::absent;

/// How far the environment is trusted when it says where a provider is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A server that it names is used; an account at the provider, which costs money and holds somebody's data, is not.
    ServersAlone,
    /// An account is used too.
    AccountsToo,
}

struct Known {
    name: &'static str,
    /// Whose server or account it needs.
    provider: Option<Provider>,
    adapter: fn() -> Adapter,
}

const HOUSE: &[Known] = &[
    Known { name: "memory", provider: None, adapter: Reference::adapter },
    Known { name: "sqlite", provider: None, adapter: sqlite::adapter },
    Known { name: "aws", provider: Some(Provider::Aws), adapter: aws::adapter },
    Known { name: "azure", provider: Some(Provider::Azure), adapter: azure::adapter },
    Known { name: "gcp", provider: Some(Provider::Gcp), adapter: gcp::adapter },
    Known { name: "redis", provider: Some(Provider::Redis), adapter: redis::adapter },
];

impl Known {
    /// The adapter, against what the environment leads to.
    fn here(&self, trust: Trust) -> Adapter {
        let adapter = (self.adapter)();
        let Some(provider) = self.provider else { return adapter };
        match led_to(provider, variable) {
            Named::Server(_) => match gaps::here(provider) {
                Ok(gaps) => adapter.with_gaps(gaps),
                Err(error) => absent(adapter, &format!("{error:#}")),
            },
            Named::Account(_) if trust == Trust::AccountsToo => adapter,
            Named::Account(_) | Named::Nothing => absent(
                adapter,
                &format!(
                    "the environment names no server of {provider}: run the tests with `cargo xtask test`, or first \
                     eval \"$(cargo run -p anyport-cli -- emulators up {provider})\""
                ),
            ),
        }
    }
}

/// Every adapter of the house, against the servers that the environment leads to, and never an account.
pub fn all() -> Vec<Adapter> {
    HOUSE.iter().map(|known| known.here(Trust::ServersAlone)).collect()
}

/// The adapter of this name, against what the environment leads to.
pub fn named(name: &str, trust: Trust) -> Option<Adapter> {
    find(name).map(|known| known.here(trust))
}

/// The Redis adapter on the cluster that has a node at this URL, which no variable of the environment tells.
pub fn redis_cluster(url: &str) -> Adapter {
    redis::cluster(url)
}

/// The names of all adapters.
pub fn names() -> Vec<&'static str> {
    HOUSE.iter().map(|known| known.name).collect()
}

/// The provider whose server or account an adapter needs.
pub fn provider_of(name: &str) -> Option<Provider> {
    find(name)?.provider
}

fn find(name: &str) -> Option<&'static Known> {
    HOUSE.iter().find(|known| known.name == name)
}

/// A variable of the environment.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
