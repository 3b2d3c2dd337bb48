//! What queues are called.
//!
//! Storage takes 3 to 63 of `a-z`, `0-9` and `-` for the name of a queue, and no two hyphens in a row: there is no character
//! left that could separate the names of a topic and a subscription, which are made of the same ones. So a hyphen escapes:
//!
//! - `-0` separates: `orders-0fulfil` is the subscription `fulfil` of the topic `orders`, `orders-0fulfil-0dead` its dead
//!   letters, and `orders-0` says that the topic exists;
//! - a hyphen of a name is itself, except before `-`, `0` or `1`, where it is `-1`: `a--b-0` is `a-1-b-10`;
//! - a name that is too long that way is cut, and ends with `-1h` and 60 bits of its SHA-256 in base 32. In no other name
//!   does a letter follow on `-1`.
//!
//! Read from the left this has one meaning only, so no two things share a name. All queues of a topic begin with its name
//! and `-0`, and no other queue does.

use std::fmt;

use anyport_ports::messages::Subscription;
use anyport_ports::{Naming, Result, TopicName};
use sha2::{Digest as _, Sha256};

/// Longest name of a topic with its prefix, and of a subscription, so that both and what stands around them fit into 63.
const MAX_TOPIC: usize = 30;
const MAX_SUBSCRIPTION: usize = 25;

const SEPARATOR: &str = "-0";
const DEAD_LETTERS: &str = "-0dead";
const CUT: &str = "-1h";
const BASE_32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// How queues are called in one environment.
pub(super) struct Names(Naming);

impl Names {
    /// Names that begin with a prefix; [`InvalidInput`](anyport_ports::ErrorKind::InvalidInput) if it is none.
    pub(super) fn new(prefix: &str) -> Result<Self> {
        Naming::new(prefix).map(Self)
    }

    /// What all queues of the topic begin with, and the name of the one that says that it exists.
    pub(super) fn topic(&self, topic: &TopicName) -> String {
        format!("{}{SEPARATOR}", encoded(&self.0.of(topic.as_str(), usize::MAX), MAX_TOPIC))
    }

    /// The queue of the subscription, or of its dead letters.
    pub(super) fn queue(&self, subscription: &Subscription) -> String {
        let name = encoded(subscription.name(), MAX_SUBSCRIPTION);
        let dead = if subscription.is_dead_letters() { DEAD_LETTERS } else { "" };
        format!("{}{name}{dead}", self.topic(subscription.topic()))
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn encoded(name: &str, limit: usize) -> String {
    let mut encoded = String::with_capacity(name.len());
    let mut chars = name.chars().peekable();
    while let Some(char) = chars.next() {
        encoded.push(char);
        if char == '-' && chars.peek().is_none_or(|next| matches!(next, '-' | '0' | '1')) {
            encoded.push('1');
        }
    }
    if encoded.len() > limit { cut(&encoded, limit) } else { encoded }
}

fn cut(encoded: &str, limit: usize) -> String {
    const DIGITS: usize = 12;
    let digest = Sha256::digest(encoded.as_bytes());
    let bits = digest.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let digits: String = (0..DIGITS).map(|at| char::from(BASE_32[(bits >> (5 * at) & 31) as usize])).collect();
    let kept = encoded[..limit - CUT.len() - DIGITS].trim_end_matches('-');
    format!("{kept}{CUT}{digits}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn names(prefix: &str) -> Names {
        Names::new(prefix).unwrap()
    }

    fn subscription(topic: &str, name: &str) -> Subscription {
        Subscription::new(TopicName::new(topic).unwrap(), name).unwrap()
    }

    /// Whether Storage takes it.
    fn is_queue(name: &str) -> bool {
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let ends = !name.starts_with('-') && !name.ends_with('-');
        plain && ends && !name.contains("--") && (3..=63).contains(&name.len())
    }

    #[test]
    fn plain_names_can_be_read() {
        let fulfil = subscription("order-events", "fulfil");
        assert_eq!(names("prod-").topic(fulfil.topic()), "prod-order-events-0");
        assert_eq!(names("prod-").queue(&fulfil), "prod-order-events-0fulfil");
        assert_eq!(names("").queue(&fulfil.dead_letters()), "order-events-0fulfil-0dead");
        assert_eq!(names("").queue(&subscription("a--b-0c", "x-1-2y")), "a-1-b-10c-0x-11-2y");
    }

    #[test]
    fn every_name_is_one_that_storage_takes_and_no_two_are_the_same() {
        let long = |end: &str| format!("{}{end}", "x-".repeat(20));
        let topics = [
            "abc".to_owned(),
            "abc-0".to_owned(),
            "abc-0de".to_owned(),
            "abc-1".to_owned(),
            "abc--0".to_owned(),
            "abc-10".to_owned(),
            "abc-d".to_owned(),
            "abc-dead".to_owned(),
            "abcd".to_owned(),
            long("a"),
            long("b"),
            "t".repeat(48),
            format!("a{}b", "-".repeat(46)),
        ];
        let subscriptions = ["abc", "dead", "dead-0", "abc-0dead", "d-e", "d--e", "d-1e", "d-0e"].map(str::to_owned);
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for prefix in ["", "p", "p-", "p--", "a-sixteen-prefix"] {
            let names = names(prefix);
            for topic in &topics {
                let marker = names.topic(&TopicName::new(topic.clone()).unwrap());
                let mut found = vec![(marker.clone(), format!("{prefix}{topic}"))];
                for name in subscriptions.iter().cloned().chain([long("a"), long("b"), "s".repeat(48)]) {
                    let subscription = subscription(topic, &name);
                    for subscription in [subscription.dead_letters(), subscription] {
                        let queue = names.queue(&subscription);
                        assert!(queue.starts_with(&marker), "{queue} is none of {marker}");
                        found.push((queue, format!("{prefix}{subscription}")));
                    }
                }
                for (queue, thing) in found {
                    assert!(is_queue(&queue), "{queue} of {thing}");
                    let other = seen.insert(queue.clone(), thing.clone());
                    assert!(other.is_none_or(|other| other == thing), "{queue} of {thing} is another's too");
                }
            }
        }
    }

    #[test]
    fn a_topic_whose_name_goes_on_is_another() {
        let names = names("");
        let of = |topic: &str| names.topic(&TopicName::new(topic.to_owned()).unwrap());
        for other in ["orders2", "orders-0", "orders-0fulfil", "orders-eu", "orders--0"] {
            assert!(!of(other).starts_with(&of("orders")), "{}", of(other));
        }
    }
}
