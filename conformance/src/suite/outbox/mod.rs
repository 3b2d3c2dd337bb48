//! Checks of outbox and inbox.

mod commit;
mod desk;
mod effects;
mod inbox_limits;
mod inlet;
mod keys;
mod poison;
mod post;
mod relay;
mod timing;

use anyport_ports::documents::Index;
use anyport_ports::resources::{CollectionSpec, Resources, SubscriptionSpec};
use anyport_ports::{CollectionName, TopicName, outbox};

use crate::built::OutboxHandle;
use crate::check::Check;
use crate::suite::{ATTEMPTS, BY_STATE, NEWS, OTHER_THINGS, THINGS};

/// Every check.
pub fn checks() -> Vec<Check<OutboxHandle>> {
    [
        commit::checks(),
        keys::checks(),
        relay::checks(),
        timing::checks(),
        poison::checks(),
        effects::checks(),
        inbox_limits::checks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A second topic.
const OTHER_NEWS: TopicName = TopicName::from_static("other-news");

fn resources() -> Resources {
    let indexes = outbox::indexes_with(vec![Index::new(BY_STATE, "state", "rank")]);
    let collection = |name: CollectionName| CollectionSpec::new(name, indexes.clone());
    let subscription = |name: &str| SubscriptionSpec { topic: NEWS, name: name.to_owned(), max_attempts: ATTEMPTS };
    Resources {
        collections: vec![collection(THINGS), collection(OTHER_THINGS)],
        topics: vec![NEWS, OTHER_NEWS],
        subscriptions: vec![subscription("first"), subscription("second")],
        ..Resources::default()
    }
}
