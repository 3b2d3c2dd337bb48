//! Changes of documents that were given up: logged, and put on record.

use anyport_ports::documents::{Body, DocumentChange, Documents, Key, Put};
use anyport_ports::{Clock, CollectionName, Result};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

use crate::fault::Fault;
use crate::workload::RUNTIME_COLLECTION;

/// How long the record stands.
const KEEP: Duration = Duration::from_hours(14 * 24);

/// The record, as it stands in [`RUNTIME_COLLECTION`] under `change/<function>`.
#[derive(Serialize)]
struct Record<'a> {
    state: &'static str,
    collection: &'a CollectionName,
    partition: &'a str,
    sort: &'a str,
    /// The version that the change made; none of a deletion.
    version: Option<&'a str>,
    attempts: u32,
    code: &'a str,
}

/// Says that a function will not be called for a change again. The document's later changes go on, so that the record is
/// what is left of it; if it cannot be written, the log is.
pub(crate) async fn record(
    documents: &dyn Documents,
    clock: &dyn Clock,
    function: &str,
    collection: &CollectionName,
    change: &DocumentChange,
    (attempts, fault): (u32, &Fault),
) {
    tracing::error!(
        function, %collection, key = %change.key, attempts, code = fault.code, error = %fault, "given up: a change of a document"
    );
    let record = Record {
        state: "failed",
        collection,
        partition: change.key.partition().as_str(),
        sort: change.key.sort(),
        version: change.document.as_ref().map(|document| document.version.as_str()),
        attempts,
        code: fault.code,
    };
    let written: Result<()> = async {
        let put = Put::new(Body::of(&record)?).expires_at(Some(clock.now().plus(KEEP)));
        documents.put(&RUNTIME_COLLECTION, &address(function, &change.key)?, &put).await.map(drop)
    }
    .await;
    if let Err(error) = written {
        tracing::error!(function, key = %change.key, %error, "what was given up could not be put on record");
    }
}

/// A document's key may be longer than a part of another's.
fn address(function: &str, key: &Key) -> Result<Key> {
    let mut digest = Sha256::new();
    digest.update((key.partition().as_str().len() as u64).to_le_bytes());
    digest.update(key.partition().as_str());
    digest.update(key.sort());
    let digest: [u8; 32] = digest.finalize().into();
    let hex = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    Key::new(format!("change/{function}"), format!("given-up/{hex}"))
}
