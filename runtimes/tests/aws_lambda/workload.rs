//! A workload that is called by everything, and notes what called it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_ports::documents::Key;
use anyport_ports::handles::{Bucket, Collection, EventHead, Subscriber, Topic};
use anyport_ports::messages::Message;
use anyport_ports::{BucketName, CollectionName, Error, ErrorKind, TopicName};
use anyport_runtimes::{BlobCreated, DocumentChanged, Event, Function, Limits, Tick, Workload};
use serde::{Deserialize, Serialize};

pub(crate) struct Jobs;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    /// What the function does with it.
    pub(crate) how: String,
}

impl Topic for Jobs {
    const NAME: TopicName = TopicName::from_static("jobs");
    const SOURCE: &'static str = "/tests";
    type Event = Job;

    fn head(event: &Job) -> EventHead {
        EventHead { id: event.how.clone(), kind: "job", subject: None }
    }
}

pub(crate) struct Work;

impl Subscriber for Work {
    type Topic = Jobs;
    const NAME: &'static str = "work";
    const MAX_ATTEMPTS: u32 = 3;
}

pub(crate) struct Audit;

impl Subscriber for Audit {
    type Topic = Jobs;
    const NAME: &'static str = "audit";
    const MAX_ATTEMPTS: u32 = 3;
}

pub(crate) struct Uploads;

impl Bucket for Uploads {
    const NAME: BucketName = BucketName::from_static("uploads");
}

pub(crate) struct Things;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Thing {
    pub(crate) id: String,
    /// What the function does with it.
    pub(crate) how: String,
}

impl Collection for Things {
    const NAME: CollectionName = CollectionName::from_static("things");
    type Item = Thing;

    fn key(item: &Thing) -> Result<Key, Error> {
        Key::new("things", item.id.as_str())
    }
}

/// What the functions were called with, in order.
#[derive(Clone, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn sorted(&self) -> Vec<String> {
        let mut all = self.all();
        all.sort();
        all
    }

    /// Notes a call; which one it is of its kind, from 1.
    pub(crate) fn note(&self, call: &str) -> usize {
        let mut calls = self.0.lock().unwrap();
        calls.push(call.to_owned());
        calls.iter().filter(|other| *other == call).count()
    }
}

async fn behave(how: &str, time: usize) -> Result<(), Error> {
    match (how, time) {
        ("retry", _) => Err(Error::new(ErrorKind::Unavailable, "not now")),
        ("once", 1) => Err(Error::new(ErrorKind::Unavailable, "not at first")),
        ("wrong", _) => Err(Error::invalid("cannot ever be done")),
        ("panic", _) => panic!("as asked"),
        ("never", _) => std::future::pending().await,
        _ => Ok(()),
    }
}

pub(crate) fn workload(calls: &Calls) -> Workload {
    let limits = Limits { timeout: Duration::from_millis(300), concurrency: 4, ..Limits::default() };
    let noted = calls.clone();
    let work = move |Event { event, attempt, .. }: Event<Work>| {
        let time = noted.note(&format!("work {} {attempt}", event.how));
        async move { behave(&event.how, time).await }
    };
    let noted = calls.clone();
    let audit = move |Event { event, .. }: Event<Audit>| {
        noted.note(&format!("audit {}", event.how));
        async move { Ok::<(), Error>(()) }
    };
    let noted = calls.clone();
    let nightly = move |tick: Tick| {
        noted.note(&format!("nightly {}", tick.scheduled_for));
        let so_far = noted.all().len();
        async move { behave("once", so_far).await }
    };
    let noted = calls.clone();
    let import = move |blob: BlobCreated<Uploads>| {
        let name = blob.name.as_str().to_owned();
        let time = noted.note(&format!("import {name} {}", blob.etag.as_str()));
        async move { behave(name.rsplit('/').next().unwrap(), time).await }
    };
    let noted = calls.clone();
    let thing = move |change: DocumentChanged<Things>| {
        let how = change.after.map_or_else(|| "deleted".to_owned(), |thing| thing.item.how);
        let time = noted.note(&format!("thing {} {how}", change.key.sort()));
        async move { behave(&how, time).await }
    };
    Workload::new("everything")
        .function(Function::subscription::<Work, _, _>("work", work).limits(limits))
        .function(Function::subscription::<Audit, _, _>("audit", audit))
        .function(Function::schedule("nightly", "0 3 * * *", nightly))
        .function(Function::blob_created::<Uploads, _, _>("import", "imports/", import))
        .function(Function::document_changed::<Things, _, _>("thing", thing).limits(limits))
}

/// The event as it stands in a message's text.
pub(crate) fn text(how: &str) -> String {
    let job = serde_json::to_vec(&Job { how: how.to_owned() }).unwrap();
    let message = Message::new(how, Jobs::SOURCE, "job").unwrap().with_data("application/json", job).unwrap();
    message.to_cloud_event()
}
