//! Problems in place of hyper's own, empty error responses.
//!
//! A request that hyper cannot parse never reaches the router: hyper answers it with a bare status line and closes. The
//! stream here recognises such an answer as it is written, by the header that all of the server's own answers have and
//! it has not, and writes a problem in its place.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use uuid::Uuid;

use crate::http::REQUEST_ID;
use crate::problem::{PROBLEM_JSON, Problem};

/// A stream on which hyper's bare errors become problems.
#[derive(Debug)]
pub(super) struct WithProblems<S> {
    stream: S,
    /// What is still to be written in place of a bare error.
    pending: Vec<u8>,
    written: usize,
}

impl<S> WithProblems<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, pending: Vec::new(), written: 0 }
    }
}

impl<S: AsyncWrite + Unpin> WithProblems<S> {
    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.pending.len() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.pending[self.written..]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
        }
        self.pending.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WithProblems<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WithProblems<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(context))?;
        if let Some(status) = bare_error(bytes) {
            self.pending = in_place_of(status);
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(context))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The status of a response that hyper made by itself: an HTTP/1 head of a 4xx with an empty body, and without the
/// header that names the request.
fn bare_error(bytes: &[u8]) -> Option<StatusCode> {
    let rest = bytes.strip_prefix(b"HTTP/1.1 4").or_else(|| bytes.strip_prefix(b"HTTP/1.0 4"))?;
    let head = std::str::from_utf8(bytes.strip_suffix(b"\r\n\r\n")?).ok()?;
    let named = head.split("\r\n").any(|line| line.to_ascii_lowercase().starts_with(&format!("{REQUEST_ID}:")));
    let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
    let status = format!("4{digits}").parse().ok().and_then(|status| StatusCode::from_u16(status).ok())?;
    (!named).then_some(status)
}

fn in_place_of(status: StatusCode) -> Vec<u8> {
    let problem = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            Problem::new(status, "headers_too_large", "the headers of the request are too many or too large")
        }
        StatusCode::URI_TOO_LONG => Problem::new(status, "uri_too_long", "the path and query are too long"),
        _ => Problem::new(status, "malformed_request", "the request is not HTTP, or its path is not percent-encoded"),
    };
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let (title, length, id) = (&problem.title, body.len(), Uuid::now_v7());
    format!(
        "HTTP/1.1 {} {title}\r\ncontent-type: {PROBLEM_JSON}\r\ncontent-length: {length}\r\n\
         {REQUEST_ID}: {id}\r\nconnection: close\r\n\r\n{body}",
        status.as_u16(),
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_hyper_made_by_itself_is_replaced() {
        let bare = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bare_error(bare), Some(StatusCode::BAD_REQUEST));
        let own = b"HTTP/1.1 405 Method Not Allowed\r\nx-request-id: 1\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(bare_error(own), None);
        assert_eq!(bare_error(b"HTTP/1.1 200 OK\r\n\r\n"), None);
        assert_eq!(bare_error(b"4"), None);
    }
}
