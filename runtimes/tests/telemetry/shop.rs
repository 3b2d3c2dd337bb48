//! A workload whose calls cause each other: an order by HTTP is packed by a message, and labelled by a blob. And others
//! that end badly.

use std::sync::Arc;

use anyport_memory::MemoryStore;
use anyport_ports::blobs::{BlobName, PutBlob};
use anyport_ports::handles::{BlobWriter, Bucket, EventHead, Ports, Publish, Subscriber, Topic};
use anyport_ports::{BucketName, Clock, Error, TopicName};
use anyport_runtimes::{BlobCreated, Event, Function, Json, Method, UuidIds, Workload};
use serde::{Deserialize, Serialize};
use tracing::subscriber::NoSubscriber;

pub(crate) struct Orders;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
}

impl Topic for Orders {
    const NAME: TopicName = TopicName::from_static("orders");
    const SOURCE: &'static str = "/shop";
    type Event = Order;

    fn head(order: &Order) -> EventHead {
        EventHead { id: order.id.clone(), kind: "order", subject: None }
    }
}

pub(crate) struct Packing;

impl Subscriber for Packing {
    type Topic = Orders;
    const NAME: &'static str = "packing";
    const MAX_ATTEMPTS: u32 = 3;
}

pub(crate) struct Labels;

impl Bucket for Labels {
    const NAME: BucketName = BucketName::from_static("labels");
}

async fn place(orders: Publish<Orders>) -> Result<Json<&'static str>, Error> {
    charge().await;
    orders.publish(&Order { id: "o1".to_owned() }).await?;
    tracing::info!("placed");
    Ok(Json("placed"))
}

#[tracing::instrument(fields(card_token = "planted"))]
async fn charge() {
    tokio::task::yield_now().await;
}

async fn pack(order: Event<Packing>, labels: BlobWriter<Labels>) -> Result<(), Error> {
    tracing::info!("packed");
    labels.put(&BlobName::new(order.event.id)?, &PutBlob::new("text/plain", "a label")?).await?;
    Ok(())
}

async fn label(_label: BlobCreated<Labels>) -> Result<(), Error> {
    tracing::info!("labelled");
    Ok(())
}

async fn panics() -> Result<Json<u8>, Error> {
    panic!("as\nasked")
}

/// Panics with what is no text, on threads of its own, of which one logs to nothing.
async fn threads() -> Result<Json<u8>, Error> {
    let nowhere = || tracing::subscriber::with_default(NoSubscriber::new(), || panic!("where nothing logs"));
    for thread in [std::thread::spawn(|| std::panic::panic_any(7)), std::thread::spawn(nowhere)] {
        thread.join().unwrap_err();
    }
    Ok(Json(1))
}

/// Others' crates log what is hard to write.
async fn strange() -> Result<Json<u8>, Error> {
    log::warn!(target: "others", "a \"quote\"\nand a line\u{0}");
    tracing::error!(target: "others", nan = f64::NAN, function = "theirs", text = "\u{2028}\r\n\u{1b}[31m", "tracing");
    tracing::info!(target: "others", long = "x".repeat(100_000), password = "planted", "long");
    Ok(Json(1))
}

pub(crate) fn workload() -> Workload {
    let get = Method::GET;
    Workload::new("shop")
        .function(Function::http("place", Method::POST, "/orders", place))
        .function(Function::subscription::<Packing, _, _>("pack", pack))
        .function(Function::blob_created::<Labels, _, _>("label", "", label))
        .function(Function::http("panics", get.clone(), "/panics", panics))
        .function(Function::http("threads", get.clone(), "/threads", threads))
        .function(Function::http("strange", get, "/strange", strange))
}

pub(crate) fn ports(store: &MemoryStore, clock: &Arc<dyn Clock>) -> Ports {
    Ports { clock: Arc::clone(clock), ids: Arc::new(UuidIds), ..store.ports() }
}
