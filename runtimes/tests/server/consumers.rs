//! Functions called by messages.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_ports::handles::{EventHead, Publish, Subscriber, Topic};
use anyport_ports::messages::{Batch, Message, Messages as _, Outgoing, Receive};
use anyport_ports::{Error, ErrorKind, TopicName};
use anyport_runtimes::{Event, Function, Limits, Workload};
use serde::{Deserialize, Serialize};

use crate::client::eventually;
use crate::site::Site;

struct Jobs;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Job {
    id: String,
    /// What the function does with it.
    how: String,
}

impl Topic for Jobs {
    const NAME: TopicName = TopicName::from_static("jobs");
    const SOURCE: &'static str = "/tests";
    type Event = Job;

    fn head(event: &Job) -> EventHead {
        EventHead { id: event.id.clone(), kind: "job", subject: None }
    }
}

struct Work;

impl Subscriber for Work {
    type Topic = Jobs;
    const NAME: &'static str = "work";
    const MAX_ATTEMPTS: u32 = 3;
}

type Calls = Arc<Mutex<Vec<(String, u32)>>>;

fn workload(calls: &Calls) -> Workload {
    let calls = Arc::clone(calls);
    let work = move |Event { event, id, attempt }: Event<Work>| {
        let calls = Arc::clone(&calls);
        async move {
            assert_eq!(event.id, id);
            calls.lock().unwrap().push((id, attempt));
            match (event.how.as_str(), attempt) {
                ("retry", 1) => Err(Error::new(ErrorKind::Unavailable, "not now")),
                ("panic", 1) => panic!("as asked"),
                ("never", 1) => std::future::pending().await,
                ("always", _) => Err(Error::new(ErrorKind::Internal, "never works")),
                ("wrong", _) => Err(Error::invalid("cannot ever be done")),
                _ => Ok(()),
            }
        }
    };
    let limits = Limits { timeout: Duration::from_millis(300), concurrency: 4, ..Limits::default() };
    Workload::new("jobs").function(Function::subscription::<Work, _, _>("work", work).limits(limits))
}

async fn publish(site: &Site, id: &str, how: &str) {
    let job = Job { id: id.to_owned(), how: how.to_owned() };
    Publish::<Jobs>::new(site.ports().messages).publish(&job).await.unwrap();
}

async fn dead_letter(site: &Site) -> (String, String) {
    let dead = Work::subscription().dead_letters();
    let receive = Receive::new(1, Duration::from_mins(1)).unwrap();
    let found = eventually("a dead letter", async || site.handle().receive(&dead, receive).await.unwrap().pop()).await;
    (found.message.id().to_owned(), found.dead_letter_reason.unwrap())
}

#[tokio::test]
async fn a_message_is_acknowledged_retried_or_given_up_by_what_the_function_answers() {
    let (site, calls) = (Site::new(), Calls::default());
    let server = site.start(workload(&calls)).await;
    for how in ["fine", "retry", "panic", "never"] {
        publish(&site, how, how).await;
    }
    let attempts = |id: &str| {
        let calls = calls.lock().unwrap();
        calls.iter().filter(|(own, _)| own == id).map(|(_, attempt)| *attempt).collect::<Vec<_>>()
    };
    for (id, expected) in [("fine", vec![1]), ("retry", vec![1, 2]), ("panic", vec![1, 2]), ("never", vec![1, 2])] {
        eventually(id, async || (attempts(id) == expected).then_some(())).await;
    }
    publish(&site, "wrong", "wrong").await;
    let (id, reason) = dead_letter(&site).await;
    assert_eq!((id.as_str(), attempts("wrong")), ("wrong", vec![1]));
    assert!(reason.contains("invalid_input") && reason.contains("cannot ever be done"), "{reason}");

    publish(&site, "always", "always").await;
    assert_eq!(dead_letter(&site).await.0, "always");
    assert_eq!(attempts("always"), [1, 2, 3]);
    server.shutdown().await;

    let left = Receive::new(10, Duration::from_secs(1)).unwrap();
    assert!(site.handle().receive(&Work::subscription(), left).await.unwrap().is_empty(), "all was settled");
}

#[tokio::test]
async fn what_is_no_event_of_the_topic_never_reaches_the_function() {
    let (site, calls) = (Site::new(), Calls::default());
    let server = site.start(workload(&calls)).await;
    let message = Message::new("odd", "/tests", "job").unwrap().with_data("application/json", "[1]").unwrap();
    let results = site.handle().publish(&Jobs::NAME, &Batch::one(Outgoing::from(message))).await.unwrap();
    assert!(results.iter().all(Result::is_ok));
    let (id, reason) = dead_letter(&site).await;
    assert_eq!(id, "odd");
    assert!(reason.starts_with("invalid_event"), "{reason}");
    assert!(calls.lock().unwrap().is_empty());
    server.shutdown().await;
}

#[tokio::test]
async fn consumers_of_two_servers_share_the_messages() {
    let (site, calls) = (Site::new(), Calls::default());
    let servers = [site.start(workload(&calls)).await, site.start(workload(&calls)).await];
    for n in 0..40 {
        publish(&site, &format!("job-{n}"), "fine").await;
    }
    eventually("all are done", async || (calls.lock().unwrap().len() >= 40).then_some(())).await;
    for server in servers {
        server.shutdown().await;
    }
    let mut calls = calls.lock().unwrap().clone();
    calls.sort();
    calls.dedup();
    assert_eq!(calls.len(), 40, "each was done, by one of them: {calls:?}");
}
