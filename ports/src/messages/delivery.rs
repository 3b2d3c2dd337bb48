//! What consumers receive, and what they answer.

use std::fmt;
use std::time::Duration;

use super::message::{MAX_ATTRIBUTE_BYTES, delay_within_limit};
use super::{MAX_BATCH, Message};
use crate::{Error, Name, Result, TopicName};

/// Shortest and longest lease of a delivery. Pub/Sub holds 10 minutes at most.
pub const LEASE: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(10);

/// A named subscription of a topic, or the dead letters of one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subscription {
    topic: TopicName,
    name: Name,
    dead_letters: bool,
}

impl Subscription {
    /// The subscription `name` of `topic`; [`InvalidInput`](crate::ErrorKind::InvalidInput) for a bad name.
    pub fn new(topic: TopicName, name: impl Into<String>) -> Result<Self> {
        Ok(Self { topic, name: Name::new(name)?, dead_letters: false })
    }

    /// A subscription known at compile time; a bad name does not compile when used in a `const`.
    pub const fn from_static(topic: TopicName, name: &'static str) -> Self {
        Self { topic, name: Name::from_static(name), dead_letters: false }
    }

    /// The queue of this subscription's dead letters: received, acknowledged and extended like any other; what is given
    /// up there stays there.
    #[must_use]
    pub fn dead_letters(&self) -> Self {
        Self { dead_letters: true, ..self.clone() }
    }

    /// The topic.
    pub fn topic(&self) -> &TopicName {
        &self.topic
    }

    /// The subscription's name within its topic.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// Whether this is the dead letters of the subscription.
    pub fn is_dead_letters(&self) -> bool {
        self.dead_letters
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.name)?;
        if self.dead_letters { f.write_str("/dead-letters") } else { Ok(()) }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscription({self})")
    }
}

/// How to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receive {
    max: usize,
    lease: Duration,
    wait: Duration,
}

impl Receive {
    /// At most `max` messages (1 to 10), each kept from other consumers for `lease` (1 s to 10 min), without waiting for
    /// any to arrive. [`InvalidInput`](crate::ErrorKind::InvalidInput) outside these bounds.
    pub fn new(max: usize, lease: Duration) -> Result<Self> {
        if max == 0 || max > MAX_BATCH {
            return Err(Error::invalid(format!("receiving {max} messages: 1 to {MAX_BATCH} at a time")));
        }
        Ok(Self { max, lease: lease_within_limits(lease)?, wait: Duration::ZERO })
    }

    /// Waits up to this long (at most 20 s, else it is cut to that) while there is none; an adapter may answer earlier.
    #[must_use]
    pub fn waiting(mut self, wait: Duration) -> Self {
        self.wait = wait.min(Duration::from_secs(20));
        self
    }

    /// The most messages to return.
    pub fn max(self) -> usize {
        self.max
    }

    /// How long each is kept from other consumers.
    pub fn lease(self) -> Duration {
        self.lease
    }

    /// How long to wait while there is none.
    pub fn wait(self) -> Duration {
        self.wait
    }
}

/// A lease's length, within 1 s to 10 min.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease(Duration);

impl Lease {
    /// A lease of this length; [`InvalidInput`](crate::ErrorKind::InvalidInput) outside 1 s to 10 min.
    pub fn new(length: Duration) -> Result<Self> {
        lease_within_limits(length).map(Self)
    }

    /// Its length.
    pub fn length(self) -> Duration {
        self.0
    }
}

/// How long to hold a message back before it is delivered again: at most 15 min.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Delay(Duration);

impl Delay {
    /// No delay.
    pub const NONE: Self = Self(Duration::ZERO);

    /// A delay of this length; [`InvalidInput`](crate::ErrorKind::InvalidInput) if over 15 min.
    pub fn new(length: Duration) -> Result<Self> {
        delay_within_limit(length).map(Self)
    }

    /// Its length.
    pub fn length(self) -> Duration {
        self.0
    }
}

fn lease_within_limits(lease: Duration) -> Result<Duration> {
    if LEASE.contains(&lease) {
        return Ok(lease);
    }
    Err(Error::invalid(format!("a lease of {lease:?}: it must be {:?} to {:?}", LEASE.start(), LEASE.end())))
}

/// Names one delivery of one message: what settles it. Opaque text of the adapter.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Receipt(String);

impl Receipt {
    /// Wraps what an adapter made.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The receipt as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Receipt {
    /// An adapter may keep the message in it, which may hold personal data: only the beginning is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        let (shown, rest) = self.0.split_at(self.0.floor_char_boundary(SHOWN));
        write!(f, "Receipt({}{})", shown.escape_debug(), if rest.is_empty() { "" } else { ".." })
    }
}

/// A message in the hands of a consumer, for as long as its lease runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The message as it was published.
    pub message: Message,
    /// What settles this delivery.
    pub receipt: Receipt,
    /// Which delivery of this message to this subscription this is, from 1.
    pub attempt: u32,
    /// Why the message was given up, if it comes from dead letters.
    pub dead_letter_reason: Option<String>,
}

/// Longest reason of a dead letter, in bytes: the value of an attribute, for stores that keep it as one.
pub const MAX_REASON_BYTES: usize = MAX_ATTRIBUTE_BYTES;

/// The reason cut to [`MAX_REASON_BYTES`], between two characters: what an adapter keeps with a dead letter.
pub fn bounded_reason(reason: &str) -> &str {
    &reason[..reason.floor_char_boundary(MAX_REASON_BYTES)]
}

/// What a handler answers to a delivery; the same for push by a host and pull by a consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done: never deliver it again.
    Ack,
    /// Not done: deliver it again after this long.
    Retry {
        /// The delay.
        after: Delay,
    },
    /// It can never be done: keep it with the dead letters.
    DeadLetter {
        /// Why, for who looks at the dead letters.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receiving_is_bounded() {
        assert!(Receive::new(1, Duration::from_secs(1)).is_ok());
        assert!(Receive::new(0, Duration::from_secs(1)).is_err());
        assert!(Receive::new(11, Duration::from_secs(1)).is_err());
        assert!(Receive::new(1, Duration::from_millis(999)).is_err());
        assert!(Receive::new(1, Duration::from_secs(601)).is_err());
    }

    #[test]
    fn a_reason_is_cut_between_characters() {
        assert_eq!(bounded_reason("short"), "short");
        assert_eq!(bounded_reason(&"é".repeat(600)), "é".repeat(512));
        assert_eq!(bounded_reason(&format!("a{}", "é".repeat(600))).len(), 1023);
    }

    #[test]
    fn dead_letters_are_a_queue_of_their_own() {
        let subscription = Subscription::new(TopicName::from_static("orders"), "fulfil").unwrap();
        assert_ne!(subscription, subscription.dead_letters());
        assert_eq!(subscription.dead_letters().to_string(), "orders/fulfil/dead-letters");
    }
}
