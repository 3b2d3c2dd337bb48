//! What failures on the way are made into, and how often a request is made for it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyport_ports::documents::{
    Body, Condition, Document, Documents as _, Key, Keys, Partition, Put, Query, Transaction, Version,
};
use anyport_ports::resources::CollectionSpec;
use anyport_ports::{CollectionName, Error, ErrorKind};
use firestore::gcloud_sdk::google::firestore::v1::batch_get_documents_response::Result as Answer;
use firestore::gcloud_sdk::google::firestore::v1::write::Operation as Wire;
use firestore::gcloud_sdk::google::firestore::v1::{
    BatchGetDocumentsRequest, BatchGetDocumentsResponse, CommitRequest, CommitResponse, Document as Stored,
};
use firestore::gcloud_sdk::prost::Message as _;
use firestore::gcloud_sdk::prost_types::Timestamp;
use firestore::gcloud_sdk::tonic::Code;
use serde_json::json;

use super::connection::ATTEMPT_TIMEOUT;
use super::double::{Double, Reply, documents_at};
use super::{FirestoreDocuments, record};

const USERS: CollectionName = CollectionName::from_static("users");
const GET: &str = "BatchGetDocuments";

fn key() -> Key {
    Key::new("u1", "profile").unwrap()
}

fn put(condition: Condition) -> Put {
    Put::new(Body::of(&json!({"name": "a body that no error shows"})).unwrap()).when(condition)
}

fn under_version() -> Put {
    put(Condition::Version(Version::new("earlier")))
}

fn declaring(documents: &FirestoreDocuments) -> FirestoreDocuments {
    documents.clone().declaring(&[CollectionSpec::new(USERS, Vec::new())])
}

/// Answers for every document asked for: of this version, or that there is none.
fn standing(request: &[u8], version: Option<&str>) -> Reply {
    let request = BatchGetDocumentsRequest::decode(request).unwrap();
    let answer = |name: String| {
        let result = match version {
            None => Answer::Missing(name),
            Some(version) => {
                let fields = record::fields(&key(), &put(Condition::Always), &Version::new(version), &[]);
                let update_time = Some(Timestamp { seconds: 7, nanos: 0 });
                Answer::Found(Stored { name, fields, update_time, ..Stored::default() })
            }
        };
        BatchGetDocumentsResponse { result: Some(result), ..BatchGetDocumentsResponse::default() }.encode_to_vec()
    };
    Reply::Messages(request.documents.into_iter().map(answer).collect())
}

fn done() -> Reply {
    Reply::with(&CommitResponse::default())
}

/// The version that a commit writes.
fn written(commit: &[u8]) -> String {
    let commit = CommitRequest::decode(commit).unwrap();
    let Some(Wire::Update(document)) = &commit.writes[0].operation else { panic!("no update") };
    record::string(document, record::VERSION).unwrap().to_owned()
}

fn is_discreet(error: &Error) {
    let told = format!("{error} {error:?}");
    assert!(!told.contains("a body that no error shows") && !told.contains("Bearer"), "{told}");
}

