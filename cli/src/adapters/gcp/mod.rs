//! The adapter of Google Cloud as a subject, against the servers that the environment leads to. A namespace is a prefix of
//! names.

mod blobs;
mod denials;
mod dialect;
mod documents;
mod messages;
mod namespace;
mod protocol;
mod secrets;
mod service_dialect;

use anyport_conformance::subject::Adapter;

use super::blob_namespace::Buckets;

pub(super) fn adapter() -> Adapter {
    Adapter::named("gcp")
        .documents(documents::Documents)
        .changes(documents::Documents)
        .messages(messages::Messages)
        .blobs(Buckets(blobs::Gcs))
        .secrets(secrets::Secrets)
}
