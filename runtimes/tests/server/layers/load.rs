//! More requests than there is room for, and a store that is slow.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use anyport_memory::MemoryStore;
use anyport_ports::documents::{Condition, Scan as _, ScanQuery, Segment};
use anyport_ports::handles::{Collection as _, Writer};
use anyport_ports::resources::Provision as _;
use anyport_ports::{Error, Result};
use anyport_runtimes::http::{HttpOptions, HttpService};
use anyport_runtimes::{Body, Function, Limits, Method, NoContent, Path, Surroundings, SystemClock, Workload};
use bytes::Bytes;
use http::Request;
use http_body::Frame;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

use super::shop::ports;
use crate::client::{eventually, send};
use crate::notes::{Note, Notes};
use crate::site::Site;

const ROOM: usize = 50;
const BODY: usize = 64 * 1024;

/// How much there is at once, and the most there ever was.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    fn hold(self: &Arc<Self>, amount: usize) -> Held {
        let now = self.now.fetch_add(amount, Ordering::Relaxed) + amount;
        self.most.fetch_max(now, Ordering::Relaxed);
        Held(Arc::clone(self), amount)
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

struct Held(Arc<Gauge>, usize);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.now.fetch_sub(self.1, Ordering::Relaxed);
    }
}

/// A chunk of a body, counted for as long as anyone has it.
struct Chunk {
    bytes: Vec<u8>,
    _held: Held,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A body that comes in one chunk, made when it is asked for.
struct Counted(Arc<Gauge>, bool);

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Self::Error>>> {
        if std::mem::replace(&mut self.1, true) {
            return Poll::Ready(None);
        }
        let chunk = Chunk { bytes: vec![b'x'; BODY], _held: self.0.hold(BODY) };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(chunk)))))
    }
}

/// Writes a note to a store that takes its time, once it is let.
fn workload(running: &Arc<Gauge>, held: &Arc<Gauge>, gate: &Arc<Semaphore>) -> Workload {
    let (running, held, gate) = (Arc::clone(running), Arc::clone(held), Arc::clone(gate));
    let slow = move |Path(id): Path<String>, body: Body, notes: Writer<Notes>| {
        let (here, gate) = ((running.hold(1), held.hold(body.bytes.len())), Arc::clone(&gate));
        async move {
            let _let_through = gate.acquire().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let note = Note { id, text: String::new(), stars: u32::try_from(body.bytes.len()).unwrap() };
            notes.put(&note, Condition::Absent).await?;
            drop(here);
            Ok::<_, Error>(NoContent)
        }
    };
    let limits = Limits { concurrency: u32::try_from(ROOM).unwrap(), ..Limits::default() };
    Workload::new("slow").function(Function::http("slow", Method::PUT, "/slow/{id}", slow).limits(limits))
}

async fn written(memory: &anyport_memory::Memory) -> Result<usize> {
    let (mut count, mut cursor) = (0, None);
    loop {
        let scan = ScanQuery::segment(Segment::new(0, 1)?).after(cursor.as_ref())?;
        let page = memory.scan(&Notes::NAME, &scan).await?;
        count += page.documents.len();
        cursor = page.next;
        if cursor.is_none() {
            return Ok(count);
        }
    }
}

#[tokio::test]
async fn a_thousand_requests_at_once_are_served_within_bounds_or_shed() {
    let (running, held) = (Arc::<Gauge>::default(), Arc::<Gauge>::default());
    let workload = workload(&running, &held, &Arc::new(Semaphore::new(ROOM)));
    let store = MemoryStore::new(Arc::new(SystemClock));
    store.handle().provision(&workload.resources()).await.unwrap();
    let service = HttpService::new(&workload, ports(&store), &Surroundings::none(), HttpOptions::default()).unwrap();
    let requests = (0..1_000).map(|n| {
        let request = Request::put(format!("/slow/{n}")).body(Counted(Arc::clone(&held), false)).unwrap();
        tokio::spawn(service.clone().oneshot(request))
    });
    let (mut served, mut shed) = (0, 0);
    for answer in requests.collect::<Vec<_>>() {
        let answer = answer.await.unwrap().unwrap();
        match answer.status().as_u16() {
            204 => served += 1,
            503 => {
                assert!(answer.headers().contains_key("retry-after"));
                shed += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(served + shed, 1_000, "none is lost, and none waits for ever");
    assert!(served >= ROOM, "{served}");
    assert!(running.most() <= ROOM, "{} ran at once", running.most());
    // Each that runs holds its body, and one more chunk may be on its way through.
    assert!(held.most() <= (ROOM + 1) * BODY, "{} bytes were held at once", held.most());
    assert_eq!(written(&store.handle()).await.unwrap(), served, "what was told to be done was done");
    assert_eq!((running.now.load(Ordering::Relaxed), held.now.load(Ordering::Relaxed)), (0, 0));
}

#[tokio::test]
async fn a_drain_answers_all_that_was_accepted() {
    let (running, held) = (Arc::<Gauge>::default(), Arc::<Gauge>::default());
    let site = Site::new();
    let gate = Arc::new(Semaphore::new(0));
    let server = site.start(workload(&running, &held, &gate)).await;
    let at = server.address();
    let asked: Vec<_> = (0..ROOM)
        .map(|n| tokio::spawn(async move { send(at, &format!("PUT /slow/{n}"), &[], "body").await }))
        .collect();
    eventually("all are running", async || (running.most() == ROOM).then_some(())).await;
    let stopping = tokio::spawn(server.shutdown());
    eventually("no connection is taken any more", async || TcpStream::connect(at).await.err()).await;
    assert!(!stopping.is_finished());
    gate.add_permits(ROOM);
    stopping.await.unwrap();
    for answer in asked {
        assert_eq!(answer.await.unwrap().status, 204);
    }
    assert_eq!(written(&site.handle()).await.unwrap(), ROOM);
}
