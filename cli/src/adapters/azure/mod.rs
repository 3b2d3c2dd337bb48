//! The adapter of Microsoft Azure as a subject, against the servers that the environment leads to. A namespace is a prefix
//! of names.

mod blobs;
mod dialect;
mod documents;
mod messages;
mod namespace;
mod secrets;
mod storage_namespace;

use anyport_conformance::subject::Adapter;

use super::blob_namespace::Buckets;

pub(super) fn adapter() -> Adapter {
    Adapter::named("azure")
        .documents(documents::Documents)
        .changes(documents::Documents)
        .messages(messages::Messages)
        .blobs(Buckets(blobs::AzureBlobs))
        .secrets(secrets::Secrets)
}
