//! The adapter of Microsoft Azure as a subject, against the servers that the environment leads to. A namespace is a prefix
//! of names.

mod blobs;

use anyport_conformance::subject::Adapter;

use super::blob_namespace::Buckets;

pub(super) fn adapter() -> Adapter {
    Adapter::named("azure").blobs(Buckets(blobs::AzureBlobs))
}
