//! An answer as it is sent on: whole, or its first half.

use ::http::{Response, header, response};
use bytes::Bytes;
use http_body_util::Full;

pub(super) fn whole((head, body): (response::Parts, Bytes)) -> Response<Full<Bytes>> {
    Response::from_parts(head, Full::new(body))
}

/// The head and half of the body, or half of the head if there is no body: never all that was announced.
pub(super) fn first_half((head, body): &(response::Parts, Bytes), is_head: bool) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn half(body: &'static [u8]) -> String {
        let answer = Response::builder().header("x-a", "b").header("content-length", "7").body(Bytes::from(body));
        String::from_utf8(first_half(&answer.unwrap().into_parts(), false)).unwrap()
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
}
