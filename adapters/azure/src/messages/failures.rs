//! What failures on the way are made into, in which order a message changes its queue, and how often is asked for it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyport_ports::messages::{
    Batch, Delay, Lease, MAX_MESSAGE_BYTES, Message, Messages as _, Outgoing, Receipt, Receive, Subscription,
};
use anyport_ports::{ErrorKind, Result, TopicName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::account::Account;
use super::names::Names;
use super::wire::Stored;
use super::{FOREIGN_MESSAGE, QueueMessages, QueueSettings, receipt};
use crate::double::{Asked, Double, Reply, nobody};

const ORDERS: TopicName = TopicName::from_static("orders");
const FULFIL: Subscription = Subscription::from_static(ORDERS, "fulfil");

/// The account's key of the tests, which no error may show: `the-account-key`.
const KEY: &str = "dGhlLWFjY291bnQta2V5";

fn messages_at(address: std::net::SocketAddr) -> QueueMessages {
    let settings = QueueSettings { prefix: String::new(), endpoint: Some(format!("http://{address}/shop")) };
    let account = Account::found(&settings, |name| (name == "AZURE_STORAGE_KEY").then(|| KEY.to_owned())).unwrap();
    QueueMessages::on(account, Names::new("").unwrap()).unwrap()
}

/// Queues of the topic `orders` with one subscription; what concerns messages is answered by `reply`.
async fn queues(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> (QueueMessages, Double) {
    let double = Double::start(move |asked| match asked.target.split_once('?') {
        Some((_, query)) if query.contains("comp=list") => listed(&["fulfil"]),
        Some((_, query)) if query.contains("comp=metadata") => {
            Reply::Answer(200, vec![("x-ms-meta-maxattempts", "3".to_owned())], String::new())
        }
        _ => reply(asked),
    });
    let double = double.await;
    (messages_at(double.address), double)
}

/// The methods of the requests that concern messages.
fn operations(double: &Double) -> Vec<String> {
    let of_messages = |asked: &Asked| asked.target.contains("/messages");
    double.asked().into_iter().filter(of_messages).map(|asked| asked.method).collect()
}

fn listed(subscriptions: &[&str]) -> Reply {
    let queues = |name: &&str| {
        format!(
            "<Queue><Name>orders-0{name}</Name><Metadata><maxattempts>3</maxattempts></Metadata></Queue>\
             <Queue><Name>orders-0{name}-0dead</Name></Queue>"
        )
    };
    let queues: Vec<String> = subscriptions.iter().map(queues).collect();
    let queues = format!("<Queue><Name>orders-0</Name></Queue>{}", queues.concat());
    let xml = format!(
        "<?xml version=\"1.0\"?><EnumerationResults><Queues>{queues}</Queues><NextMarker /></EnumerationResults>"
    );
    Reply::Answer(200, vec![], xml)
}

fn refusal(status: u16, code: &str) -> Reply {
    Reply::Answer(status, vec![("x-ms-error-code", code.to_owned())], String::new())
}

/// What is answered to a request that is done.
fn done(asked: &Asked) -> Reply {
    match asked.method.as_str() {
        "POST" => Reply::Answer(201, vec![], "<QueueMessagesList></QueueMessagesList>".to_owned()),
        "PUT" => Reply::Answer(204, vec![("x-ms-popreceipt", "second".to_owned())], String::new()),
        _ => Reply::Answer(204, vec![], String::new()),
    }
}

fn found(texts: &[String]) -> Reply {
    let message = |text: &String| {
        format!(
            "<QueueMessage><MessageId>m</MessageId><PopReceipt>first</PopReceipt><DequeueCount>1</DequeueCount>\
             <MessageText>{text}</MessageText></QueueMessage>"
        )
    };
    let messages: Vec<String> = texts.iter().map(message).collect();
    Reply::Answer(200, vec![], format!("<QueueMessagesList>{}</QueueMessagesList>", messages.concat()))
}

fn event() -> Message {
    Message::new("1", "test", "t").unwrap()
}

fn text() -> String {
    Stored { message: event(), reason: None }.text()
}

fn held() -> Receipt {
    receipt::receipt("m", "first", &text())
}

fn once() -> Receive {
    Receive::new(10, Duration::from_secs(30)).unwrap()
}

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

async fn ack(messages: &QueueMessages) -> Option<ErrorKind> {
    let results = messages.ack(&FULFIL, &Batch::one(held())).await.unwrap();
    results.into_iter().find_map(kind)
}

#[tokio::test]
async fn what_trying_again_cannot_help_is_asked_once_and_told_clearly() {
    for (status, code, kind, words) in [
        (403, "AuthenticationFailed", ErrorKind::Unauthenticated, "AZURE_STORAGE_KEY"),
        (403, "AuthorizationPermissionMismatch", ErrorKind::PermissionDenied, "assign it a role"),
        (404, "QueueNotFound", ErrorKind::NotFound, "provision it"),
    ] {
        let double = Double::start(move |_| refusal(status, code)).await;
        let error = messages_at(double.address).receive(&FULFIL, once()).await.unwrap_err();
        assert_eq!((error.kind(), double.asked().len()), (kind, 1), "{error:?}");
        let told = format!("{error} {error:?}");
        assert!(told.contains("messages.receive orders/fulfil") && told.contains(words), "{told}");
        assert!(!told.contains(KEY) && !told.contains("SharedKey"), "{told}");
    }
}

#[tokio::test]
async fn requests_are_signed_and_hold_no_key() {
    let (messages, double) = queues(done).await;
    messages.nack(&FULFIL, &held(), Delay::NONE).await.unwrap();
    let asked = &double.asked()[0];
    assert!(asked.head.contains("\r\nauthorization: sharedkey shop:"), "{}", asked.head);
    assert!(!asked.head.contains(&KEY.to_lowercase()) && !asked.target.contains("sig="), "{}", asked.head);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told_in_time() {
    let messages = messages_at(nobody().await);
    let started = Instant::now();
    let errors = [
        messages.publish(&ORDERS, &Batch::one(Outgoing::from(event()))).await.unwrap_err(),
        messages.receive(&FULFIL, once()).await.unwrap_err(),
        messages.dead_letter(&FULFIL, &held(), "why").await.unwrap_err(),
    ];
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains("the endpoint and the network"), "{error}");
    }
}

#[tokio::test]
async fn a_service_that_says_nothing_is_given_up_in_time() {
    let double = Double::start(|_| Reply::Silence).await;
    let messages = messages_at(double.address);
    let started = Instant::now();
    let receipt = held();
    let (published, received, nacked) = tokio::join!(
        async { messages.publish(&ORDERS, &Batch::one(Outgoing::from(event()))).await },
        async { messages.receive(&FULFIL, once()).await },
        async { messages.nack(&FULFIL, &receipt, Delay::NONE).await },
    );
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    // The first two ask for queues before they do anything.
    let kinds = (kind(published), kind(received), kind(nacked));
    assert_eq!(kinds, (Some(ErrorKind::Unavailable), Some(ErrorKind::Unavailable), Some(ErrorKind::Indeterminate)));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_three_times_and_then_in_doubt() {
    let (messages, double) = queues(|_| Reply::Hangup).await;
    let published = messages.publish(&ORDERS, &Batch::one(Outgoing::from(event()))).await.unwrap();
    assert_eq!(published.into_iter().map(kind).collect::<Vec<_>>(), [Some(ErrorKind::Indeterminate)]);
    assert_eq!(operations(&double), ["POST"; 3]);
}

#[tokio::test]
async fn a_message_that_only_some_subscriptions_got_is_in_doubt() {
    for (code, expected) in [("ServerBusy", Some(ErrorKind::Indeterminate)), ("QueueNotFound", None)] {
        let double = Double::start(move |asked| match asked.target.as_str() {
            target if target.contains("comp=list") => listed(&["fulfil", "report"]),
            target if target.contains("report/") => refusal(if expected.is_some() { 503 } else { 404 }, code),
            _ => done(asked),
        });
        let double = double.await;
        let messages = messages_at(double.address);
        let published = messages.publish(&ORDERS, &Batch::one(Outgoing::from(event()))).await.unwrap();
        assert_eq!(published.into_iter().map(kind).collect::<Vec<_>>(), [expected], "{code}");
        let letters = double.asked().into_iter().filter(|asked| asked.target.contains("-0dead/")).count();
        assert_eq!(letters, 0, "dead letters are no subscription");
    }
}

#[tokio::test]
async fn a_lease_that_was_extended_is_settled_by_the_receipt_of_its_delivery() {
    let (messages, double) = queues(done).await;
    messages.extend(&FULFIL, &held(), Lease::new(Duration::from_secs(30)).unwrap()).await.unwrap();
    assert_eq!(ack(&messages).await, None);
    let targets: Vec<String> = double.asked().into_iter().map(|asked| asked.target).collect();
    assert!(targets[0].contains("popreceipt=first") && targets[0].contains("visibilitytimeout=30"), "{targets:?}");
    assert!(targets[1].contains("popreceipt=second"), "{targets:?}");
}

#[tokio::test]
async fn an_acknowledgement_under_a_receipt_that_was_lost_is_in_doubt() {
    let lost = AtomicUsize::new(0);
    let (messages, _) = queues(move |asked| match asked.method.as_str() {
        "PUT" if lost.fetch_add(1, Ordering::SeqCst) == 0 => Reply::Hangup,
        _ => refusal(400, "PopReceiptMismatch"),
    })
    .await;
    let lease = Lease::new(Duration::from_secs(30)).unwrap();
    assert_eq!(kind(messages.extend(&FULFIL, &held(), lease).await), Some(ErrorKind::Indeterminate));
    assert_eq!(ack(&messages).await, Some(ErrorKind::Indeterminate));
}

#[tokio::test]
async fn a_stale_receipt_settles_nothing_in_silence() {
    for (status, code) in [(400, "PopReceiptMismatch"), (404, "MessageNotFound")] {
        let (messages, double) = queues(move |_| refusal(status, code)).await;
        assert_eq!(ack(&messages).await, None);
        assert_eq!(kind(messages.nack(&FULFIL, &held(), Delay::NONE).await), None);
        assert_eq!(kind(messages.dead_letter(&FULFIL, &held(), "why").await), None);
        assert_eq!(operations(&double), ["DELETE", "PUT", "PUT"], "no letter is written");
    }
}

#[tokio::test]
async fn a_delivery_given_back_by_a_lost_answer_is_given_back() {
    let lost = AtomicUsize::new(0);
    let (messages, _) = queues(move |_| match lost.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Hangup,
        _ => refusal(400, "PopReceiptMismatch"),
    })
    .await;
    assert_eq!(kind(messages.nack(&FULFIL, &held(), Delay::NONE).await), None);
}

#[tokio::test]
async fn a_dead_letter_is_held_written_and_only_then_deleted() {
    let (messages, double) = queues(done).await;
    messages.dead_letter(&FULFIL, &held(), "why").await.unwrap();
    assert_eq!(operations(&double), ["PUT", "POST", "DELETE"]);
    let asked = double.asked();
    assert!(asked[0].target.starts_with("/shop/orders-0fulfil/messages/m?"), "{}", asked[0].target);
    assert!(asked[1].target.starts_with("/shop/orders-0fulfil-0dead/messages?"), "{}", asked[1].target);
    assert!(asked[1].target.contains("messagettl=-1"), "{}", asked[1].target);
    let letter = Stored { message: event(), reason: Some("why".to_owned()) };
    assert!(asked[1].body.contains(&letter.text()), "{}", asked[1].body);
    assert!(asked[2].target.contains("popreceipt=second"), "{}", asked[2].target);
}

#[tokio::test]
async fn a_dead_letter_that_is_written_is_not_said_to_be_undone() {
    let (messages, _) = queues(|asked| match asked.method.as_str() {
        "DELETE" => refusal(503, "ServerBusy"),
        _ => done(asked),
    })
    .await;
    assert_eq!(kind(messages.dead_letter(&FULFIL, &held(), "why").await), Some(ErrorKind::Indeterminate));
}

#[tokio::test]
async fn a_receipt_without_the_message_settles_it_but_cannot_give_it_up() {
    let (messages, double) = queues(done).await;
    let bare = Receipt::new("m\nfirst");
    messages.nack(&FULFIL, &bare, Delay::NONE).await.unwrap();
    assert_eq!(kind(messages.dead_letter(&FULFIL, &bare, "why").await), Some(ErrorKind::Internal));
    assert_eq!(double.methods(), ["PUT"]);
}

#[tokio::test]
async fn what_cannot_be_delivered_goes_to_the_dead_letters_and_holds_up_nothing() {
    let (messages, double) = queues(|asked| match asked.method.as_str() {
        "GET" => found(&[BASE64.encode("x".repeat(MAX_MESSAGE_BYTES)), "hello!".to_owned(), text()]),
        _ => done(asked),
    })
    .await;
    let deliveries = messages.receive(&FULFIL, once()).await.unwrap();
    let kinds: Vec<&str> = deliveries.iter().map(|delivery| delivery.message.kind()).collect();
    assert_eq!(kinds, [FOREIGN_MESSAGE, "t"]);
    assert_eq!(operations(&double), ["GET", "PUT", "POST", "DELETE"]);
}

#[tokio::test]
async fn who_waits_asks_again_and_no_longer_than_told() {
    let (messages, double) = queues(|_| found(&[])).await;
    let started = Instant::now();
    assert!(messages.receive(&FULFIL, once().waiting(Duration::from_secs(1))).await.unwrap().is_empty());
    let waited = started.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_secs(5)).contains(&waited), "{waited:?}");
    let asked = operations(&double).len();
    assert!((3..=5).contains(&asked), "asked {asked} times: after 0, 100, 300, 700 and 1,000 ms");
}

