//! Whole messages of the protocol, read from and written to a connection as they are.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The largest message: a full page of the largest documents and then some.
const MAX_MESSAGE: usize = 64 << 20;

/// Deeper than anything that Redis answers.
const MAX_DEPTH: usize = 16;

pub(super) struct Frames {
    stream: TcpStream,
    read: BytesMut,
}

impl Frames {
    pub(super) fn of(stream: TcpStream) -> Self {
        Self { stream, read: BytesMut::new() }
    }

    pub(super) fn into_inner(self) -> TcpStream {
        self.stream
    }

    /// The next message; `None` at the end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if let Some(length) = message(&self.read, 0)? {
                return Ok(Some(self.read.split_to(length).freeze()));
            }
            if self.read.len() > MAX_MESSAGE {
                return Err(malformed("a message is larger than any that an adapter sends"));
            }
            self.read.reserve(16 << 10);
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Ok(None);
            }
        }
    }

    pub(super) async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.stream.write_all(message).await
    }
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// The length of the message at the beginning of these bytes; `None` if more is to come.
fn message(bytes: &[u8], depth: usize) -> io::Result<Option<usize>> {
    if depth > MAX_DEPTH {
        return Err(malformed("a message is nested too deep"));
    }
    let Some(line) = bytes.windows(2).position(|pair| pair == b"\r\n") else { return Ok(None) };
    let head = line + 2;
    // Absent things have a count of -1 and nothing after it.
    let count = || -> io::Result<usize> {
        let text = std::str::from_utf8(&bytes[1..line]).map_err(io::Error::other)?;
        let count: i64 = text.parse().map_err(|_| malformed("a count is not a number"))?;
        Ok(usize::try_from(count).unwrap_or(0))
    };
    let parts = match bytes.first() {
        Some(b'$' | b'=' | b'!') if bytes[1..line].starts_with(b"-") => 0,
        Some(b'$' | b'=' | b'!') => {
            let end = head.saturating_add(count()?).saturating_add(2);
            return Ok((bytes.len() >= end).then_some(end));
        }
        Some(b'*' | b'~' | b'>') => count()?,
        Some(b'%') => count()?.saturating_mul(2),
        // Attributes come before what they are of.
        Some(b'|') => count()?.saturating_mul(2).saturating_add(1),
        // A value in a line, or a command typed by hand.
        _ => 0,
    };
    let mut end = head;
    for _ in 0..parts {
        match message(&bytes[end..], depth + 1)? {
            Some(length) => end += length,
            None => return Ok(None),
        }
    }
    Ok(Some(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: [&[u8]; 14] = [
        b"+OK\r\n",
        b"-ERR no\r\n",
        b":-42\r\n",
        b"$5\r\na\r\nbc\r\n",
        b"$0\r\n\r\n",
        b"$-1\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"*2\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n",
        b"%1\r\n+key\r\n*1\r\n_\r\n",
        b"~2\r\n#t\r\n,1.5\r\n",
        b"=7\r\ntxt:abc\r\n",
        b"|1\r\n+ttl\r\n:5\r\n+OK\r\n",
        b">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n",
    ];

    #[test]
    fn every_kind_of_message_is_known_whole_and_only_whole() {
        for whole in WHOLE {
            let text = String::from_utf8_lossy(whole);
            let followed = [whole, b"+more\r\n"].concat();
            assert_eq!(message(&followed, 0).unwrap(), Some(whole.len()), "{text}");
            for length in 0..whole.len() {
                assert_eq!(message(&whole[..length], 0).unwrap(), None, "{length} bytes of {text}");
            }
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        assert!(message(b"*x\r\n", 0).is_err());
        assert!(message(b"$9z\r\n", 0).is_err());
        assert!(message(b"*1\r\n".repeat(40).as_slice(), 0).is_err());
    }
}
