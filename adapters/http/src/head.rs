//! The headers of a request.

use anyport_ports::outbound::Request;
use anyport_ports::{CallContext, Error, Result};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Longest idempotency key, in bytes.
const MAX_KEY_BYTES: usize = 255;

/// Headers that are the connection's, or the client's own to set.
const RESERVED: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "idempotency-key",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The request's headers, its idempotency key, and what travels with the call. A header that the request has is left as
/// it is.
pub(crate) fn head(request: &Request, call: &CallContext) -> Result<HeaderMap> {
    let mut head = HeaderMap::new();
    for (name, value) in &request.headers {
        let header = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Error::invalid(format!("{name:?} is not the name of a header")))?;
        if header == "idempotency-key" {
            return Err(Error::invalid("set the key with Request::idempotency_key: retries depend on it"));
        }
        if RESERVED.contains(&header.as_str()) {
            return Err(Error::invalid(format!("the header {name} is the client's to set")));
        }
        // The value may be a secret: it is not shown.
        let value = HeaderValue::from_str(value)
            .map_err(|_| Error::invalid(format!("the value of the header {name} holds what no header may")))?;
        head.append(header, value);
    }
    if let Some(key) = &request.idempotency_key {
        head.insert("idempotency-key", structured(key)?);
    }
    let travelling = [
        ("traceparent", call.traceparent()),
        ("x-correlation-id", call.correlation_id()),
        ("x-request-id", call.request_id()),
    ];
    for (name, value) in travelling {
        // What a call context holds is visible ASCII.
        if let Some(Ok(value)) = value.map(HeaderValue::from_str)
            && !head.contains_key(name)
        {
            head.insert(name, value);
        }
    }
    Ok(head)
}

/// The key as a string of structured fields (RFC 9651, section 3.3.3), which is how the IETF's draft has it.
fn structured(key: &str) -> Result<HeaderValue> {
    let printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !printable || !(1..=MAX_KEY_BYTES).contains(&key.len()) {
        return Err(Error::invalid(format!("an idempotency key is 1 to {MAX_KEY_BYTES} of visible ASCII and spaces")));
    }
    let quoted = format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""));
    HeaderValue::from_str(&quoted).map_err(|error| Error::invalid("not an idempotency key").caused_by(error))
}
