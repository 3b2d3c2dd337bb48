//! Time limits and spans: what is told of a call.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use anyport_conformance::suite::{FILES, NEWS, THINGS};
use anyport_ports::blobs::{BlobName, BlobRange, Blobs};
use anyport_ports::decorators::{Around as _, Call, TimeLimited, Traced};
use anyport_ports::documents::{Body, Condition, Documents, Key, Put};
use anyport_ports::messages::{Batch, Message, Messages};
use anyport_ports::{Error, ErrorKind, Result};
use tokio::time::Instant;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{millis, retrying, store, timer};

/// Performs a call and never gives its answer.
#[derive(Clone, Copy)]
struct Hanging;

impl anyport_ports::decorators::Around for Hanging {
    async fn around<T: Send, F: Future<Output = Result<T>> + Send>(
        &self,
        _call: Call<'_>,
        perform: impl Fn() -> F + Send + Sync,
    ) -> Result<T> {
        drop(perform().await);
        std::future::pending().await
    }
}

fn key() -> Key {
    Key::new("ada@example.com", "profile").unwrap()
}

fn put() -> Put {
    Put::new(Body::of(&serde_json::json!({ "name": "Ada" })).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_read_that_takes_too_long_failed_and_a_write_is_in_doubt() {
    let (_, memory, _) = store().await;
    let sound: Arc<dyn Documents> = Arc::clone(&memory) as _;
    let hanging = Hanging.over(memory);
    let limit = || TimeLimited::new(timer(), millis(250));
    let limited: Arc<dyn Documents> = limit().over(Arc::clone(&hanging));
    let started = Instant::now();
    let error = limited.put(&THINGS, &key(), &put()).await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::Indeterminate, millis(250)));
    assert!(sound.get(&THINGS, &key()).await.unwrap().is_some(), "it was done");
    assert!(error.to_string().starts_with("documents.put things: no answer within 250ms"), "{error}");
    assert_eq!(limited.get(&THINGS, &key()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    let batch = Batch::one(Message::new("1", "/test", "t").unwrap().into());
    let messages: Arc<dyn Messages> = limit().over(Arc::clone(&hanging));
    assert_eq!(messages.publish(&NEWS, &batch).await.unwrap_err().kind(), ErrorKind::Indeterminate);
    let name = BlobName::new("a").unwrap();
    let blobs: Arc<dyn Blobs> = limit().over(hanging);
    assert_eq!(blobs.get(&FILES, &name, BlobRange::All).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_limit_within_retries_is_of_each_attempt_and_one_around_them_of_all() {
    let (_, memory, _) = store().await;
    let sound: Arc<dyn Documents> = memory;
    let each = retrying().over(TimeLimited::new(timer(), millis(100)).over(Hanging.over(Arc::clone(&sound))));
    let started = Instant::now();
    assert_eq!(each.get(&THINGS, &key()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert!(started.elapsed() > millis(300), "three attempts: {:?}", started.elapsed());
    let all = TimeLimited::new(timer(), millis(150)).over(each);
    let started = Instant::now();
    assert_eq!(all.get(&THINGS, &key()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(started.elapsed(), millis(150));
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_span_tells_the_operation_its_resource_and_what_it_came_to() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = subscriber.set_default();
    let (_, sound, _) = store().await;
    let traced: Arc<dyn Documents> = Traced.over(sound);
    traced.put(&THINGS, &key(), &put()).await.unwrap();
    let refused: Error = traced.put(&THINGS, &key(), &put().when(Condition::Absent)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    drop(guard);

    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let spans: Vec<&str> = text.lines().filter(|line| line.contains("documents.put")).collect();
    assert_eq!(spans.len(), 2, "{text}");
    assert!(spans.iter().all(|span| span.contains("resource=\"things\"")), "{text}");
    assert!(!spans[0].contains("error.type") && spans[1].contains("error.type=\"conflict\""), "{text}");
    assert!(!text.contains("ada@") && !text.contains("Ada"), "{text}");
}
