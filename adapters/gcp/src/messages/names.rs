//! What Pub/Sub calls topics and subscriptions.

use anyport_ports::messages::Subscription;
use anyport_ports::{Naming, TopicName};

/// Longest name, in bytes.
const MAX_BYTES: usize = 255;

/// Joins the parts of a name: Pub/Sub admits it, and no name of a resource holds it.
const SEPARATOR: char = '.';

/// Gives topics and subscriptions their names, in one project.
#[derive(Clone, Debug)]
pub(super) struct Names {
    project: String,
    naming: Naming,
}

impl Names {
    pub(super) fn new(project: &str, naming: Naming) -> Self {
        Self { project: project.to_owned(), naming }
    }

    /// The topic.
    pub(super) fn topic(&self, topic: &TopicName) -> String {
        self.full("topics", &self.naming.of(topic.as_str(), MAX_BYTES))
    }

    /// The subscription, or that of the dead letters.
    pub(super) fn subscription(&self, subscription: &Subscription) -> String {
        self.full("subscriptions", &self.id(subscription))
    }

    /// Where what the subscription is to be given later waits.
    pub(super) fn later(&self, subscription: &Subscription) -> String {
        self.full("subscriptions", &format!("{}{SEPARATOR}later", self.id(subscription)))
    }

    /// The topic to which the dead letters of the subscription, or of these dead letters themselves, are published.
    pub(super) fn letters(&self, subscription: &Subscription) -> String {
        self.full("topics", &self.id(&subscription.dead_letters()))
    }

    fn id(&self, subscription: &Subscription) -> String {
        self.naming.subscription(subscription, SEPARATOR, MAX_BYTES - 16)
    }

    /// Pub/Sub keeps names that begin with `goog` for Google.
    fn full(&self, kind: &str, id: &str) -> String {
        let escape = if id.starts_with("goog") { "x." } else { "" };
        format!("projects/{}/{kind}/{escape}{id}", self.project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_the_project_and_the_prefix_and_none_is_googles() {
        let names = Names::new("shop", Naming::new("prod-").unwrap());
        let fulfil = Subscription::new(TopicName::from_static("orders"), "fulfil").unwrap();
        assert_eq!(names.topic(fulfil.topic()), "projects/shop/topics/prod-orders");
        assert_eq!(names.subscription(&fulfil), "projects/shop/subscriptions/prod-orders.fulfil");
        assert_eq!(names.later(&fulfil), "projects/shop/subscriptions/prod-orders.fulfil.later");
        assert_eq!(names.letters(&fulfil), "projects/shop/topics/prod-orders.fulfil.dead");
        let letters = fulfil.dead_letters();
        assert_eq!(names.subscription(&letters), "projects/shop/subscriptions/prod-orders.fulfil.dead");
        let bare = Names::new("shop", Naming::default());
        assert_eq!(bare.topic(&TopicName::from_static("google-events")), "projects/shop/topics/x.google-events");
    }
}
