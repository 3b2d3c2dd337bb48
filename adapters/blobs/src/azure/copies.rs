//! Copies within a container.

use std::time::{Duration, Instant};

use anyport_ports::blobs::Etag;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::fault::{Refusal, refusal};
use crate::metadata::Tags;
use crate::requests::{Answer, Endpoint, encoded, unusable};

/// How long a copy that the store goes on with by itself is waited for.
const PATIENCE: Duration = Duration::from_mins(5);

const PAUSE: Duration = Duration::from_millis(200);

/// Copies a blob; the etag of the copy.
pub(super) async fn copy(container: &Endpoint, from: &str, to: &str) -> object_store::Result<Etag> {
    let source = HeaderValue::from_str(&format!("{}/{}", container.url, encoded(from))).map_err(unusable)?;
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-ms-copy-source"), source)]);
    let mut answer = container.send(Method::PUT, to, &[], headers, Bytes::new()).await?;
    let copy = answer.header("x-ms-copy-id").map(str::to_owned);
    let begun = Instant::now();
    // Within an account copies are done when they are answered, as a rule.
    while answer.header("x-ms-copy-status") == Some("pending") {
        if begun.elapsed() > PATIENCE {
            return Err(unknown("OperationTimedOut", "the copy is not finished yet"));
        }
        tokio::time::sleep(PAUSE).await;
        // By now it is under way: whatever is wrong with asking for it says nothing of it.
        answer = container.send(Method::HEAD, to, &[], HeaderMap::new(), Bytes::new()).await.map_err(in_doubt)?;
        if answer.header("x-ms-copy-id").map(str::to_owned) != copy {
            return Err(unknown("InternalError", "the copy was replaced before it was seen to be finished"));
        }
    }
    finished(&answer)
}

fn finished(answer: &Answer) -> object_store::Result<Etag> {
    match (answer.header("x-ms-copy-status"), Tags::Entity.etag(answer.header("etag"), None)) {
        (Some("success"), Some(etag)) => Ok(etag),
        _ => Err(unknown("InternalError", "the copy failed half-way")),
    }
}

/// What may have been done or not.
fn unknown(code: &str, message: &str) -> object_store::Error {
    Refusal { status: 500, to_head: false, code: code.to_owned(), message: message.to_owned() }.into_error()
}

fn in_doubt(error: object_store::Error) -> object_store::Error {
    match refusal(&error) {
        Some(_) => unknown("InternalError", "the copy was begun and is not seen"),
        None => error,
    }
}
