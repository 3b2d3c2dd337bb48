//! Answers that are streamed.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::InvocationResult;

/// What stands between prelude and body.
const DELIMITER: [u8; 8] = [0; 8];

const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

/// The answer that a stream of the HTTP integration was; what is wrong with it, in words.
pub(super) fn parse(bytes: &Bytes, trailers: Option<&HeaderMap>) -> Result<InvocationResult, String> {
    let end = bytes.windows(DELIMITER.len()).position(|window| window == DELIMITER);
    let end = end.ok_or("there are no 8 NULs after the prelude")?;
    let prelude: Value =
        serde_json::from_slice(&bytes[..end]).map_err(|error| format!("the prelude is not JSON: {error}"))?;
    let status = prelude["statusCode"].as_u64().ok_or("the prelude has no statusCode")?;
    if !(100..600).contains(&status) {
        return Err(format!("the prelude's statusCode is {status}"));
    }
    let headers = prelude["headers"].as_object().ok_or("the prelude's headers are no object")?;
    if let Some((name, value)) = headers.iter().find(|(_, value)| !value.is_string()) {
        return Err(format!("the prelude's header {name} is {value}, not one text"));
    }
    let cookies = prelude["cookies"].as_array().ok_or("the prelude's cookies are no list")?;
    if let Some(cookie) = cookies.iter().find(|cookie| !cookie.is_string()) {
        return Err(format!("the prelude's cookie {cookie} is not a text"));
    }
    let error_type = trailers.and_then(|trailers| trailers.get(ERROR_TYPE)?.to_str().ok()).map(str::to_owned);
    Ok(InvocationResult::Streamed { prelude, body: bytes.slice(end + DELIMITER.len()..), error_type })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &'static [u8]) -> Result<InvocationResult, String> {
        parse(&Bytes::from_static(text), None)
    }

    #[test]
    fn prelude_and_body_are_told_apart() {
        let answer =
            parsed(b"{\"statusCode\":200,\"headers\":{\"a\":\"b\"},\"cookies\":[]}\0\0\0\0\0\0\0\0body\0").unwrap();
        let InvocationResult::Streamed { prelude, body, error_type } = answer else { panic!("{answer:?}") };
        assert_eq!((prelude["statusCode"].as_u64(), &body[..], error_type), (Some(200), &b"body\0"[..], None));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        for bad in [
            &b""[..],
            b"{\"statusCode\":200,\"headers\":{},\"cookies\":[]}",
            b"text\0\0\0\0\0\0\0\0",
            b"{\"headers\":{},\"cookies\":[]}\0\0\0\0\0\0\0\0",
            b"{\"statusCode\":200,\"headers\":{\"a\":[\"b\"]},\"cookies\":[]}\0\0\0\0\0\0\0\0",
            b"{\"statusCode\":200,\"headers\":{}}\0\0\0\0\0\0\0\0",
        ] {
            assert!(parse(&Bytes::copy_from_slice(bad), None).is_err(), "{bad:?}");
        }
    }
}
