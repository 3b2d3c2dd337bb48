//! What was provisioned: a hash of names and descriptions, of which each handle keeps a copy for a while.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyport_ports::{Error, ErrorKind, Result, Retry};
use redis::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::connection::Connection;
use crate::error::{Failure, unexpected};
use crate::script::Script;

/// How long a copy counts: after this, every handle knows of a change.
pub(crate) const COPY_COUNTS: Duration = Duration::from_secs(10);

/// Writes a description if what stands is still the one given, or still nothing.
static DECLARE: Script = Script::new(
    "local standing = redis.call('HGET', KEYS[1], ARGV[1])
     if (standing or '') == ARGV[2] then
       redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
       return 1
     end
     return 0",
);

/// The descriptions at a key, by name.
pub(crate) struct Registry<T> {
    connection: Connection,
    key: String,
    copy: RwLock<Copy<T>>,
}

struct Copy<T> {
    read_at: Instant,
    entries: HashMap<String, Arc<Entry<T>>>,
}

/// A description, and the text that it is kept as.
pub(crate) struct Entry<T> {
    text: String,
    /// The description.
    pub(crate) value: T,
}

impl<T: Serialize + DeserializeOwned> Registry<T> {
    /// The registry at this key, with a copy of what it holds. A server that cannot tell just now is asked again by
    /// whoever needs it first.
    pub(crate) async fn open(connection: Connection, key: String) -> Result<Self> {
        let copy = RwLock::new(Copy { read_at: Instant::now(), entries: HashMap::new() });
        let registry = Self { connection, key, copy };
        match registry.refresh(Failure::of_read).await {
            Err(error) if error.retry() == Retry::Never => Err(error),
            _ => Ok(registry),
        }
    }

    /// The description of this name. One that is known is at most [`COPY_COUNTS`] old; one that is not is looked for anew.
    /// `failed` tells what a failure to look comes to for the caller.
    pub(crate) async fn find(&self, name: &str, failed: fn(Failure) -> Error) -> Result<Option<Arc<Entry<T>>>> {
        if let Some(entry) = self.known(name) {
            return Ok(Some(entry));
        }
        self.refresh(failed).await?;
        Ok(self.known(name))
    }

    fn known(&self, name: &str) -> Option<Arc<Entry<T>>> {
        let copy = self.copy.read().unwrap_or_else(PoisonError::into_inner);
        if copy.read_at.elapsed() < COPY_COUNTS { copy.entries.get(name).cloned() } else { None }
    }

    /// Reads everything anew.
    pub(crate) async fn refresh(&self, failed: fn(Failure) -> Error) -> Result<()> {
        let read_at = Instant::now();
        let answer = self.connection.call(redis::cmd("HGETALL").arg(&self.key)).await.map_err(failed)?;
        let Ok(texts) = redis::from_redis_value::<HashMap<String, String>>(answer) else {
            return Err(unexpected("HGETALL"));
        };
        let entries = texts.into_iter().map(|(name, text)| {
            let value = serde_json::from_str(&text).map_err(|error| {
                let message = format!("the description of {name} at the key {} cannot be read", self.key);
                Error::new(ErrorKind::Internal, message).caused_by(error)
            })?;
            Ok((name, Arc::new(Entry { text, value })))
        });
        let entries = entries.collect::<Result<_>>()?;
        *self.copy.write().unwrap_or_else(PoisonError::into_inner) = Copy { read_at, entries };
        Ok(())
    }

    /// Writes the description of this name in place of the one given, or of none. `false` if another stands by now: look
    /// again, and decide anew. Harmless to do twice.
    pub(crate) async fn declare(&self, name: &str, instead_of: Option<&Entry<T>>, value: &T) -> Result<bool> {
        let text = serde_json::to_string(value)
            .map_err(|error| Error::new(ErrorKind::Internal, "a description cannot be written").caused_by(error))?;
        let mut call = DECLARE.on(&[&self.key]);
        call.arg(name).arg(instead_of.map_or("", |standing| &standing.text)).arg(text);
        let answer = self.connection.run(&DECLARE, &call).await.map_err(Failure::of_write)?;
        Ok(answer == Value::Int(1))
    }
}
