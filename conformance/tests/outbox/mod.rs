//! The typed handles of outbox and inbox: what they need, what they stamp, and an event on its way through both.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use anyport_memory::{ManualClock, MemoryStore, SequentialIds};
use anyport_ports::documents::{Condition, Key, Partition, Query};
use anyport_ports::handles::{
    Access, Change, Collection, EventHead, Handle, Need, Ports, Publish, Reader, Subscriber, Topic, Writer,
};
use anyport_ports::inbox::{Inbox, Once};
use anyport_ports::messages::Receive;
use anyport_ports::outbound::NoOutbound;
use anyport_ports::outbox::{self, Outbox, Relay};
use anyport_ports::resources::{Provision as _, Resources};
use anyport_ports::{CallContext, CollectionName, ErrorKind, Result, TopicName};
use serde::{Deserialize, Serialize};

enum Orders {}

#[derive(Serialize, Deserialize)]
struct Order {
    user: String,
    id: String,
}

impl Collection for Orders {
    const NAME: CollectionName = CollectionName::from_static("orders");

    type Item = Order;

    fn key(order: &Order) -> Result<Key> {
        Key::new(order.user.as_str(), format!("order/{}", order.id))
    }
}

enum OrderEvents {}

#[derive(Serialize, Deserialize)]
struct OrderPlaced {
    id: String,
}

impl Topic for OrderEvents {
    const NAME: TopicName = TopicName::from_static("order-events");

    const SOURCE: &'static str = "/orders";

    type Event = OrderPlaced;

    fn head(event: &OrderPlaced) -> EventHead {
        EventHead { id: format!("placed/{}", event.id), kind: "order.placed", subject: None }
    }
}

enum Billing {}

impl Subscriber for Billing {
    type Topic = OrderEvents;

    const NAME: &'static str = "billing";
}

fn order(id: &str) -> Change<Order> {
    Change::Put(Order { user: "u1".to_owned(), id: id.to_owned() }, Condition::Absent)
}

fn user() -> Partition {
    Partition::new("u1").unwrap()
}

/// A memory with what the handles need, and nothing else.
async fn ports() -> Ports {
    let clock = Arc::new(ManualClock::new());
    let store = Arc::new(MemoryStore::new(clock.clone()).handle());
    let needs = [Outbox::<Orders, OrderEvents>::needs(), Relay::<Orders, OrderEvents>::needs()].concat();
    let mut resources = Billing::resources();
    needs.iter().map(Need::resources).for_each(|more: Resources| resources.merge(more));
    store.provision(&resources).await.unwrap();
    Ports {
        documents: store.clone(),
        messages: store.clone(),
        blobs: store.clone(),
        signer: store.clone(),
        secrets: store,
        clock,
        outbound: Arc::new(NoOutbound),
        ids: Arc::new(SequentialIds::new()),
        call: Arc::default(),
    }
}

#[tokio::test]
async fn an_event_keeps_its_call_on_its_way_and_has_one_effect() {
    let ports = ports().await;
    let placing = ports.during(CallContext::none().with_request_id("r1").with_correlation_id("c1"));
    let outbox = Outbox::<Orders, OrderEvents>::open(&placing);
    let placed = OrderPlaced { id: "o1".to_owned() };
    assert_eq!(outbox.commit(user(), vec![order("o1")], &[placed]).await.unwrap().len(), 1);

    // The relay runs in a call of its own.
    let relaying = ports.during(CallContext::none().with_request_id("r2"));
    let relayed = Relay::<Orders, OrderEvents>::open(&relaying).all(100).await.unwrap();
    assert_eq!((relayed.published, relayed.put_off, relayed.more), (1, 0, false));

    let receive = Receive::new(10, Duration::from_secs(30)).unwrap();
    let delivered = ports.messages.receive(&Billing::subscription(), receive).await.unwrap();
    let [delivery] = &delivered[..] else { panic!("one event, {} came", delivered.len()) };
    assert_eq!(Billing::event(delivery).unwrap().id, "o1");
    assert_eq!(CallContext::carried_by(delivery.message.extensions()).correlation_id(), Some("c1"));

    let inbox = Inbox::<Orders, Billing>::open(&ports);
    let effect = |id| inbox.once(user(), delivery.message.id(), vec![order(id)]);
    assert!(matches!(effect("billed").await.unwrap(), Once::Done(versions) if versions.len() == 1));
    assert_eq!(effect("billed again").await.unwrap(), Once::Already);

    let own = Reader::<Orders>::open(&ports).query(&Query::partition(user()).prefix("order/")).await.unwrap();
    let ids: Vec<&str> = own.items.iter().map(|stored| stored.item.id.as_str()).collect();
    assert_eq!(ids, ["billed", "o1"]);
}

#[tokio::test]
async fn a_refused_change_tells_nobody() {
    let ports = ports().await;
    let outbox = Outbox::<Orders, OrderEvents>::open(&ports);
    let placed = || [OrderPlaced { id: "o1".to_owned() }];
    outbox.commit(user(), vec![order("o1")], &placed()).await.unwrap();
    let again = outbox.commit(user(), vec![order("o1")], &placed()).await.unwrap_err();
    assert_eq!((again.kind(), again.operation()), (ErrorKind::Conflict, "outbox.commit"));
    let elsewhere = outbox.commit(Partition::new("u2").unwrap(), vec![order("o2")], &placed()).await.unwrap_err();
    assert_eq!(elsewhere.kind(), ErrorKind::InvalidInput);
    let relayed = Relay::<Orders, OrderEvents>::open(&ports).partition(&user()).await.unwrap();
    assert_eq!(relayed.published, 1);
}

#[tokio::test]
async fn a_delay_is_bounded_before_anything_is_written() {
    let ports = ports().await;
    let outbox = Outbox::<Orders, OrderEvents>::open(&ports);
    let (placed, hour) = ([OrderPlaced { id: "o1".to_owned() }], Duration::from_hours(1));
    let refused = outbox.commit_delayed(user(), vec![order("o1")], &placed, hour).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    let key = Key::new("u1", "order/o1").unwrap();
    assert!(Reader::<Orders>::open(&ports).get(&key).await.unwrap().is_none());
}

#[test]
fn handles_need_what_they_touch_and_no_more() {
    let orders = |access| Need::Collection { name: Orders::NAME, access, indexes: vec![outbox::index()] };
    assert_eq!(Outbox::<Orders, OrderEvents>::needs(), [orders(Access::Write)]);
    let publish = Publish::<OrderEvents>::needs();
    let expected = [vec![orders(Access::Read), orders(Access::Write)], publish].concat();
    assert_eq!(Relay::<Orders, OrderEvents>::needs(), expected);
    let plain = [Reader::<Orders>::needs(), Writer::<Orders>::needs()].concat();
    assert_eq!(Inbox::<Orders, Billing>::needs(), plain);
}
