//! From event functions to the tasks that call them.

use std::sync::Arc;

use anyport_ports::documents::Changes;
use anyport_ports::handles::Ports;
use anyport_ports::leases::{DocumentLeases, Leases};
use futures_util::future::join_all;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::blob_watch::BlobWatch;
use super::consumer::Consumer;
use super::feed::Feed;
use super::scheduler::Schedule;
use super::settings::ServerSettings;
use crate::claims::{Claims, KEEP_SLOTS, Worker};
use crate::events::EventFunctions;
use crate::schedule::Cron;

/// Starts consumers, schedules, blob watches and followers of feeds, each a task; why they cannot run, in words.
pub(super) async fn start(
    functions: EventFunctions,
    ports: &Ports,
    changes: Option<Arc<dyn Changes>>,
    settings: &ServerSettings,
    tasks: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> Result<(), String> {
    for (subscription, function) in functions.subscriptions {
        let (wait, retry_base) = (settings.receive_wait, settings.retry_base);
        let consumer = Consumer { function, subscription, messages: ports.messages.clone(), wait, retry_base };
        tasks.spawn(consumer.run(stop.clone()));
    }
    let claims = Claims::new(ports, settings.retry_base);
    for (cron, function) in functions.schedules {
        let (clock, keep) = (ports.clock.clone(), Some(KEEP_SLOTS));
        let worker = Worker { function, clock, claims: claims.clone(), keep };
        let schedule = Schedule { worker, cron: Cron::parse(&cron)?, catch_up: settings.schedule_catch_up };
        tasks.spawn(schedule.run(stop.clone()));
    }
    for (bucket, prefix, function) in functions.blobs {
        let worker = Worker { function, clock: ports.clock.clone(), claims: claims.clone(), keep: None };
        let (blobs, interval) = (ports.blobs.clone(), settings.blob_poll_interval);
        tasks.spawn(BlobWatch { worker, blobs, bucket, prefix, interval }.run(stop.clone()));
    }
    let (documents, clock, ids) = (&ports.documents, &ports.clock, &ports.ids);
    let leases: Arc<dyn Leases> = Arc::new(DocumentLeases::new(documents.clone(), clock.clone(), ids.clone()));
    let mut feeds = Vec::new();
    for (collection, function) in functions.changes {
        let name = function.name();
        let changes = changes.clone().ok_or_else(|| {
            format!("{name}: it is called by changes of documents, and the store of documents is given without a feed of them")
        })?;
        let (documents, leases, clock) = (documents.clone(), leases.clone(), clock.clone());
        let (interval, retry_base) = (settings.feed_poll_interval, settings.retry_base);
        feeds.push(Feed { function, collection, changes, documents, leases, clock, interval, retry_base });
    }
    // What is written once the server is ready is not to be missed.
    join_all(feeds.iter().map(Feed::register)).await;
    for feed in feeds {
        tasks.spawn(feed.run(stop.clone()));
    }
    Ok(())
}