async fn all(documents: &FirestoreDocuments) -> [(&'static str, Error); 4] {
    let query = Query::partition(Partition::new("u1").unwrap());
    [
        (GET, documents.get(&USERS, &key()).await.unwrap_err()),
        ("RunQuery", documents.query(&USERS, &query).await.unwrap_err()),
        ("Commit", documents.put(&USERS, &key(), &put(Condition::Always)).await.unwrap_err()),
        ("Commit", documents.delete(&USERS, &key(), &Condition::Always).await.unwrap_err()),
    ]
}

#[tokio::test]
async fn what_trying_again_cannot_help_is_asked_once_and_told_clearly() {
    for (code, kind, words) in [
        (Code::Unauthenticated, ErrorKind::Unauthenticated, "GOOGLE_APPLICATION_CREDENTIALS"),
        (Code::PermissionDenied, ErrorKind::PermissionDenied, "roles/datastore.user"),
        (Code::NotFound, ErrorKind::NotFound, "check GOOGLE_CLOUD_PROJECT, FIRESTORE_DATABASE"),
        (Code::InvalidArgument, ErrorKind::Internal, "refused"),
    ] {
        let double = Double::start(move |_, _, _| Reply::Code(code)).await;
        let started = Instant::now();
        for (_, error) in all(&declaring(&double.documents)).await {
            assert_eq!(error.kind(), kind, "{code:?}: {error:?}");
            assert!(error.to_string().contains(words), "{error}");
            is_discreet(&error);
        }
        assert_eq!((double.count(GET), double.count("RunQuery"), double.count("Commit")), (1, 1, 2), "{code:?}");
        assert!(started.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn an_index_that_is_missing_is_asked_for() {
    let double = Double::start(|_, _, _| Reply::Code(Code::FailedPrecondition)).await;
    let query = Query::partition(Partition::new("u1").unwrap());
    let error = declaring(&double.documents).query(&USERS, &query).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.to_string().contains("declare to it what `indexes`"), "{error}");
}

#[tokio::test]
async fn nobody_listening_is_unavailable_for_writes_too_and_soon() {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let documents = declaring(&documents_at(address).await);
    let started = Instant::now();
    for (_, error) in all(&documents).await {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.to_string().contains("check the endpoint"), "{error}");
        is_discreet(&error);
    }
    assert!(started.elapsed() < Duration::from_secs(6), "took {:?}", started.elapsed());
}

#[tokio::test]
async fn a_silent_server_is_waited_for_once() {
    let double = Double::start(|_, _, _| Reply::Silence).await;
    let documents = declaring(&double.documents);
    let started = Instant::now();
    let (users, key, put) = (USERS, key(), put(Condition::Always));
    let (read, write) = tokio::join!(documents.get(&users, &key), documents.put(&users, &key, &put));
    let read = read.unwrap_err();
    assert_eq!(read.kind(), ErrorKind::Unavailable, "{read:?}");
    assert!(read.to_string().contains("did not answer in time"), "{read}");
    assert_eq!(write.unwrap_err().kind(), ErrorKind::Indeterminate);
    // The write is looked for, which is not answered either.
    assert_eq!((double.count(GET), double.count("Commit")), (2, 1));
    assert!(started.elapsed() < 2 * ATTEMPT_TIMEOUT + Duration::from_secs(2), "took {:?}", started.elapsed());
}

#[tokio::test]
async fn throttling_is_tried_three_times_and_nothing_was_written() {
    let double = Double::start(|_, _, _| Reply::Code(Code::ResourceExhausted)).await;
    let documents = declaring(&double.documents);
    let error = documents.put(&USERS, &key(), &put(Condition::Always)).await.unwrap_err();
    assert_eq!((error.kind(), double.count("Commit")), (ErrorKind::Throttled, 3), "{error:?}");
    let error = documents.get(&USERS, &key()).await.unwrap_err();
    assert_eq!((error.kind(), double.count(GET)), (ErrorKind::Throttled, 3), "{error:?}");
    let error = documents.put(&USERS, &key(), &under_version()).await.unwrap_err();
    assert_eq!(
        (error.kind(), double.count("Commit")),
        (ErrorKind::Throttled, 3),
        "it is not known what stands: {error:?}"
    );
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_not_made_again_unless_it_can_be_done_only_once() {
    for (request, stands, times) in [
        (put(Condition::Always), None, 1),
        (put(Condition::Absent), None, 1),
        (put(Condition::Present), Some("other"), 3),
        (under_version(), Some("earlier"), 3),
    ] {
        for lost in [Reply::Hangup, Reply::Code(Code::Unavailable), Reply::Code(Code::Internal)] {
            let double = Double::start(move |method, body, _| match method {
                GET => standing(body, stands),
                _ => lost.clone(),
            })
            .await;
            let error = declaring(&double.documents).put(&USERS, &key(), &request).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error:?}");
            assert_eq!(double.count("Commit"), times, "{:?}", request.condition);
            is_discreet(&error);
        }
    }
    let double = Double::start(|_, _, _| Reply::Hangup).await;
    let documents = declaring(&double.documents);
    let error = documents.delete(&USERS, &key(), &Condition::Always).await.unwrap_err();
    assert_eq!((error.kind(), double.count("Commit")), (ErrorKind::Indeterminate, 1));
    let error = documents.get(&USERS, &key()).await.unwrap_err();
    assert_eq!((error.kind(), double.count(GET)), (ErrorKind::Unavailable, 3), "a read has done nothing");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_recognised_where_it_stands() {
    for request in [put(Condition::Always), put(Condition::Absent)] {
        let stored = Arc::new(Mutex::new(None));
        let double = Double::start(move |method, body, _| {
            let mut stored = stored.lock().unwrap();
            if method == GET {
                return standing(body, stored.as_deref());
            }
            *stored = Some(written(body));
            Reply::Hangup
        })
        .await;
        declaring(&double.documents).put(&USERS, &key(), &request).await.unwrap();
        assert_eq!(double.count("Commit"), 1);
    }
}

#[tokio::test]
async fn a_repeated_write_does_not_conflict_with_itself() {
    // Done the first time, with the answer lost; refused the second time.
    let run = async |is_own: bool| {
        let stored = Arc::new(Mutex::new("earlier".to_owned()));
        let double = Double::start(move |method, body, before| {
            let mut stored = stored.lock().unwrap();
            match (method, before) {
                (GET, _) => standing(body, Some(&stored)),
                (_, 0) => {
                    *stored = if is_own { written(body) } else { "somebody else's".to_owned() };
                    Reply::Hangup
                }
                _ => Reply::Code(Code::FailedPrecondition),
            }
        })
        .await;
        let put = declaring(&double.documents).put(&USERS, &key(), &under_version()).await;
        (put.map(drop).map_err(|error| error.kind()), double.count("Commit"))
    };
    assert_eq!(run(true).await, (Ok(()), 2));
    assert_eq!(run(false).await, (Err(ErrorKind::Indeterminate), 2), "it may have stood in between");
}

#[tokio::test]
async fn a_refusal_without_doubt_is_judged_by_what_stands_now() {
    let double = Double::start(|method, body, before| match (method, before) {
        (GET, 0) => standing(body, Some("earlier")),
        (GET, _) => standing(body, Some("somebody else's")),
        _ => Reply::Code(Code::FailedPrecondition),
    })
    .await;
    let error = declaring(&double.documents).put(&USERS, &key(), &under_version()).await.unwrap_err();
    assert_eq!((error.kind(), double.count("Commit")), (ErrorKind::PreconditionFailed, 1), "{error:?}");
}

#[tokio::test]
async fn an_attempt_in_doubt_is_not_forgotten_over_a_later_refusal() {
    let double = Double::start(|method, body, before| match (method, before) {
        (GET, _) => standing(body, Some("earlier")),
        (_, 0) => Reply::Hangup,
        _ => Reply::Code(Code::ResourceExhausted),
    })
    .await;
    let error = declaring(&double.documents).put(&USERS, &key(), &under_version()).await.unwrap_err();
    assert_eq!((error.kind(), double.count("Commit")), (ErrorKind::Indeterminate, 3), "{error:?}");
}

#[tokio::test]
async fn a_transaction_gives_way_to_others_and_says_so_in_the_end() {
    let transaction = Transaction::in_partition(Partition::new("u1").unwrap())
        .put("profile", put(Condition::Always))
        .and_then(|transaction| transaction.check("other", Condition::Absent))
        .unwrap();
    let double = Double::start(|method, body, before| match (method, before) {
        (GET, _) => standing(body, None),
        (_, 0..5) => Reply::Code(Code::Aborted),
        _ => done(),
    })
    .await;
    declaring(&double.documents).transact(&USERS, &transaction).await.unwrap();
    assert_eq!(double.count("Commit"), 6);
    let commits: Vec<CommitRequest> = double.messages("Commit");
    assert_eq!(commits[5].writes.len(), 2, "a check is a precondition too");

    let double = Double::start(|method, body, _| match method {
        GET => standing(body, None),
        _ => Reply::Code(Code::Aborted),
    })
    .await;
    let error = declaring(&double.documents).transact(&USERS, &transaction).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled, "{error:?}");
}

#[tokio::test]
async fn an_answer_that_leaves_documents_out_is_no_answer() {
    let double = Double::start(|_, body, before| {
        let Reply::Messages(mut messages) = standing(body, Some("1")) else { panic!("no messages") };
        if before == 0 {
            messages.pop();
        }
        Reply::Messages(messages)
    })
    .await;
    let keys = Keys::new([key(), Key::new("u1", "other").unwrap()]).unwrap();
    let found = declaring(&double.documents).get_many(&USERS, &keys).await.unwrap();
    assert!(found.iter().all(Option::is_some) && double.count(GET) == 2, "{found:?}");

    let double = Double::start(|_, _, _| Reply::Messages(Vec::new())).await;
    let found: Result<Option<Document>, Error> = declaring(&double.documents).get(&USERS, &key()).await;
    assert_eq!(found.unwrap_err().kind(), ErrorKind::Unavailable);
}
