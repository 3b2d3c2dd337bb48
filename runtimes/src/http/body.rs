//! Reading the body of a request within its bounds.

use std::error::Error as StdError;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use http_body::Body;
use http_body_util::BodyExt as _;

use crate::problem::Problem;

/// How long, and how much of it, a body that was refused is read on, so that its sender comes to read the answer
/// instead of meeting a reset connection.
const LINGER: (Duration, u64) = (Duration::from_secs(2), 16 * 1024 * 1024);

/// The whole body: 413 if it is over the limit, by its declared length first and then as it arrives; 408 if it takes
/// longer than the timeout; 400 if it breaks off.
pub(crate) async fn read<B>(headers: &HeaderMap, body: B, limit: u64, timeout: Duration) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut body = Box::pin(body);
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let read = if declared.is_some_and(|length| length > limit) {
        Ok(Err(too_large(limit)))
    } else {
        tokio::time::timeout(timeout, collect(&mut body, limit)).await
    };
    match read {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(problem)) => {
            discard(body);
            Err(problem)
        }
        Err(_elapsed) => {
            let detail = format!("the body did not arrive within {timeout:?}");
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", detail))
        }
    }
}

async fn collect<B>(body: &mut B, limit: u64) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            let error: Box<dyn StdError + Send + Sync> = error.into();
            tracing::debug!(%error, "a body broke off");
            Problem::bad_request("broken_body", "the body broke off or is not framed as HTTP asks")
        })?;
        // Trailers carry nothing that a function takes.
        let Ok(chunk) = frame.into_data() else { continue };
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Reads on, in a task of its own, what was refused; nothing of it is kept.
pub(crate) fn discard<B: Body<Data = Bytes> + Send + Unpin + 'static>(mut body: B) {
    if !body.is_end_stream() {
        let (time, bytes) = LINGER;
        tokio::spawn(async move { tokio::time::timeout(time, drain(&mut body, bytes)).await });
    }
}

async fn drain<B: Body<Data = Bytes> + Unpin>(body: &mut B, most: u64) {
    let mut left = most;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, |chunk| chunk.len() as u64);
        if length >= left {
            return;
        }
        left -= length;
    }
}

fn too_large(limit: u64) -> Problem {
    let detail = format!("the body is larger than the {limit} bytes that are taken here");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}
