//! The keys of an issuer.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::Algorithm;
use super::key::Key;

/// Largest set, in bytes.
pub(super) const MAX_SET_BYTES: usize = 256 * 1024;

/// Most keys in a set.
const MAX_KEYS: usize = 64;

/// Keys by their names. There is at least one.
#[derive(Clone)]
pub(super) struct KeySet(Vec<Arc<Key>>);

/// What a set knows of a key.
pub(super) enum Lookup {
    /// This is it.
    Found(Arc<Key>),
    /// There is a key of this name, but not for this algorithm.
    Unfit,
    /// There is none of this name.
    Unknown,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JSON Web Key Set; keys that are of no use here are passed over. What is wrong with it, in words.
    pub(super) fn read(json: &[u8]) -> Result<Self, String> {
        if json.len() > MAX_SET_BYTES {
            return Err(format!("the key set is {} bytes: at most {MAX_SET_BYTES}", json.len()));
        }
        let value = serde_json::from_slice(json)
            .map_err(|error| format!("the key set is not JSON, at line {} column {}", error.line(), error.column()))?;
        Self::of(value)
    }

    /// As [`read`](Self::read), of a value.
    pub(super) fn of(value: Value) -> Result<Self, String> {
        let Jwks { keys } = serde_json::from_value(value).map_err(|_| "the key set has no list \"keys\"".to_owned())?;
        if keys.len() > MAX_KEYS {
            return Err(format!("the key set has {} keys: at most {MAX_KEYS}", keys.len()));
        }
        let count = keys.len();
        let usable: Vec<_> = keys.into_iter().filter_map(Key::of).map(Arc::new).collect();
        if usable.is_empty() {
            return Err(format!(
                "none of its {count} keys is a public key for signatures: RSA of 2,048 to 8,192 bits, P-256, P-384 or Ed25519"
            ));
        }
        Ok(Self(usable))
    }

    /// The key for a token. One that names none is taken only where one key alone fits.
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Lookup {
        let mut fitting = self.0.iter().filter(|key| key.fits(algorithm));
        let Some(kid) = kid else {
            return match (fitting.next(), fitting.next()) {
                (Some(key), None) => Lookup::Found(Arc::clone(key)),
                _ => Lookup::Unfit,
            };
        };
        let named = |key: &&Arc<Key>| key.kid.as_deref() == Some(kid);
        match fitting.find(named) {
            Some(key) => Lookup::Found(Arc::clone(key)),
            None if self.0.iter().any(|key| named(&key)) => Lookup::Unfit,
            None => Lookup::Unknown,
        }
    }
}
