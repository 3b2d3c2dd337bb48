//! The adapter of Amazon Web Services as a subject, against the emulators or the account that the SDK's own environment
//! leads to. A namespace is a prefix of names.

mod blobs;
mod dialect;
mod documents;
mod messages;
mod namespace;
mod policies;
mod secrets;

use anyport_conformance::subject::Adapter;

use super::blob_namespace::Buckets;

pub(super) fn adapter() -> Adapter {
    Adapter::named("aws")
        .documents(documents::Documents)
        .changes(documents::Documents)
        .messages(messages::Messages)
        .blobs(Buckets(blobs::S3))
        .secrets(secrets::Secrets)
}
