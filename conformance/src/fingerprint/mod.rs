//! The behavioural fingerprint: a seeded trace of operations, its results written down in one canonical form, hashed.
//!
//! What an adapter may choose (versions, etags, receipts, cursors, order of delivery) is replaced by what it means, so
//! that interchangeable adapters have one and the same fingerprint. How long anything takes is no part of it.

mod blobs;
mod documents;
mod messages;
mod secrets;
mod transcript;

pub use transcript::Transcript;

use crate::check::Violation;
use crate::subject::Adapter;

/// The fingerprint of an adapter: over all the ports that it offers, as 64 hexadecimal digits. The first 16 are enough
/// for people. A violation if the trace cannot begin.
pub async fn fingerprint(adapter: &Adapter, seed: u64) -> Result<String, Violation> {
    let mut whole = Transcript::default();
    for (port, transcript) in transcripts(adapter, seed).await? {
        whole.note(format!("{port} {}", transcript.hash()));
    }
    Ok(whole.hash())
}

/// What the fingerprint is made of: by port, in a fixed order, the transcript of its trace. Two adapters that differ are
/// compared line by line.
pub async fn transcripts(adapter: &Adapter, seed: u64) -> Result<Vec<(&'static str, Transcript)>, Violation> {
    let mut transcripts = Vec::new();
    if let Some(subject) = &adapter.documents {
        transcripts.push(("documents", documents::trace(&**subject, seed).await?));
    }
    if let Some(subject) = &adapter.messages {
        transcripts.push(("messages", messages::trace(&**subject, seed).await?));
    }
    if let Some(subject) = &adapter.blobs {
        transcripts.push(("blobs", blobs::trace(&**subject, seed).await?));
    }
    if let Some(subject) = &adapter.secrets {
        transcripts.push(("secrets", secrets::trace(&**subject, seed).await?));
    }
    Ok(transcripts)
}
