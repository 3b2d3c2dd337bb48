//! Where a call stands in its trace: as headers tell, and as what it came of tells.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyport_conformance::hosts::cloud_run::{Published, path};
use anyport_conformance::hosts::gateway::HttpCall;
use anyport_ports::Error;
use anyport_ports::handles::{Publish, Subscriber as _};
use anyport_ports::messages::{Messages as _, Receive};
use anyport_runtimes::logs::JsonLines;
use anyport_runtimes::{Function, Method, NoContent, Workload};
use serde_json::Value;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::site::{Site, work};
use crate::workload::{Calls, Job, Jobs, Work, text, workload};

const TRACE: &str = "5759e988bd862e3fe1be46a994272793";
const W3C: (&str, &str) = ("traceparent", "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
const GOOGLE: (&str, &str) = ("x-cloud-trace-context", "00000000000000000000000000000003/3;o=1");

/// What this thread logs, until the guard is dropped.
struct Log {
    lines: Arc<Mutex<Vec<Value>>>,
    _guard: DefaultGuard,
}

impl Log {
    fn begin() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let layer = JsonLines::new(move |line: &str| kept.lock().unwrap().push(serde_json::from_str(line).unwrap()));
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
        Self { lines, _guard: guard }
    }

    /// The last line of this message.
    fn last(&self, message: &str) -> Value {
        let lines = self.lines.lock().unwrap();
        lines
            .iter()
            .rev()
            .find(|line| line["message"] == message)
            .cloned()
            .unwrap_or_else(|| panic!("no {message}: {lines:?}"))
    }
}

fn headers(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn place(jobs: Publish<Jobs>) -> Result<NoContent, Error> {
    jobs.publish(&Job { how: "fine".to_owned() }).await?;
    Ok(NoContent)
}

fn placing(calls: &Calls) -> Workload {
    workload(calls).function(Function::http("place", Method::POST, "/place", place))
}

/// Fact 4.
#[tokio::test]
async fn the_trace_of_the_request_is_that_of_the_call_and_the_standard_goes_first() {
    let log = Log::begin();
    let site = Site::new(placing(&Calls::default())).await;
    for (sent, trace) in [(vec![GOOGLE, W3C], TRACE), (vec![GOOGLE], "00000000000000000000000000000003")] {
        let call = HttpCall {
            method: "POST".to_owned(),
            target: "/place".to_owned(),
            headers: headers(&sent),
            body: Vec::new(),
        };
        assert_eq!(site.service.http(&call).await.status, 204);
        let served = log.last("served");
        assert_eq!((&served["trace_id"], &served["trace_sampled"]), (&trace.into(), &true.into()), "{sent:?}");
        assert_eq!(served["span_id"].as_str().unwrap().len(), 16);

        let pushed = site.service.push(&path("work"), headers(&sent), text("fine").into()).await;
        assert_eq!(pushed.status(), 204);
        for message in ["done", "pushed"] {
            assert_eq!(log.last(message)["trace_id"], trace, "{message} {sent:?}");
        }
        assert_eq!(log.last("done")["request_id"], log.last("pushed")["request_id"]);
    }
}

#[tokio::test]
async fn principle_p4_a_message_goes_on_with_the_trace_and_correlation_of_its_request_on_cloud_run() {
    let log = Log::begin();
    let site = Site::new(placing(&Calls::default())).await;
    let sent = headers(&[W3C, ("x-correlation-id", "story-1")]);
    let call = HttpCall { method: "POST".to_owned(), target: "/place".to_owned(), headers: sent, body: Vec::new() };
    assert_eq!(site.service.http(&call).await.status, 204);
    let receive = Receive::new(1, Duration::from_mins(1)).unwrap();
    let delivery = site.handle().receive(&Work::subscription(), receive).await.unwrap().pop().unwrap();
    let published = Published::new(delivery.message.to_cloud_event());
    assert!(work().push(&site.service, &published, 1).await.is_acknowledged());
    let lines = ["served", "done"].map(|message| log.last(message));
    let all = |key: &str| lines.iter().map(|line| line[key].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(all("correlation_id"), BTreeSet::from(["story-1".to_owned()]));
    assert_eq!(all("trace_id"), BTreeSet::from([TRACE.to_owned()]), "whatever headers the push has");
    assert_eq!(all("request_id").len(), 2);
    assert_eq!(all("function"), BTreeSet::from(["place".to_owned(), "work".to_owned()]));
}
