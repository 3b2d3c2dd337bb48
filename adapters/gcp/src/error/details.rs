//! What Pub/Sub says of single acknowledgements where it delivers exactly once: in the details of the error of the whole
//! request, as `google.rpc.ErrorInfo`.

use std::collections::{HashMap, HashSet};

use prost::Message;
use tonic::Status;

/// The ack ids of a request that did nothing. If there are any, all others were done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AckFailures {
    /// Their lease is over.
    pub(crate) permanent: HashSet<String>,
    /// They may succeed another time.
    pub(crate) transient: HashSet<String>,
}

impl AckFailures {
    pub(super) fn of(status: &Status) -> Self {
        let mut failures = Self::default();
        let details = RpcStatus::decode(status.details()).unwrap_or_default().details;
        for any in details.iter().filter(|any| any.type_url.ends_with("google.rpc.ErrorInfo")) {
            for (ack_id, what) in ErrorInfo::decode(any.value.as_slice()).unwrap_or_default().metadata {
                if what.starts_with("PERMANENT_FAILURE_") {
                    failures.permanent.insert(ack_id);
                } else if what.starts_with("TRANSIENT_FAILURE_") {
                    failures.transient.insert(ack_id);
                }
            }
        }
        failures
    }

    /// Whether the service says nothing of single ones.
    pub(crate) fn is_empty(&self) -> bool {
        self.permanent.is_empty() && self.transient.is_empty()
    }
}

/// `google.rpc.Status`, as far as it is read.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

/// `google.rpc.ErrorInfo`, as far as it is read.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(map = "string, string", tag = "3")]
    metadata: HashMap<String, String>,
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn each_ack_id_is_told_by_itself() {
        let metadata = [("a", "PERMANENT_FAILURE_INVALID_ACK_ID"), ("b", "TRANSIENT_FAILURE_OTHER"), ("c", "other")];
        let metadata = metadata.map(|(ack_id, what)| (ack_id.to_owned(), what.to_owned())).into();
        let any = |type_url: &str, value| Any { type_url: type_url.to_owned(), value };
        let details = vec![
            any("type.googleapis.com/google.rpc.RetryInfo", vec![1, 2, 3]),
            any("type.googleapis.com/google.rpc.ErrorInfo", ErrorInfo { metadata }.encode_to_vec()),
        ];
        let details = RpcStatus { details }.encode_to_vec().into();
        let failures = AckFailures::of(&Status::with_details(Code::FailedPrecondition, "some", details));
        assert_eq!(failures.permanent, HashSet::from(["a".to_owned()]));
        assert_eq!(failures.transient, HashSet::from(["b".to_owned()]));
        assert!(AckFailures::of(&Status::unavailable("down")).is_empty());
    }
}
