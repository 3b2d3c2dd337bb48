//! An answer as it is sent on: whole, or its first half.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::{HeaderMap, Response, header, response};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A whole answer: its head, its body, and what may come after it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) head: response::Parts,
    pub(super) body: Bytes,
    pub(super) trailers: Option<HeaderMap>,
}

impl Answer {
    /// All of it.
    pub(super) fn whole(self) -> Response<Sent> {
        let rest = self.trailers.map(Frame::trailers).map(Ok);
        Response::from_parts(self.head, Sent::of(self.body, rest))
    }

    /// The head and half of the body, of which it is announced that more comes, as it is sent where an answer is one of
    /// several on its connection: it is cut for itself. Nothing if there is no body to cut.
    pub(super) fn half(self) -> io::Result<Response<Sent>> {
        if self.body.is_empty() {
            return Err(cut());
        }
        let half = self.body.slice(..self.body.len() / 2);
        Ok(Response::from_parts(self.head, Sent::of(half, Some(Err(cut())))))
    }

    /// The same as text of HTTP/1.1: the head and half of the body, or half of the head if there is no body; never all
    /// that was announced.
    pub(super) fn first_half(&self, is_head: bool) -> Vec<u8> {
        let Self { head, body, .. } = self;
        let mut text = format!("HTTP/1.1 {}\r\n", head.status).into_bytes();
        for (name, value) in &head.headers {
            if name != header::CONTENT_LENGTH {
                text.extend_from_slice(name.as_str().as_bytes());
                text.extend_from_slice(b": ");
                text.extend_from_slice(value.as_bytes());
                text.extend_from_slice(b"\r\n");
            }
        }
        if body.is_empty() || is_head {
            text.truncate(text.len() / 2);
        } else {
            text.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
            text.extend_from_slice(&body[..body.len() / 2]);
        }
        text
    }
}

impl From<Response<Bytes>> for Answer {
    fn from(answer: Response<Bytes>) -> Self {
        let (head, body) = answer.into_parts();
        Self { head, body, trailers: None }
    }
}

fn cut() -> io::Error {
    io::Error::other("injected fault")
}

/// The body of an answer as it is sent.
pub(super) struct Sent(VecDeque<io::Result<Frame<Bytes>>>);

impl Sent {
    fn of(body: Bytes, rest: Option<io::Result<Frame<Bytes>>>) -> Self {
        let data = (!body.is_empty()).then(|| Ok(Frame::data(body)));
        Self(data.into_iter().chain(rest).collect())
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(self.0.pop_front())
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let length = |frame: &io::Result<Frame<Bytes>>| match frame {
            Ok(frame) => Ok(frame.data_ref().map_or(0, Bytes::len) as u64),
            Err(_) => Err(()),
        };
        let length: Result<u64, ()> = self.0.iter().map(length).sum();
        length.map_or_else(|()| SizeHint::new(), SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(body: &'static [u8]) -> String {
        let answer = Response::builder().header("x-a", "b").header("content-length", "7").body(Bytes::from(body));
        String::from_utf8(Answer::from(answer.unwrap()).first_half(false)).unwrap()
    }

    #[test]
    fn half_an_answer_is_its_head_and_half_of_its_body() {
        assert_eq!(half(b"0123456"), "HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 7\r\n\r\n012");
        assert_eq!(half(b"1"), "HTTP/1.1 200 OK\r\nx-a: b\r\ncontent-length: 1\r\n\r\n");
    }

    #[test]
    fn half_an_answer_without_a_body_is_half_a_head() {
        assert_eq!(half(b""), "HTTP/1.1 200");
    }

    #[test]
    fn half_an_answer_among_others_ends_in_an_error() {
        let answer = Answer::from(Response::new(Bytes::from_static(b"0123")));
        let mut sent = answer.half().unwrap().into_body();
        assert_eq!(sent.0.pop_front().unwrap().unwrap().into_data().unwrap(), b"01"[..]);
        assert!(sent.0.pop_front().unwrap().is_err() && sent.0.is_empty());
        assert!(Answer::from(Response::new(Bytes::new())).half().is_err());
    }
}
