//! The layers themselves: their order, the same everywhere; and that what they do is no business of handlers.

use std::io;
use std::sync::{Arc, Mutex};

use anyport_memory::MemoryStore;
use anyport_ports::{Error, ErrorKind};
use anyport_runtimes::http::{HttpOptions, HttpService};
use anyport_runtimes::testing::Client;
use anyport_runtimes::{Deadline, Fault, Function, Method, NoContent, Surroundings, SystemClock, Workload};
use tracing_subscriber::fmt::MakeWriter;

use super::shop::{Effects, Shop, delivery, ports, workload};
use crate::notes;

const ORDER: [&str; 9] = [
    "error boundary",
    "request context",
    "telemetry",
    "deadline",
    "limits",
    "authentication",
    "validation",
    "idempotency",
    "handler",
];

fn store() -> MemoryStore {
    MemoryStore::new(Arc::new(SystemClock))
}

#[tokio::test]
async fn principle_o_the_layers_stand_in_their_order_around_every_kind_of_function() {
    let shop = Shop::new().await;
    assert_eq!(shop.events.subscriptions[0].1.layers(), ORDER);
    assert_eq!(shop.events.schedules[0].1.layers(), ORDER);
    let service = HttpService::new(
        &workload(&Effects::default()),
        ports(&store()),
        &Surroundings::none(),
        HttpOptions::default(),
    );
    assert_eq!(service.unwrap().layers().values().map(|order| &**order).collect::<Vec<_>>(), [ORDER]);
}

#[test]
fn principle_b4_every_route_is_a_unit_with_the_same_layers() {
    let workload = notes::workload();
    let service = HttpService::new(&workload, ports(&store()), &Surroundings::none(), HttpOptions::default()).unwrap();
    let layers = service.layers();
    assert_eq!(layers.len(), workload.functions().len());
    assert!(layers.values().all(|order| **order == ORDER), "{layers:?}");
    assert_eq!(workload.manifest().functions.len(), workload.functions().len(), "one unit a route");
}

/// A sink of log lines.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

async fn tells() -> Result<NoContent, Error> {
    tracing::info!("told by the handler");
    Ok(NoContent)
}

#[tokio::test]
async fn principle_o_the_logger_is_swapped_and_no_handler_knows() {
    let workload = Workload::new("logging").function(Function::http("tells", Method::GET, "/", tells));
    let client = Client::of(&workload, ports(&store())).unwrap();
    let (json, text) = (Sink::default(), Sink::default());
    let as_json = tracing_subscriber::fmt().json().with_writer(json.clone()).finish();
    let as_text = tracing_subscriber::fmt().with_ansi(false).with_writer(text.clone()).finish();
    let mut statuses = Vec::new();
    {
        let _json = tracing::subscriber::set_default(as_json);
        statuses.push(client.get("/").await.status);
    }
    {
        let _text = tracing::subscriber::set_default(as_text);
        statuses.push(client.get("/").await.status);
    }
    assert_eq!(statuses, [204, 204]);
    for (lines, form) in [(json.text(), "{"), (text.text(), "20")] {
        let told = lines.lines().find(|line| line.contains("told by the handler")).expect(&lines);
        assert!(told.starts_with(form) && told.contains("request_id") && told.contains("tells"), "{told}");
    }
}

#[tokio::test]
async fn principle_i_a_wrong_event_is_a_typed_decode_error() {
    let shop = Shop::new().await;
    let (_, work) = &shop.events.subscriptions[0];
    for wrong in ["", "[1]", "null", r#"{"other":1}"#, r#"{"item":5}"#, "\u{0}"] {
        let Fault { kind, code, .. } = work.invoke(delivery("m", wrong, 1), Deadline::NONE).await.unwrap_err();
        assert_eq!((kind, code), (ErrorKind::InvalidInput, "invalid_event"), "{wrong:?}");
    }
    assert!(shop.effects.all().is_empty());
}
