//! Answers that are streamed.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use http::Response;
use http_body::Body as _;
use lambda_runtime::{MetadataPrelude, StreamResponse};

use super::response;
use crate::http::ResponseBody;

/// The bytes of an answer as they come.
///
/// It never fails: the runtime would write an error into the body as text. An answer that breaks off ends early, which has
/// been logged, and which the client sees by its length where there is one.
#[derive(Debug)]
pub struct ReplyStream(ResponseBody);

/// The answer with its head as the prelude.
pub(super) fn of(response: Response<ResponseBody>) -> StreamResponse<ReplyStream> {
    let (parts, body) = response.into_parts();
    let (headers, cookies) = response::joined(&parts.headers);
    let metadata_prelude = MetadataPrelude { status_code: parts.status, headers, cookies };
    StreamResponse { metadata_prelude, stream: ReplyStream(body) }
}

impl Stream for ReplyStream {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.0).poll_frame(context)) {
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Some(Err(_)) | None => return Poll::Ready(None),
            }
        }
    }
}
