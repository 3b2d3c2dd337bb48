//! The adapters that the command knows, as subjects of the suite.

mod sqlite;

use anyport_conformance::reference::Reference;
use anyport_conformance::subject::Adapter;

/// Every adapter of the house.
pub fn all() -> Vec<Adapter> {
    vec![Reference::adapter(), sqlite::adapter()]
}

/// The adapter of this name.
pub fn named(name: &str) -> Option<Adapter> {
    all().into_iter().find(|adapter| adapter.name == name)
}
