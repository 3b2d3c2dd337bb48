//! What the fault proxy must know of Firestore's protocol: gRPC, the method in the path, one message in the request.

use anyport_conformance::wire::Dialect;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response, header};
use prost::Message;

use super::protocol::{BatchGetDocumentsRequest, CommitRequest, Write};

pub(super) struct FirestoreDialect;

impl Dialect for FirestoreDialect {
    fn is_call(&self, request: &Parts, body: &[u8]) -> bool {
        match method(request) {
            "BatchGetDocuments" => !is_lookup(body),
            method => matches!(method, "Commit" | "RunQuery"),
        }
    }

    fn is_harmless_twice(&self, request: &Parts, body: &[u8]) -> bool {
        match method(request) {
            "Commit" => message::<CommitRequest>(body).is_some_and(|commit| commit.writes.iter().any(is_done_once)),
            method => matches!(method, "BatchGetDocuments" | "RunQuery"),
        }
    }

    fn throttled(&self, _request: &Parts) -> Response<Bytes> {
        /// RESOURCE_EXHAUSTED, which comes in the headers of an answer without messages.
        const RESOURCE_EXHAUSTED: &str = "8";
        let mut answer = Response::new(Bytes::new());
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from_static(RESOURCE_EXHAUSTED));
        headers.insert("grpc-message", HeaderValue::from_static("Quota exceeded."));
        answer
    }
}

fn method(request: &Parts) -> &str {
    request.uri.path().strip_prefix("/google.firestore.v1.Firestore/").unwrap_or_default()
}

/// Whether nothing is read but what is known of collections.
fn is_lookup(body: &[u8]) -> bool {
    let registered = |name: &String| {
        let mut path = name.rsplit('/');
        path.nth(1).is_some_and(|collection| collection.ends_with("anyport_collections"))
    };
    message::<BatchGetDocumentsRequest>(body).is_some_and(|request| request.documents.iter().all(registered))
}

/// Whether a write changes what it depends on, so that it is refused the second time.
fn is_done_once(write: &Write) -> bool {
    let at_time = write.current_document.as_ref().is_some_and(|held| held.update_time.is_some());
    let touches = write.update_mask.as_ref().is_none_or(|mask| !mask.field_paths.is_empty());
    touches && at_time
}

/// The message of a request: behind a byte that says it is not compressed, and its length.
fn message<M: Message + Default>(body: &[u8]) -> Option<M> {
    const PREFIX: usize = 5;
    body.get(PREFIX..).and_then(|message| M::decode(message).ok())
}

#[cfg(test)]
mod tests {
    use super::super::protocol::{DocumentMask, Precondition, Timestamp};
    use super::*;
    use http::Request;

    fn request(method: &str) -> Parts {
        let uri = format!("/google.firestore.v1.Firestore/{method}");
        Request::builder().uri(uri).body(()).unwrap().into_parts().0
    }

    fn body(message: &impl Message) -> Vec<u8> {
        let message = message.encode_to_vec();
        [&[0], &u32::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat()
    }

    fn get(path: &str) -> Vec<u8> {
        let documents = vec![format!("projects/p/databases/(default)/documents/{path}")];
        body(&BatchGetDocumentsRequest { documents })
    }

    fn commit(current_document: Option<Precondition>, update_mask: Option<DocumentMask>) -> Vec<u8> {
        body(&CommitRequest { writes: vec![Write { update_mask, current_document }] })
    }

    #[test]
    fn lookups_meet_no_faults_and_only_harmless_requests_are_sent_twice() {
        let at_time = || Some(Precondition { update_time: Some(Timestamp::default()), exists: None });
        let absent = Precondition { update_time: None, exists: Some(false) };
        for (method, body, call, twice) in [
            ("BatchGetDocuments", get("t-things/p|s"), true, true),
            ("BatchGetDocuments", get("t-anyport_collections/things"), false, true),
            ("BatchGetDocuments", get("t-anyport_collections/things/shards/01"), true, true),
            ("RunQuery", Vec::new(), true, true),
            ("Commit", commit(at_time(), None), true, true),
            ("Commit", commit(at_time(), Some(DocumentMask::default())), true, false),
            ("Commit", commit(Some(absent), None), true, false),
            ("Commit", commit(None, None), true, false),
            ("ListCollectionIds", Vec::new(), false, false),
        ] {
            let request = request(method);
            assert_eq!(FirestoreDialect.is_call(&request, &body), call, "{method}");
            assert_eq!(FirestoreDialect.is_harmless_twice(&request, &body), twice, "{method}");
        }
    }

    #[test]
    fn throttling_is_an_answer_without_messages() {
        let answer = FirestoreDialect.throttled(&request("Commit"));
        assert_eq!((answer.headers()["grpc-status"].as_bytes(), answer.body().len()), (&b"8"[..], 0));
    }
}
