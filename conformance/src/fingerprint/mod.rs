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

/// What stands between the parts of a fingerprint.
pub const BETWEEN: char = '-';
/// The part of a port that the adapter does not offer.
pub const NOT_OFFERED: &str = "none";
/// The ports, in the order of their parts.
const PORTS: [&str; 4] = ["documents", "messages", "blobs", "secrets"];
/// Hexadecimal digits of a part.
const DIGITS: usize = 16;

/// The fingerprint of an adapter: a part of 16 hexadecimal digits for each port, so that adapters are compared in what
/// both of them offer. A violation if the trace cannot begin.
pub async fn fingerprint(adapter: &Adapter, seed: u64) -> Result<String, Violation> {
    let transcripts = transcripts(adapter, seed).await?;
    let part = |port: &&str| match transcripts.iter().find(|(offered, _)| offered == port) {
        Some((_, transcript)) => transcript.hash().chars().take(DIGITS).collect(),
        None => NOT_OFFERED.to_owned(),
    };
    let parts: Vec<String> = PORTS.iter().map(part).collect();
    Ok(parts.join(&BETWEEN.to_string()))
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