#[tokio::test]
async fn letters_that_were_put_back_are_counted_and_the_others_let_go() {
    let (rounds, sent) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let letter = Stored { message: event(), reason: Some("why".to_owned()) }.text();
    let (messages, double) = queues(move |asked| match asked.method.as_str() {
        "GET" if rounds.fetch_add(1, Ordering::SeqCst) == 0 => found(&[letter.clone(), letter.clone()]),
        "GET" => found(&[]),
        "POST" if sent.fetch_add(1, Ordering::SeqCst) == 0 => refusal(403, "AuthorizationFailure"),
        _ => done(asked),
    })
    .await;
    assert_eq!(messages.redrive(&FULFIL, 10).await.unwrap(), 1);
    let mut operations = operations(&double);
    operations.sort();
    assert_eq!(operations, ["DELETE", "GET", "POST", "POST", "PUT"]);
    let asked = double.asked();
    let freed = asked.iter().find(|asked| asked.method == "PUT").unwrap();
    assert!(
        freed.target.contains("orders-0fulfil-0dead/") && freed.target.contains("visibilitytimeout=0"),
        "{freed:?}"
    );
    let back = asked.iter().find(|asked| asked.method == "POST").unwrap();
    assert!(back.body.contains(&text()), "without a reason: {back:?}");
}
