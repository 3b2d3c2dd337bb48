//! As much of the messages of `google.firestore.v1` as the fault proxy must read
//! (<https://github.com/googleapis/googleapis/tree/master/google/firestore/v1>).

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchGetDocumentsRequest {
    #[prost(string, repeated, tag = "2")]
    pub(super) documents: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CommitRequest {
    #[prost(message, repeated, tag = "2")]
    pub(super) writes: Vec<Write>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Write {
    #[prost(message, optional, tag = "3")]
    pub(super) update_mask: Option<DocumentMask>,
    #[prost(message, optional, tag = "4")]
    pub(super) current_document: Option<Precondition>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DocumentMask {
    #[prost(string, repeated, tag = "1")]
    pub(super) field_paths: Vec<String>,
}

/// One of the two.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Precondition {
    #[prost(bool, optional, tag = "1")]
    pub(super) exists: Option<bool>,
    #[prost(message, optional, tag = "2")]
    pub(super) update_time: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}
