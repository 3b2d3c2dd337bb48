//! Publishing: one script puts a batch into every subscription.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyport_ports::messages::Outgoing;
use anyport_ports::{Error, ErrorKind, Result, TopicName};

use super::attempts::{Repeat, run};
use super::{keys, millis, scripts};
use crate::store::RedisStore;

/// How often a publisher learns of new subscriptions within one call before it leaves the topic to who is making them.
const LOOKS: usize = 4;

/// The subscriptions that were seen of each topic. They are only a guess of what keys to declare: the script compares
/// them with what there is, so a copy that is out of date costs one more call and nothing else.
#[derive(Default)]
pub(crate) struct Subscribers(Mutex<HashMap<TopicName, Arc<[String]>>>);

impl Subscribers {
    fn of(&self, topic: &TopicName) -> Arc<[String]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(topic).cloned().unwrap_or_default()
    }

    fn learn(&self, topic: &TopicName, names: Vec<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.clone(), names.into());
    }
}

/// Puts the messages into every subscription, all of them or none.
pub(super) async fn publish(store: &RedisStore, topic: &TopicName, entries: &[Outgoing]) -> Result<()> {
    let key = keys::topic(&store.naming, topic);
    for _ in 0..LOOKS {
        let known = store.subscribers.of(topic);
        let inboxes = known.iter().flat_map(|name| keys::inbox(&key, name));
        let touched: Vec<String> = std::iter::once(key.clone()).chain(inboxes).collect();
        let mut call = scripts::PUBLISH.on(&touched);
        call.arg(known.len()).arg(&known[..]);
        for entry in entries {
            call.arg(millis(entry.delay)).arg(entry.message.to_cloud_event());
        }
        let answer: Option<(u8, Vec<String>)> =
            run(&store.connection, &scripts::PUBLISH, &call, Repeat::Harmless).await?;
        match answer {
            None => return Err(Error::new(ErrorKind::NotFound, "the topic does not exist: provision it first")),
            Some((1, _)) => return Ok(()),
            Some((_, names)) => store.subscribers.learn(topic, names),
        }
    }
    Err(Error::new(ErrorKind::Unavailable, "subscriptions are being made all the while: try again"))
}
