//! What is refused at start, rather than found out by who pushes.

use std::sync::Arc;
use std::time::Duration;

use anyport_conformance::hosts::cloud_run::Google;
use anyport_conformance::hosts::gateway::HttpCall;
use anyport_memory::MemoryStore;
use anyport_ports::{Clock, Error};
use anyport_runtimes::cloud_run::{CloudRunError, CloudRunSettings, start};
use anyport_runtimes::settings::Sources;
use anyport_runtimes::{Function, Json, Method, Surroundings, SystemClock, Workload};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::notes;
use crate::site::{Plan, Site, decode, ports, settings_of};
use crate::workload::{Calls, workload};

async fn refused(workload: Workload, settings: CloudRunSettings, surroundings: Surroundings) -> Option<CloudRunError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = MemoryStore::new(Arc::clone(&clock));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    start(listener, workload, ports(&store, &clock), surroundings, settings).await.err()
}

#[tokio::test]
async fn principle_p5_everything_wrong_is_told_at_once() {
    let decoding = || Surroundings::none().decoding_changes(decode);
    let google = Google::start().await.unwrap();
    let told = async |more: Value| {
        let settings = settings_of(&google, &more);
        refused(workload(&Calls::default()), settings, decoding())
            .await
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    assert_eq!(told(json!({})).await, "");
    let none =
        told(json!({ "push": { "audience": [], "service_accounts": null }, "grace": "10s", "prefix": "-" })).await;
    for problem in ["push.audience is missing", "push.service_accounts is missing", "grace is 10s", "prefix: "] {
        assert!(none.contains(problem), "{problem:?} is not in {none}");
    }
    assert!(told(json!({ "push": { "audience": [""] } })).await.contains("push.audience is missing"));
    assert!(told(json!({ "push": { "jwks": { "keys": [] } } })).await.contains("push: jwks: "));
    assert!(
        told(json!({ "push": { "jwks": null, "jwks_uri": "http://idp.example/k" } }))
            .await
            .contains("is not an https URL")
    );
    assert!(told(json!({ "request_timeout": "2h" })).await.contains("request_timeout is 2h"));
    let undecoded = refused(workload(&Calls::default()), settings_of(&google, &json!({})), Surroundings::none()).await;
    let undecoded = undecoded.unwrap().to_string();
    assert!(undecoded.contains("thing: ") && undecoded.contains("decoder"), "{undecoded}");
}

#[tokio::test]
async fn a_workload_of_requests_alone_needs_nobody_who_pushes() {
    let settings = CloudRunSettings { bind: "127.0.0.1".parse().unwrap(), ..CloudRunSettings::default() };
    assert!(refused(notes::workload(), settings, Surroundings::none()).await.is_none());
}

#[tokio::test]
async fn principle_b10_a_function_is_stopped_before_cloud_run_gives_up_on_the_request() {
    let stuck = || async { std::future::pending::<Result<Json<u8>, Error>>().await };
    let workload = Workload::new("stuck").function(Function::http("stuck", Method::GET, "/stuck", stuck));
    let plan = Plan { settings: json!({ "request_timeout": "500ms" }), ..Plan::default() };
    let site = Site::planned(workload, plan).await;
    let begun = std::time::Instant::now();
    let call = HttpCall { method: "GET".to_owned(), target: "/stuck".to_owned(), ..HttpCall::default() };
    assert_eq!(site.service.http(&call).await.status, 504);
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

#[test]
fn settings_come_from_the_environment() {
    #[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
    struct Settings {
        cloud_run: CloudRunSettings,
    }
    let sources = Sources::default()
        .variable("ANYPORT_CLOUD_RUN__BIND", "127.0.0.1")
        .variable("ANYPORT_CLOUD_RUN__GRACE", "5s")
        .variable("ANYPORT_CLOUD_RUN__SETTLEMENT", "gcp_adapter")
        .variable("ANYPORT_CLOUD_RUN__PUSH__VERIFIED_BY", "platform")
        .variable("ANYPORT_CLOUD_RUN__PUSH__AUDIENCE", r#"["a"]"#)
        .variable("ANYPORT_CLOUD_RUN__PUSH__SERVICE_ACCOUNTS", r#"["b"]"#)
        .variable("ANYPORT_CLOUD_RUN__PUSH__JWKS_URI", "http://127.0.0.1:1/keys");
    let settings: Settings = sources.load(&Settings::default()).unwrap();
    let run = settings.cloud_run;
    assert_eq!((run.bind.to_string().as_str(), run.grace.as_secs()), ("127.0.0.1", 5));
    assert_eq!((run.push.audience, run.push.service_accounts), (vec!["a".to_owned()], vec!["b".to_owned()]));
    let wrong =
        Sources::default().variable("ANYPORT_CLOUD_RUN__BIND", "everywhere").variable("ANYPORT_CLOUD_RUN__X", "1");
    let wrong = wrong.load::<Settings>(&Settings::default()).unwrap_err().to_string();
    assert!(wrong.contains("cloud_run.bind") && wrong.contains("cloud_run.x"), "{wrong}");
}
