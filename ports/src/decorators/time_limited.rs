//! Giving up after a time.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::{Around, Call, Effect};
use crate::{Error, ErrorKind, Result, Timer};

/// Gives up a call that takes too long: a read is then `Unavailable`, and a write `Indeterminate`, since it may have been
/// done. The bytes of a blob, which arrive after `get` has returned, are not limited.
#[derive(Clone)]
pub struct TimeLimited {
    timer: Arc<dyn Timer>,
    limit: Duration,
}

impl TimeLimited {
    /// At most this long for each call.
    pub fn new(timer: Arc<dyn Timer>, limit: Duration) -> Self {
        Self { timer, limit }
    }
}

impl Around for TimeLimited {
    async fn around<T: Send, F: Future<Output = Result<T>> + Send>(
        &self,
        call: Call<'_>,
        perform: impl Fn() -> F + Send + Sync,
    ) -> Result<T> {
        let (mut performed, mut over) = (pin!(perform()), pin!(self.timer.sleep(self.limit)));
        poll_fn(|context| match performed.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => over.as_mut().poll(context).map(|()| None),
        })
        .await
        .unwrap_or_else(|| {
            let kind = if call.effect == Effect::Read { ErrorKind::Unavailable } else { ErrorKind::Indeterminate };
            let message = format!("no answer within {:?}", self.limit);
            Err(Error::new(kind, message).during(call.operation, call.resource))
        })
    }
}

impl fmt::Debug for TimeLimited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeLimited").field("limit", &self.limit).finish_non_exhaustive()
    }
}
