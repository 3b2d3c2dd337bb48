//! Redis as a subject: a prefix of its own for each namespace, on the server that the environment names.

mod changes;
mod documents;
mod messages;
mod server;

use anyport_conformance::subject::Adapter;

use self::server::Server;

/// The adapter, on the server of `REDIS_URL`.
pub(super) fn adapter() -> Adapter {
    on(&Server::named())
}

/// The adapter, on the cluster that has a node at this URL.
pub(super) fn cluster(url: &str) -> Adapter {
    on(&Server::cluster(url))
}

fn on(server: &Server) -> Adapter {
    Adapter::named("redis").documents(server.clone()).changes(server.clone()).messages(server.clone())
}
