//! Facts that concern every trigger.

use std::time::Duration;

use anyport_conformance::hosts::azure_functions::{Answer, Outcome, QueueMessage};
use anyport_runtimes::azure_functions::AzureFunctionsSettings;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::site::{Setup, Site};
use crate::workload::{Calls, text, workload};

const QUEUE: &str = "test-jobs-work";

/// Sends an event as it stands, and reads the answer: status and body.
pub(crate) async fn post(site: &Site, function: &str, body: &[u8]) -> (u16, Value) {
    let mut stream = TcpStream::connect(site.address).await.unwrap();
    let head = format!(
        "POST /{function} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {}\r\n\
         x-azure-functions-invocationid: 5e0f1e9a-ffff-4000-8000-000000000001\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")),
    )
}

/// Facts 8, 9: the envelope in chunks, without a length, payloads as texts within texts.
#[tokio::test]
async fn fact_9_payloads_are_read_however_often_they_are_wrapped() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let event = text("fine");
    assert!(site.host.queue_message(&QueueMessage::new(QUEUE, event.clone())).await.unwrap().is_success());
    let once = json!(event);
    let twice = json!(once.to_string());
    for data in [serde_json::from_str::<Value>(&event).unwrap(), once, twice] {
        let invocation = json!({ "Data": { "message": data }, "Metadata": {} }).to_string();
        assert_eq!(post(&site, "work", invocation.as_bytes()).await, (200, json!({})));
    }
    assert_eq!(calls.all(), ["work fine 1"; 4]);
}

/// Facts 13, 14: the answer is JSON, and never nothing.
#[tokio::test]
async fn fact_14_every_answer_is_an_object_whatever_came() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let outcome = site.host.queue_message(&QueueMessage::new(QUEUE, text("fine"))).await.unwrap();
    assert_eq!(outcome, Outcome::Succeeded(Answer::default()));
    for function in ["work", "nightly", "import", "thing"] {
        for garbage in [&b""[..], b"null", b"{", b"[]", b"{}", b"\"text\"", b"\xff\xfe", b"{\"Data\":{}}"] {
            let (status, answer) = post(&site, function, garbage).await;
            assert_eq!(status, 400, "{function}: {answer}");
            assert_eq!(answer["errorType"], "Anyport.MalformedInvocation", "{function}: {garbage:?}");
        }
    }
    assert_eq!(site.host.notices(), []);
    assert_eq!(calls.all().len(), 1);
}

/// Fact 13: any status but a 2xx is a failure, and redirects would be followed.
#[tokio::test]
async fn fact_13_what_failed_is_told_by_its_status() {
    let site = Site::new(&workload(&Calls::default())).await;
    for how in ["retry", "wrong", "panic", "never"] {
        let invocation = json!({ "Data": { "message": text(how) }, "Metadata": {} }).to_string();
        let (status, answer) = post(&site, "work", invocation.as_bytes()).await;
        assert_eq!((status, &answer["errorType"]), (500, &json!("Anyport.FunctionFailed")), "{how}");
        assert!(!answer["errorMessage"].as_str().unwrap().contains("as asked"), "{answer}");
    }
}

/// Fact 11: what a retry policy says beside the payload changes nothing.
#[tokio::test]
async fn fact_11_the_hosts_own_words_are_passed_over() {
    let calls = Calls::default();
    let site = Site::new(&workload(&calls)).await;
    let sys = json!({ "MethodName": "other", "UtcNow": "2026-01-01T00:00:01.1Z", "RandGuid": "2222" });
    let retry = json!({ "RetryCount": 2, "MaxRetryCount": 3, "Exception": { "Message": "x" } });
    let invocation = json!({ "Data": { "message": text("fine") }, "Metadata": { "sys": sys, "RetryContext": retry } });
    assert_eq!(post(&site, "work", invocation.to_string().as_bytes()).await.0, 200);
    assert_eq!(calls.all(), ["work fine 1"]);
}

/// Fact 20: an event may take as long as `functionTimeout`, less a margin to say so.
#[tokio::test]
async fn fact_20_an_event_is_answered_before_the_hosts_timeout() {
    let limits = anyport_runtimes::Limits { timeout: Duration::from_mins(1), ..anyport_runtimes::Limits::default() };
    let never = |_: anyport_runtimes::Tick| std::future::pending::<Result<(), anyport_ports::Error>>();
    let workload = anyport_runtimes::Workload::new("slow")
        .function(anyport_runtimes::Function::schedule("slow", "* * * * *", never).limits(limits));
    let settings =
        AzureFunctionsSettings { function_timeout: Duration::from_secs(1), ..AzureFunctionsSettings::default() };
    let setup = Setup { settings, host: json!({ "functionTimeout": "00:00:01" }), ..Setup::default() };
    let site = Site::with(&workload, setup).await;
    let outcome = site.host.timer("slow").await.unwrap();
    assert!(matches!(&outcome, Outcome::Failed(problem) if problem.contains("timeout")), "{outcome:?}");
    assert_eq!(site.host.notices(), []);
}

#[tokio::test]
async fn an_invocation_that_is_too_large_is_told() {
    let settings = AzureFunctionsSettings { max_event_bytes: 4096, ..AzureFunctionsSettings::default() };
    let site = Site::with(&workload(&Calls::default()), Setup { settings, ..Setup::default() }).await;
    let (status, answer) = post(&site, "work", &[b' '; 5000]).await;
    assert_eq!((status, &answer["errorType"]), (413, &json!("Anyport.UnreadInvocation")));
}
