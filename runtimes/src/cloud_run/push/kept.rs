//! Events that can never be done, and that nobody else keeps: logged, and put on record.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::documents::{Body, Documents, Key, Put};
use anyport_ports::handles::Ports;
use anyport_ports::{Clock, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::verdict::Verdict;
use crate::workload::RUNTIME_COLLECTION;

/// How long the record stands.
const KEEP: Duration = Duration::from_hours(14 * 24);

/// Most bytes of what came that are kept: a message is always whole.
const MAX_BYTES: usize = 128 * 1024;

/// The pause before an event comes again that could not be put on record.
const PAUSE: Duration = Duration::from_secs(5);

/// Keeps what can never be done.
#[derive(Clone)]
pub(super) struct Kept {
    documents: Arc<dyn Documents>,
    clock: Arc<dyn Clock>,
}

/// The record, as it stands in [`RUNTIME_COLLECTION`] under `push/<function>`.
#[derive(Serialize)]
struct Record<'a> {
    state: &'static str,
    /// What the event is called, if it has a name.
    id: Option<&'a str>,
    /// How often the function was called for it.
    attempts: u32,
    code: &'a str,
    reason: &'a str,
    /// How many bytes came; `data_base64` has no more than the first 128 KiB of them.
    bytes: usize,
    data_base64: String,
}

/// What is kept of an event.
pub(super) struct Lost<'a> {
    pub(super) function: &'a str,
    pub(super) id: Option<&'a str>,
    pub(super) attempts: u32,
    pub(super) code: &'a str,
    pub(super) reason: &'a str,
    pub(super) data: &'a [u8],
}

impl Kept {
    pub(super) fn new(ports: &Ports) -> Self {
        Self { documents: Arc::clone(&ports.documents), clock: Arc::clone(&ports.clock) }
    }

    /// Puts an event on record; then it is done with. One that cannot be put on record comes again.
    pub(super) async fn keep(&self, lost: Lost<'_>) -> Verdict {
        let Lost { function, id, attempts, code, reason, data } = lost;
        tracing::error!(function, event = id, attempts, code, reason, "given up: on record");
        let record = Record {
            state: "failed",
            id,
            attempts,
            code,
            reason,
            bytes: data.len(),
            data_base64: BASE64.encode(&data[..data.len().min(MAX_BYTES)]),
        };
        let written: Result<()> = async {
            let put = Put::new(Body::of(&record)?).expires_at(Some(self.clock.now().plus(KEEP)));
            let key = Key::new(format!("push/{function}"), digest(id, data))?;
            self.documents.put(&RUNTIME_COLLECTION, &key, &put).await.map(drop)
        }
        .await;
        match written {
            Ok(()) => Verdict::Done,
            Err(error) => {
                tracing::error!(function, event = id, %error, "what was given up could not be put on record: it comes again");
                Verdict::after(PAUSE)
            }
        }
    }
}

/// The same for each delivery of an event.
fn digest(id: Option<&str>, data: &[u8]) -> String {
    let digest: [u8; 32] = match id {
        Some(id) => Sha256::digest(id.as_bytes()).into(),
        None => Sha256::digest(data).into(),
    };
    digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}
