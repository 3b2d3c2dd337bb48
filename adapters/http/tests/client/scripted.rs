//! A network that does as it is told.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyport_http::{Attempt, Failed, Transport};
use anyport_ports::outbound::Response;
use async_trait::async_trait;
use tokio::time::Instant;

/// How an attempt ends.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Answer(u16),
    RetryAfter(u16, String),
    NotSent,
    Lost,
    Hang,
    Slow(Duration),
}

#[derive(Default)]
pub(crate) struct Scripted {
    script: Mutex<VecDeque<Step>>,
    otherwise: Mutex<Option<Step>>,
    sent: Mutex<Vec<(Instant, Attempt)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Scripted {
    /// What happens to the next attempts.
    pub(crate) fn script(&self, steps: impl IntoIterator<Item = Step>) {
        locked(&self.script).extend(steps);
    }

    /// What happens to those that nothing is scripted for; by default they are answered with 200.
    pub(crate) fn otherwise(&self, step: Step) {
        *locked(&self.otherwise) = Some(step);
    }

    pub(crate) fn attempts(&self) -> usize {
        locked(&self.sent).len()
    }

    pub(crate) fn last(&self) -> Attempt {
        locked(&self.sent).last().unwrap().1.clone()
    }

    /// The header of each attempt.
    pub(crate) fn header(&self, name: &str) -> Vec<Option<String>> {
        let text = |attempt: &Attempt| attempt.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        locked(&self.sent).iter().map(|(_, attempt)| text(attempt)).collect()
    }

    /// How long after one attempt the next was made.
    pub(crate) fn pauses(&self) -> Vec<Duration> {
        locked(&self.sent).windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
    }
}

fn response(status: u16, headers: Vec<(String, String)>) -> Response {
    Response { status, headers, body: bytes::Bytes::new() }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, attempt: Attempt) -> Result<Response, Failed> {
        locked(&self.sent).push((Instant::now(), attempt));
        let scripted = locked(&self.script).pop_front();
        let step = scripted.or_else(|| locked(&self.otherwise).clone()).unwrap_or(Step::Answer(200));
        match step {
            Step::Answer(status) => Ok(response(status, Vec::new())),
            Step::RetryAfter(status, after) => Ok(response(status, vec![("retry-after".to_owned(), after)])),
            Step::NotSent => Err(Failed::NotSent("nobody listens".into())),
            Step::Lost => Err(Failed::Lost("reset by peer".into())),
            Step::Hang => std::future::pending().await,
            Step::Slow(delay) => {
                tokio::time::sleep(delay).await;
                Ok(response(200, Vec::new()))
            }
        }
    }
}
