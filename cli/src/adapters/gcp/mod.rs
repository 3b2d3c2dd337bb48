//! The adapter of Google Cloud as a subject, against the servers that the environment leads to. A namespace is a prefix of
//! names.

mod denials;
mod dialect;
mod documents;
mod messages;
mod namespace;
mod secrets;
mod service_dialect;

use anyport_conformance::subject::Adapter;

pub(super) fn adapter() -> Adapter {
    Adapter::named("gcp")
        .documents(documents::Documents)
        .changes(documents::Documents)
        .messages(messages::Messages)
        .secrets(secrets::Secrets)
}
