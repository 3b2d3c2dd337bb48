//! What queues of Storage are called: the rule of the Azure adapter, which stands in its `messages/names.rs`.
//!
//! Storage takes 3 to 63 of `a-z`, `0-9` and `-`, and no two hyphens in a row, so that a hyphen escapes: `-0` separates topic
//! and subscription, a hyphen before `-`, `0` or `1` is `-1`, and what is cut ends with `-1h` and a digest.

use anyport_ports::{Naming, TopicName};
use sha2::{Digest as _, Sha256};

/// Longest name of a topic with its prefix, and of a subscription.
const MAX_TOPIC: usize = 30;
const MAX_SUBSCRIPTION: usize = 25;

const SEPARATOR: &str = "-0";
const CUT: &str = "-1h";
const BASE_32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The queue of a subscription.
pub(super) fn name(naming: &Naming, topic: &TopicName, subscription: &str) -> String {
    let topic = encoded(&naming.of(topic.as_str(), usize::MAX), MAX_TOPIC);
    format!("{topic}{SEPARATOR}{}", encoded(subscription, MAX_SUBSCRIPTION))
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
    use super::*;

    #[test]
    fn queues_are_called_as_the_adapter_calls_them() {
        let of = |prefix: &str, topic: &str, subscription: &str| {
            name(&Naming::new(prefix).unwrap(), &TopicName::new(topic).unwrap(), subscription)
        };
        assert_eq!(of("prod-", "order-events", "fulfil"), "prod-order-events-0fulfil");
        assert_eq!(of("", "a--b-0c", "x-1-2y"), "a-1-b-10c-0x-11-2y");
        let long = of("a-sixteen-prefix", &"t".repeat(48), &"s".repeat(48));
        assert!(long.len() <= 63 && !long.contains("--"), "{long}");
    }
}
