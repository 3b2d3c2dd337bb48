//! The adapter of Google Cloud as a subject, against the servers that the environment leads to. A namespace is a prefix of
//! names.

mod dialect;
mod documents;
mod namespace;

use anyport_conformance::subject::Adapter;

pub(super) fn adapter() -> Adapter {
    Adapter::named("gcp").documents(documents::Documents).changes(documents::Documents)
}
