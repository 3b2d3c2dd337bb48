//! The adapter of Microsoft Azure as a subject, against the servers that the environment leads to. A namespace is a prefix
//! of names.

mod dialect;
mod documents;
mod messages;
mod namespace;
mod secrets;
mod storage_namespace;

use anyport_conformance::subject::Adapter;

pub(super) fn adapter() -> Adapter {
    Adapter::named("azure")
        .documents(documents::Documents)
        .changes(documents::Documents)
        .messages(messages::Messages)
        .secrets(secrets::Secrets)
}
