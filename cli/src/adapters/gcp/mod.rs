//! The adapter of Google Cloud as a subject, against the servers that the environment leads to. A namespace is a prefix of
//! names.

mod messages;
mod pubsub_namespace;

use anyport_conformance::subject::Adapter;

pub(super) fn adapter() -> Adapter {
    Adapter::named("gcp").messages(messages::Messages)
}
