//! The body of an answer: whole, or as it comes.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

use crate::layers::Deadline;

/// Why a body broke off.
pub type BodyError = Box<dyn StdError + Send + Sync>;

/// Bytes as they come.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// The body of an answer.
pub struct AnswerBody(Content);

enum Content {
    Whole(Bytes),
    Stream(Streaming),
    Ended,
}

struct Streaming {
    bytes: ByteStream,
    /// How many are still to come, if that is known.
    left: Option<u64>,
    /// When it is broken off.
    end: Option<Pin<Box<Sleep>>>,
}

/// A stream ran into its function's timeout.
#[derive(Debug, thiserror::Error)]
#[error("the answer was not sent within the function's timeout")]
struct TimedOut;

impl AnswerBody {
    /// Bytes that come one after the other, of this length if it is known.
    pub fn stream(bytes: ByteStream, length: Option<u64>) -> Self {
        Self(Content::Stream(Streaming { bytes, left: length, end: None }))
    }

    /// Whether its bytes are still to come.
    pub fn is_stream(&self) -> bool {
        matches!(self.0, Content::Stream(_))
    }

    /// The bytes, if they are all there.
    pub(crate) fn whole(&self) -> Option<Bytes> {
        match &self.0 {
            Content::Whole(bytes) => Some(bytes.clone()),
            Content::Ended => Some(Bytes::new()),
            Content::Stream(_) => None,
        }
    }

    /// Breaks a stream off at the deadline, and keeps the permit until its end.
    pub(crate) fn bounded(self, deadline: Deadline, permit: Arc<OwnedSemaphorePermit>) -> Self {
        let Content::Stream(Streaming { bytes, left, .. }) = self.0 else { return self };
        let held = bytes.map(move |chunk| {
            let _at_work = &permit;
            chunk
        });
        let end = deadline.left().map(|left| Box::pin(tokio::time::sleep(left)));
        Self(Content::Stream(Streaming { bytes: Box::pin(held), left, end }))
    }
}

impl Streaming {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        match self.bytes.as_mut().poll_next(context) {
            Poll::Ready(Some(Ok(bytes))) => {
                self.left = self.left.map(|left| left.saturating_sub(bytes.len() as u64));
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Pending => {
                let over = self.end.as_mut().is_some_and(|end| end.as_mut().poll(context).is_ready());
                if over { Poll::Ready(Some(Err(TimedOut.into()))) } else { Poll::Pending }
            }
            polled @ Poll::Ready(_) => polled,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = match &mut self.0 {
            Content::Whole(bytes) if !bytes.is_empty() => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Content::Stream(streaming) => streaming.poll_next(context),
            Content::Whole(_) | Content::Ended => Poll::Ready(None),
        };
        if let Poll::Ready(Some(Err(error))) = &polled {
            tracing::warn!(error = &**error as &dyn StdError, "an answer broke off while it was sent");
        }
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.0 = Content::Ended;
        }
        polled.map(|next| next.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Stream(_) => false,
            Content::Ended => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Stream(streaming) => streaming.left.map_or_else(SizeHint::default, SizeHint::with_exact),
            Content::Ended => SizeHint::with_exact(0),
        }
    }
}

impl Default for AnswerBody {
    fn default() -> Self {
        Self(Content::Ended)
    }
}

impl From<Bytes> for AnswerBody {
    fn from(bytes: Bytes) -> Self {
        Self(Content::Whole(bytes))
    }
}

impl fmt::Debug for AnswerBody {
    /// Answers may hold personal data: they are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_stream() { "stream" } else { "whole" };
        write!(f, "AnswerBody({kind}, {:?} bytes)", self.size_hint().exact())
    }
}
