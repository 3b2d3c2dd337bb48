//! How resources are called at a provider: one rule, for adapters, runtimes and infrastructure code alike.

use std::fmt;

use crate::messages::Subscription;
use crate::{Error, Result};

/// Longest prefix, in bytes.
const MAX_PREFIX: usize = 16;

/// Gives resources their names at a provider, where several environments share an account: a prefix, then the name.
///
/// ```
/// # use anyport_ports::{Naming, TopicName, messages::Subscription};
/// # fn main() -> anyport_ports::Result<()> {
/// let naming = Naming::new("staging-")?;
/// assert_eq!(naming.of("users", 255), "staging-users");
/// let fulfilment = Subscription::new(TopicName::new("orders")?, "fulfilment")?;
/// assert_eq!(naming.subscription(&fulfilment, '_', 80), "staging-orders_fulfilment");
/// assert_eq!(naming.subscription(&fulfilment.dead_letters(), '_', 80), "staging-orders_fulfilment_dead");
/// # Ok(()) }
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Naming {
    prefix: String,
}

impl Naming {
    /// Names that begin with `prefix`, which may be empty; [`InvalidInput`](crate::ErrorKind::InvalidInput) for one of
    /// more than 16 bytes, of other characters than `a-z`, `0-9` and `-`, or that does not start with a letter.
    pub fn new(prefix: impl Into<String>) -> Result<Self> {
        let prefix = prefix.into();
        let plain = prefix.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let starts = prefix.is_empty() || prefix.starts_with(|first: char| first.is_ascii_lowercase());
        if plain && starts && prefix.len() <= MAX_PREFIX {
            return Ok(Self { prefix });
        }
        Err(Error::invalid(format!(
            "{prefix:?} is not a prefix of names: up to {MAX_PREFIX} of a-z, 0-9 and '-', starting with a letter"
        )))
    }

    /// The prefix.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The name at the provider of a collection, topic, bucket or secret. One that would be longer than `limit` bytes is
    /// cut, and told apart by a hash of the whole at its end.
    pub fn of(&self, name: &str, limit: usize) -> String {
        bounded(format!("{}{name}", self.prefix), limit)
    }

    /// The name at the provider of a subscription or of its dead letters. `separator` must be a character that no name
    /// holds, so that no two subscriptions share one.
    pub fn subscription(&self, subscription: &Subscription, separator: char, limit: usize) -> String {
        let dead = if subscription.is_dead_letters() { format!("{separator}dead") } else { String::new() };
        let (topic, name) = (subscription.topic(), subscription.name());
        bounded(format!("{}{topic}{separator}{name}{dead}", self.prefix), limit)
    }
}

impl fmt::Debug for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Naming({:?})", self.prefix)
    }
}

/// The name itself if it is short enough, else its beginning, a hyphen and 16 hexadecimal digits of FNV-1a.
fn bounded(name: String, limit: usize) -> String {
    const DIGITS: usize = 16;
    if name.len() <= limit {
        return name;
    }
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let kept: String = name.chars().take(limit.saturating_sub(DIGITS + 1)).collect();
    format!("{kept}-{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TopicName;

    #[test]
    fn a_prefix_is_what_may_begin_any_name() {
        for good in ["", "a", "prod-", "team-a-staging-"] {
            assert!(Naming::new(good).is_ok(), "{good}");
        }
        for bad in ["-a", "1a", "A", "a_b", "a.b", &"a".repeat(17)] {
            assert!(Naming::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_that_are_too_long_stay_different() {
        let naming = Naming::new("prod-").unwrap();
        let topic = TopicName::new("t".repeat(48)).unwrap();
        let of = |name: String| Subscription::new(topic.clone(), name).unwrap();
        let (one, two) = (of(format!("{}1", "s".repeat(40))), of(format!("{}2", "s".repeat(40))));
        let names = [&one, &two, &one.dead_letters(), &two.dead_letters()].map(|s| naming.subscription(s, '_', 80));
        for (at, name) in names.iter().enumerate() {
            assert_eq!(name.len(), 80, "{name}");
            assert!(!names[..at].contains(name), "{name} twice");
        }
    }

    #[test]
    fn no_two_subscriptions_share_a_name() {
        let naming = Naming::default();
        let of = |topic: &str, name: &str| {
            let subscription = Subscription::new(TopicName::new(topic).unwrap(), name).unwrap();
            naming.subscription(&subscription, '_', 80)
        };
        assert_ne!(of("one-two", "three"), of("one", "two-three"));
        assert_ne!(of("one", "two"), of("onet", "two"));
    }
}
