//! Stopping: what is in flight is ended, nothing new is begun.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::Error;
use anyport_runtimes::{Function, Method, NoContent, Workload};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::client::{eventually, get};
use crate::site::Site;

/// A function that says when it was called, and ends when it is let.
fn held(called: &Arc<Notify>, let_go: &Arc<Notify>) -> Workload {
    let (called, let_go) = (Arc::clone(called), Arc::clone(let_go));
    let held = move || {
        let (called, let_go) = (Arc::clone(&called), Arc::clone(&let_go));
        async move {
            called.notify_one();
            let_go.notified().await;
            Ok::<_, Error>(NoContent)
        }
    };
    Workload::new("held").function(Function::http("held", Method::GET, "/held", held))
}

#[tokio::test]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let (called, let_go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let server = Site::new().start(held(&called, &let_go)).await;
    let at = server.address();
    assert_eq!((get(at, "/healthz").await.status, get(at, "/readyz").await.status), (200, 200));

    let in_flight = tokio::spawn(async move { get(at, "/held").await });
    called.notified().await;
    let stopping = tokio::spawn(server.shutdown());
    eventually("no connection is taken any more", async || TcpStream::connect(at).await.err()).await;
    assert!(!stopping.is_finished() && !in_flight.is_finished());
    let_go.notify_one();
    assert_eq!(in_flight.await.unwrap().status, 204);
    stopping.await.unwrap();
}

#[tokio::test]
async fn what_is_in_flight_longer_than_the_grace_is_cut_off() {
    let (called, let_go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let mut site = Site::new();
    site.settings.grace = Duration::from_millis(50);
    let server = site.start(held(&called, &let_go)).await;
    let at = server.address();
    let mut stream = TcpStream::connect(at).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET /held HTTP/1.1\r\nhost: t\r\n\r\n").await.unwrap();
    called.notified().await;
    tokio::time::timeout(Duration::from_secs(10), server.shutdown()).await.unwrap();
    let mut answer = Vec::new();
    // Reset or closed: either way there is no answer.
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
    assert!(answer.is_empty());
}
