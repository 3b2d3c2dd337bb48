//! What stood for a provider while its adapter was run, and what that cannot show.

use serde::{Deserialize, Serialize};

/// A server that an adapter was run against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its name, as in the gap file if it is an emulator.
    pub name: String,
    /// Whose it is: how much its word is worth.
    pub maker: String,
    /// Whether it was written for these checks, from the service's documentation: it proves less than an emulator.
    pub fake: bool,
}

/// What of a provider no emulator shows. It has neither passed nor failed, and counts as neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unverified {
    /// What is not seen to work.
    pub what: String,
    /// Why not, and what is proven instead.
    pub why: String,
}

/// What the list of what is unverified shows.
pub(super) const ABOUT_UNVERIFIED: &str =
    "What no emulator shows, so that no run against emulators proves it. None of it counts as passed.";

/// The servers in one line: `firestore (Google's emulator), pubsub (a fake of ours)`.
pub fn listed(servers: &[Server]) -> String {
    let one = |server: &Server| format!("{} ({})", server.name, server.maker);
    servers.iter().map(one).collect::<Vec<_>>().join(", ")
}
