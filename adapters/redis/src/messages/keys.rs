//! The keys of a topic.

use anyport_ports::messages::Subscription;
use anyport_ports::{Naming, TopicName};

/// The hash of a topic. Its name stands in braces, so that all keys of the topic are in one slot of a cluster.
pub(super) fn topic(naming: &Naming, topic: &TopicName) -> String {
    // Keys have no limit that a name could reach.
    naming.of(&format!("anyport:messages:{{{topic}}}"), usize::MAX)
}

/// The two keys that a publish touches of a subscription: its stream, and what is held back.
pub(super) fn inbox(topic: &str, name: &str) -> [String; 2] {
    [format!("{topic}:{name}"), format!("{topic}:{name}:delayed")]
}

/// The stream of a subscription's dead letters.
pub(super) fn dead_letters(topic: &str, name: &str) -> String {
    format!("{topic}:{name}:dead")
}

/// All keys of a subscription, in the order of `queue.lua`; the same for the subscription and for its dead letters.
pub(super) fn queue(naming: &Naming, subscription: &Subscription) -> [String; 8] {
    let topic = topic(naming, subscription.topic());
    let [stream, delayed] = inbox(&topic, subscription.name());
    let dead = dead_letters(&topic, subscription.name());
    let (leases, final_leases) = (format!("{stream}:leases"), format!("{stream}:final-leases"));
    let (dead_delayed, dead_leases) = (format!("{dead}:delayed"), format!("{dead}:leases"));
    [topic, stream, delayed, leases, final_leases, dead, dead_delayed, dead_leases]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_topic_share_its_slot_and_no_other_topics_name() {
        let naming = Naming::new("staging-").unwrap();
        let subscription = Subscription::new(TopicName::from_static("orders"), "fulfil").unwrap();
        let keys = queue(&naming, &subscription);
        assert_eq!(keys, queue(&naming, &subscription.dead_letters()));
        assert_eq!(
            (keys[0].as_str(), keys[1].as_str()),
            ("staging-anyport:messages:{orders}", "staging-anyport:messages:{orders}:fulfil")
        );
        for (at, key) in keys.iter().enumerate() {
            assert!(key.starts_with("staging-anyport:messages:{orders}"), "{key}");
            assert!(!keys[..at].contains(key), "{key} twice");
        }
    }
}
