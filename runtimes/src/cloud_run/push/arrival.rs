//! What was pushed, by its headers and its shape. Headers tell what it is, and never who sent it.

use std::time::Duration;

use anyport_ports::Timestamp;
use bytes::Bytes;
use chrono::DateTime;
use http::HeaderMap;

use super::PushError;
use super::pub_sub::Pushed;
use crate::cloud_events::{CloudEvent, CloudEventError, Mode, Received, read};

/// The type of Eventarc's events of messages.
const MESSAGE_PUBLISHED: &str = "google.cloud.pubsub.topic.v1.messagePublished";

/// What Eventarc's own types begin with.
const GOOGLE: &str = "google.cloud.";

/// What was pushed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Arrival {
    /// A message of Pub/Sub, in its envelope, directly or through Eventarc.
    Message(Pushed),
    /// Another event of Eventarc.
    Eventarc(CloudEvent),
    /// Events of whoever else sends them.
    Events(Vec<CloudEvent>),
    /// Cloud Scheduler.
    Scheduled {
        /// When it was due.
        due: Option<Timestamp>,
    },
    /// A task of Cloud Tasks.
    Task(Task),
    /// The body alone: a message of Pub/Sub without its envelope.
    Bare(Pushed),
    /// An event of Eventarc that is none.
    Broken {
        /// What is wrong with it.
        error: PushError,
        /// What came.
        body: Bytes,
    },
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// When it was to be run.
    pub(super) eta: Option<Timestamp>,
    /// Which attempt it is, from 1.
    pub(super) attempt: u32,
    /// Its name, which is the same in each attempt.
    pub(super) name: String,
    /// What it brings.
    pub(super) body: Bytes,
}

/// Who reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Pub/Sub, Eventarc (which is Pub/Sub beneath), Cloud Scheduler, or another sender.
    Any,
    /// Cloud Tasks, which takes 429 and 503 for overload, and slows down the whole queue.
    Tasks,
}

impl Arrival {
    /// What a request is. Only what a sender of CloudEvents sends in the body is refused here; of all else, which Google
    /// pushes, the function's own kind decides what becomes of it if it is wrong.
    pub(super) fn of(headers: &HeaderMap, body: Bytes) -> Result<Self, PushError> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if header("x-cloudscheduler").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Self::Scheduled { due: header("x-cloudscheduler-scheduletime").and_then(instant) });
        }
        if header("x-cloudtasks-queuename").is_some() {
            let retries: u32 = header("x-cloudtasks-taskretrycount").and_then(|count| count.parse().ok()).unwrap_or(0);
            return Ok(Self::Task(Task {
                eta: header("x-cloudtasks-tasketa").and_then(seconds),
                attempt: retries.saturating_add(1),
                name: header("x-cloudtasks-taskname").unwrap_or_default().to_owned(),
                body,
            }));
        }
        match Mode::of(headers) {
            Err(CloudEventError::NotAnEvent) => Ok(Self::bare(headers, body)),
            Err(error) => Err(error.into()),
            Ok(Mode::Binary) => match CloudEvent::from_binary(headers, &body) {
                Ok(event) => Ok(Self::of_event(event, body)),
                Err(error) => Ok(Self::Broken { error: error.into(), body }),
            },
            Ok(Mode::Structured | Mode::Batched) => match read(headers, &body)? {
                Received::One(event) => Ok(Self::of_event(event, body)),
                Received::Batch(events) => Ok(Self::Events(events)),
            },
        }
    }

    fn of_event(event: CloudEvent, body: Bytes) -> Self {
        if event.kind() == MESSAGE_PUBLISHED {
            let data = event.data().cloned().unwrap_or_default();
            return match Pushed::wrapped(&data) {
                Some(Ok(pushed)) => Self::Message(pushed),
                Some(Err(error)) => Self::Broken { error, body },
                None => Self::Broken {
                    error: PushError::malformed("a message of Pub/Sub", "there is no message in it"),
                    body,
                },
            };
        }
        if event.kind().starts_with(GOOGLE) { Self::Eventarc(event) } else { Self::Events(vec![event]) }
    }

    fn bare(headers: &HeaderMap, body: Bytes) -> Self {
        match Pushed::wrapped(&body) {
            Some(Ok(pushed)) => Self::Message(pushed),
            Some(Err(error)) => Self::Broken { error, body },
            None => Self::Bare(Pushed::unwrapped(headers, body)),
        }
    }

    /// Who reads the answer.
    pub(super) fn source(&self) -> Source {
        if matches!(self, Self::Task(_)) { Source::Tasks } else { Source::Any }
    }

    /// What it is, in words.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Message(_) => "a message of Pub/Sub".to_owned(),
            Self::Eventarc(event) => format!("an event {}", event.kind()),
            Self::Events(_) => "CloudEvents".to_owned(),
            Self::Scheduled { .. } => "a request of Cloud Scheduler".to_owned(),
            Self::Task(_) => "a task of Cloud Tasks".to_owned(),
            Self::Bare(_) => "something that is neither an event nor a message in its envelope".to_owned(),
            Self::Broken { error, .. } => format!("an event that is none ({error})"),
        }
    }
}

/// An instant in RFC 3339.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| Timestamp::from_millis(time.timestamp_millis()))
}

/// Seconds since 1970, with a fraction or without.
fn seconds(text: &str) -> Option<Timestamp> {
    let since = Duration::try_from_secs_f64(text.parse().ok()?).ok()?;
    Some(Timestamp::from_millis(0).plus(since))
}
