//! Where a listing continues.
//!
//! A cursor names the last thing listed, not a position and not a server's session, so it survives restarts, inserts
//! and deletes on every adapter. It is bound to the request it came from.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Longest accepted cursor text, in bytes: three times the longest position (two keys of 256 bytes and two index
/// fields of 1 KiB, each possibly escaped) leaves ample room.
const MAX_CURSOR_BYTES: usize = 16 * 1024;

/// An opaque token that continues a listing; safe to hand to a client and to take back from it. URL-safe text.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

#[derive(Serialize, Deserialize)]
struct Content<P> {
    /// Ties the cursor to the request that made it.
    q: u64,
    /// The position: the last thing listed.
    p: P,
}

impl Cursor {
    /// Takes a cursor back from a client. Whether it is a real one shows when it is used.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to hand to a client.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A cursor at `position` of the request with this fingerprint.
    pub(crate) fn at<P: Serialize>(request: u64, position: &P) -> Self {
        let json = serde_json::to_vec(&Content { q: request, p: position }).unwrap_or_default();
        Self(BASE64.encode(json))
    }

    /// The position, if the cursor is a real one and came from the request with this fingerprint.
    pub(crate) fn position<P: DeserializeOwned>(&self, request: u64) -> Result<P> {
        let garbage = || Error::invalid("the cursor is not one that this listing gave: start again without it");
        if self.0.len() > MAX_CURSOR_BYTES {
            return Err(garbage());
        }
        let json = BASE64.decode(&self.0).map_err(|_| garbage())?;
        let content: Content<P> = serde_json::from_slice(&json).map_err(|_| garbage())?;
        if content.q == request {
            Ok(content.p)
        } else {
            Err(Error::invalid("the cursor belongs to another listing: use it with the request that gave it"))
        }
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({})", self.0)
    }
}

/// A fingerprint of a request, equal on every machine and in every release: 64-bit FNV-1a over its parts, each
/// preceded by its length.
pub(crate) fn fingerprint(parts: &[&[u8]]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |hash, part| {
        let hash = (part.len() as u64).to_le_bytes().iter().fold(hash, step);
        part.iter().fold(hash, step)
    })
}
