//! What is sent, where to, and what is refused.

use anyport_ports::outbound::{Method, Outbound as _, Request, Target};
use anyport_ports::{CallContext, ErrorKind, ServiceName};

use super::{PAYMENTS, get, post, scripted, send, to_payments};

const TRACE: &str = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";

#[tokio::test]
async fn a_request_is_sent_as_it_is_with_what_travels_with_the_call() {
    let (client, network) = scripted(|_| {});
    let call = CallContext::none().with_request_id("r2").with_correlation_id("r1").with_traceparent(TRACE);
    let request = to_payments(Method::Put, "/charges/a%2Fb?x=1&y=%20").header("Accept", "a/b").header("accept", "c/d");
    client.send(&request.json(&1).unwrap(), &call).await.unwrap();
    let sent = network.last();
    assert_eq!((sent.method.as_str(), &*sent.body), ("PUT", b"1".as_slice()));
    assert_eq!(sent.url.as_str(), "http://payments.internal/v1/charges/a%2Fb?x=1&y=%20");
    let mut headers: Vec<_> =
        sent.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.sort();
    let trace = format!("traceparent: {TRACE}");
    let expected = [
        "accept: a/b",
        "accept: c/d",
        "content-type: application/json",
        &trace,
        "x-correlation-id: r1",
        "x-request-id: r2",
    ];
    assert_eq!(headers, expected);
}

#[tokio::test]
async fn without_a_call_nothing_is_added() {
    let (client, network) = scripted(|_| {});
    send(&client, &get()).await.unwrap();
    assert!(network.last().headers.is_empty());
}

#[tokio::test]
async fn what_the_caller_says_of_the_trace_stays() {
    let (client, network) = scripted(|_| {});
    let call = CallContext::none().with_request_id("r1");
    client.send(&get().header("x-request-id", "mine"), &call).await.unwrap();
    assert_eq!(network.header("x-request-id"), [Some("mine".to_owned())]);
}

#[tokio::test]
async fn nothing_leaves_the_service_that_was_set() {
    let (client, network) = scripted(|_| {});
    for path in ["charges", "", "@evil.example/", ":80/", "/../admin", "/a/../../admin", "/%2e%2e/admin", "\\..\\x"] {
        let error = send(&client, &to_payments(Method::Get, path)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path}: {error}");
    }
    for path in ["//evil.example/", "/\\evil.example/", "/a/../b", "/?", "/"] {
        send(&client, &to_payments(Method::Get, path)).await.unwrap();
        let url = network.last().url;
        assert_eq!((url.host_str(), url.path().get(..4)), (Some("payments.internal"), Some("/v1/")), "{path}: {url}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_shows_no_secret() {
    let (client, network) = scripted(|_| {});
    let url = |url: &str| Request::new(Method::Get, Target::Url(url.to_owned()));
    let unknown =
        Request::new(Method::Get, Target::Service(ServiceName::from_static("mails"), "/x?k=s3cret".to_owned()));
    let refused = [
        (unknown, "http.services.mails"),
        (url("https://u:s3cret@other.example/x"), "credentials"),
        (url("ftp://other.example/s3cret"), "neither http nor https"),
        (url("/s3cret"), "cannot be read"),
        (post().header("x-a", "s3cret\n"), "x-a"),
        (post().header("x a", "s3cret"), "x a"),
        (post().header("Host", "s3cret"), "Host"),
        (post().header("Idempotency-Key", "s3cret"), "Request::idempotency_key"),
        (post().idempotency_key(""), "1 to 255"),
        (post().idempotency_key("s3cret\u{e9}"), "1 to 255"),
        (post().idempotency_key("k".repeat(256)), "1 to 255"),
    ];
    for (request, says) in refused {
        let error = send(&client, &request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let shown = format!("{error:?} {request:?}");
        assert!(error.to_string().contains(says), "{error} does not say {says:?}");
        let own_url = matches!(&request.target, Target::Url(_));
        assert!(!error.to_string().contains("s3cret") && (own_url || !shown.contains("s3cret")), "{shown}");
    }
    assert_eq!(network.attempts(), 0);
}

#[tokio::test]
async fn debug_shows_names_alone() {
    let (client, _) = scripted(|_| {});
    let shown = format!("{client:?}");
    assert!(shown.contains(PAYMENTS.as_str()) && !shown.contains("internal"), "{shown}");
}
