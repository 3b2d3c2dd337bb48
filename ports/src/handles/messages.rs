//! Typed topics, and the handle that publishes to them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Access, Handle, Need, Ports};
use crate::messages::{Batch, Delivery, Message, Messages, Outgoing, Subscription};
use crate::resources::{Resources, SubscriptionSpec};
use crate::{CallContext, Error, ErrorKind, Result, TopicName};

/// The attributes that an event is published under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventHead {
    /// CloudEvents `id`: the same whenever the same event is published again.
    pub id: String,
    /// CloudEvents `type`.
    pub kind: &'static str,
    /// CloudEvents `subject`.
    pub subject: Option<String>,
}

/// A topic whose events are all of one type (an enum where there are several sorts).
pub trait Topic: Send + Sync + 'static {
    /// Its name.
    const NAME: TopicName;

    /// CloudEvents `source` of what is published here.
    const SOURCE: &'static str;

    /// What its messages hold, as JSON.
    type Event: Serialize + DeserializeOwned + Send + Sync;

    /// The attributes of an event.
    fn head(event: &Self::Event) -> EventHead;

    /// The message that carries an event.
    fn message(event: &Self::Event) -> Result<Message> {
        let head = Self::head(event);
        let data = serde_json::to_vec(event)
            .map_err(|error| Error::invalid("the event cannot be written as JSON").caused_by(error))?;
        let message = Message::new(head.id, Self::SOURCE, head.kind)?.with_data("application/json", data)?;
        head.subject.into_iter().try_fold(message, Message::with_subject)
    }

    /// The event that a message carries; [`InvalidInput`](ErrorKind::InvalidInput) if it does not fit the type.
    fn event(message: &Message) -> Result<Self::Event> {
        serde_json::from_slice(message.data()).map_err(|error| {
            let expected = std::any::type_name::<Self::Event>();
            Error::new(ErrorKind::InvalidInput, format!("message {:?} is not a {expected}: {error}", message.id()))
        })
    }
}

/// A named subscription of a typed topic.
pub trait Subscriber: Send + Sync + 'static {
    /// The topic subscribed to.
    type Topic: Topic;

    /// The subscription's name within the topic.
    const NAME: &'static str;

    /// Deliveries before a message goes to the dead letters.
    const MAX_ATTEMPTS: u32 = 5;

    /// The subscription.
    fn subscription() -> Subscription {
        Subscription::from_static(Self::Topic::NAME, Self::NAME)
    }

    /// What must exist for messages to arrive.
    fn resources() -> Resources {
        let topic = Self::Topic::NAME;
        let (name, max_attempts) = (Self::NAME.to_owned(), Self::MAX_ATTEMPTS);
        let subscriptions = vec![SubscriptionSpec { topic: topic.clone(), name, max_attempts }];
        Resources { topics: vec![topic], subscriptions, ..Resources::default() }
    }

    /// The event that a delivery carries.
    fn event(delivery: &Delivery) -> Result<<Self::Topic as Topic>::Event> {
        Self::Topic::event(&delivery.message)
    }
}

/// Publishes to a topic.
pub struct Publish<T> {
    messages: Arc<dyn Messages>,
    call: Arc<CallContext>,
    topic: PhantomData<fn() -> T>,
}

impl<T: Topic> Publish<T> {
    /// A publisher on these messages.
    pub fn new(messages: Arc<dyn Messages>) -> Self {
        Self { messages, call: Arc::default(), topic: PhantomData }
    }

    /// Publishes one event; see [`Messages::publish`].
    pub async fn publish(&self, event: &T::Event) -> Result<()> {
        let batch = Batch::one(Outgoing::from(self.call.stamp(T::message(event)?)));
        let results = self.messages.publish(&T::NAME, &batch).await?;
        results.into_iter().collect()
    }
}

impl<T: Topic> Handle for Publish<T> {
    fn needs() -> Vec<Need> {
        vec![Need::Topic { name: T::NAME, access: Access::Publish }]
    }

    fn open(ports: &Ports) -> Self {
        Self { call: Arc::clone(&ports.call), ..Self::new(Arc::clone(&ports.messages)) }
    }
}

impl<T: Topic> fmt::Debug for Publish<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publish({})", T::NAME)
    }
}
