//! Lua scripts, which the server runs as one step.

use std::sync::OnceLock;

use redis::Cmd;

/// A script. The server keeps it under the hash of its text.
pub(crate) struct Script {
    text: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, hash: OnceLock::new() }
    }

    /// A call of the script on these keys, which must be of one slot; its arguments are added to it.
    pub(crate) fn on<K: AsRef<[u8]>>(&self, keys: &[K]) -> Cmd {
        let hash = self.hash.get_or_init(|| redis::Script::new(self.text).get_hash().to_owned());
        let mut call = redis::cmd("EVALSHA");
        call.arg(hash).arg(keys.len());
        for key in keys {
            call.arg(key.as_ref());
        }
        call
    }

    /// The command that makes the script known to a server.
    pub(crate) fn load(&self) -> Cmd {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(self.text);
        load
    }
}
