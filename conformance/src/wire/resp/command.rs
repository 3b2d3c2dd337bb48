//! What a request asks of Redis.

/// The name of a request's command, in capitals.
pub(super) struct Command(String);

/// What sets up a connection, or looks around, and is no call of a port.
const SET_UP: [&str; 17] = [
    "HELLO",
    "AUTH",
    "CLIENT",
    "SELECT",
    "PING",
    "ECHO",
    "INFO",
    "SCRIPT",
    "FUNCTION",
    "CLUSTER",
    "READONLY",
    "READWRITE",
    "COMMAND",
    "CONFIG",
    "MULTI",
    "DISCARD",
    "QUIT",
];

/// What reads and does nothing else.
const READS: [&str; 22] = [
    "GET",
    "MGET",
    "STRLEN",
    "EXISTS",
    "TTL",
    "PTTL",
    "TYPE",
    "HGET",
    "HMGET",
    "HGETALL",
    "HEXISTS",
    "HLEN",
    "HKEYS",
    "SMEMBERS",
    "SISMEMBER",
    "ZRANGE",
    "ZSCORE",
    "ZCARD",
    "XRANGE",
    "XLEN",
    "EVAL_RO",
    "EVALSHA_RO",
];

impl Command {
    /// Of a request: an array of texts, or a line of words.
    pub(super) fn of(request: &[u8]) -> Self {
        let mut lines = request.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let first = lines.next().unwrap_or_default();
        let name = if first.starts_with(b"*") {
            lines.nth(1).unwrap_or_default()
        } else {
            first.split(u8::is_ascii_whitespace).next().unwrap_or_default()
        };
        Self(String::from_utf8_lossy(name).to_ascii_uppercase())
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.0 == name
    }

    pub(super) fn is_call(&self) -> bool {
        !SET_UP.contains(&self.0.as_str())
    }

    pub(super) fn is_read(&self) -> bool {
        READS.contains(&self.0.as_str())
    }

    pub(super) fn ends_queue(&self) -> bool {
        self.is("EXEC") || self.is("DISCARD")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_the_first_word_however_it_is_sent() {
        for request in [&b"*2\r\n$3\r\nget\r\n$1\r\nk\r\n"[..], b"GET k\r\n", b"get\r\n"] {
            let command = Command::of(request);
            assert!(command.is("GET") && command.is_call() && command.is_read(), "{:?}", command.0);
        }
        assert!(!Command::of(b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n").is_call());
        assert!(!Command::of(b"*1\r\n$4\r\nXADD\r\n").is_read());
    }
}
