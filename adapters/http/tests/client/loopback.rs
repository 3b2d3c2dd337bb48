//! The client against a service that misbehaves, over loopback.

use std::time::{Duration, Instant};

use anyport_conformance::services::{Act, Answer, MisbehavingService, Nobody};
use anyport_http::{HttpClient, HttpSettings, ServiceSettings};
use anyport_ports::outbound::{MAX_RESPONSE_BYTES, Method, Outbound as _};
use anyport_ports::{CallContext, ErrorKind};

use super::{PAYMENTS, get, millis, post, send, to_payments};

fn client_at(url: String) -> HttpClient {
    let mut payments = ServiceSettings::at(url);
    payments.pause = millis(1);
    payments.retries_per_second = 1000;
    HttpClient::new(&HttpSettings::default().service(PAYMENTS, payments)).unwrap()
}

async fn service() -> (MisbehavingService, HttpClient) {
    let service = MisbehavingService::start().await.unwrap();
    let client = client_at(service.url());
    (service, client)
}

/// What a service does that leaves it open whether it carried out the request.
fn losses() -> [Act; 5] {
    let half = Act::HalfBody(Answer::status(201).body("{\"id\":7}"));
    [Act::ResetUnread, Act::Reset, Act::Close, half, Act::Raw("SSH-2.0-OpenSSH_9.9\r\n".into())]
}

#[tokio::test]
async fn a_request_and_its_answer_arrive_whole() {
    let (service, client) = service().await;
    let body = vec![0xff_u8; 100_000];
    service.script([Answer::status(201).header("X-A", "b").header("x-a", "c").body(body.clone()).into()]);
    let call = CallContext::none().with_request_id("r1");
    let request = post().json(&vec![7; 50_000]).unwrap().idempotency_key("k");
    let response = client.send(&request, &call).await.unwrap();
    assert_eq!((response.status, response.header("x-a"), &*response.body), (201, Some("b"), &*body));
    let received = &service.received()[0];
    assert_eq!((received.method.as_str(), received.path.as_str()), ("POST", "/charges"));
    assert_eq!(received.body, request.body);
    assert_eq!(received.header("idempotency-key"), Some("\"k\""));
    assert_eq!((received.header("x-correlation-id"), received.header("x-request-id")), (Some("r1"), Some("r1")));
    assert!(received.header("user-agent").unwrap().starts_with("anyport/"));
}

#[tokio::test]
async fn a_lost_answer_is_told_apart_from_no_connection() {
    let (service, client) = service().await;
    for act in losses() {
        service.script([act.clone()]);
        let error = send(&client, &post()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{act:?}: {error:?}");
    }
    assert_eq!(service.received().len() + service.unread(), losses().len(), "none was sent again");

    let nobody = Nobody::reserve().unwrap();
    let error = send(&client_at(nobody.url()), &post()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
}

#[tokio::test]
async fn principle_b7_a_service_that_carries_out_what_it_does_not_answer_is_asked_again_with_the_key() {
    for act in losses() {
        let (service, client) = service().await;
        service.script([act.clone(), Answer::json(201, &"charged").into()]);
        let response = send(&client, &post().idempotency_key("order-7")).await.unwrap();
        assert_eq!(response.json::<String>().unwrap(), "charged", "{act:?}");
        let keys: Vec<_> =
            service.received().iter().map(|sent| sent.header("idempotency-key").unwrap().to_owned()).collect();
        assert_eq!(keys.len() + service.unread(), 2, "{act:?}");
        assert!(keys.iter().all(|key| key == "\"order-7\""), "{keys:?}");
    }
}

#[tokio::test]
async fn principle_b7_no_misbehaviour_outlasts_the_deadline() {
    let late = Act::from(Answer::status(200)).after(Duration::from_mins(1));
    for act in [Act::Hang, Act::Stall(Answer::status(200).body("{\"id\":7}")), late] {
        let (service, client) = service().await;
        service.otherwise(move |_| act.clone());
        let started = Instant::now();
        let call = CallContext::none().with_deadline(started + millis(200));
        let error = client.send(&post().idempotency_key("k"), &call).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error:?}");
        // What a busy machine takes on top is not the client's.
        assert!((millis(200)..Duration::from_secs(5)).contains(&started.elapsed()), "it took {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_response_is_bounded_whether_announced_or_not() {
    let (service, client) = service().await;
    let most = vec![b'x'; MAX_RESPONSE_BYTES];
    service.script([
        Act::Flood(MAX_RESPONSE_BYTES),
        Act::Flood(MAX_RESPONSE_BYTES + 1),
        Answer::status(200).body([&*most, b"x"].concat()).into(),
        Answer::status(200).header("content-length", "99999999").into(),
    ]);
    assert_eq!(send(&client, &get()).await.unwrap().body, most);
    for _ in 0..2 {
        let error = send(&client, &get()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error:?}");
    }
    // What a HEAD announces does not come.
    assert_eq!(send(&client, &to_payments(Method::Head, "/x")).await.unwrap().status, 200);
    assert_eq!(service.received().len(), 4, "what is too large is not asked for again");
}

#[tokio::test]
async fn redirects_are_answers() {
    let (service, client) = service().await;
    service.script([Answer::status(307).header("location", "http://127.0.0.1:1/").into()]);
    assert_eq!(send(&client, &get()).await.unwrap().status, 307);
}

#[tokio::test]
async fn no_error_shows_a_query() {
    let nobody = Nobody::reserve().unwrap();
    let (service, client) = service().await;
    service.otherwise(|_| Act::Reset);
    for client in [client, client_at(nobody.url())] {
        let error = send(&client, &to_payments(Method::Post, "/x?key=s3cret")).await.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap();
        let shown = format!("{error} {error:?} {cause} {cause:?} {:?}", cause.source());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}
