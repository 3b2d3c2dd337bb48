//! The record as it is stored.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Claim, Fingerprint, Lease, Retention, StoredBody, StoredResponse};
use crate::documents::{Body, Condition, Put};
use crate::{Error, ErrorKind, Result, Timestamp};

/// The form of the records that this release writes, and the only one that it reads.
pub(super) const FORM: u32 = 1;

/// How much longer the store keeps a record than it counts: whether it counts is judged by the engine alone, and the
/// store's clock, which may be another, only says when it is thrown away.
const KEPT_LONGER: Duration = Duration::from_mins(5);

/// One piece of work, in progress or completed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) v: u32,
    pub(super) id: String,
    pub(super) status: Status,
    pub(super) owner: String,
    pub(super) attempt: u32,
    pub(super) fingerprint: Fingerprint,
    claimed_at_ms: Timestamp,
    lease_until_ms: Timestamp,
    expires_at_ms: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first_correlation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<Answer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    InProgress,
    Completed,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    body: Content,
}

/// A body: as text where it is, so that people can read it, else in base64; in a blob if it is large.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Content {
    Text(String),
    Base64(String),
    Blob(BlobReference),
    Lost { length: u64 },
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlobReference {
    pub(super) bucket: String,
    pub(super) name: String,
    pub(super) length: u64,
    pub(super) sha256: String,
}

impl Content {
    fn of(body: &StoredBody) -> Self {
        match body {
            StoredBody::Kept(bytes) => std::str::from_utf8(bytes)
                .map_or_else(|_| Self::Base64(BASE64.encode(bytes)), |text| Self::Text(text.to_owned())),
            StoredBody::Lost { length } => Self::Lost { length: *length },
        }
    }
}

impl Answer {
    pub(super) fn of(response: &StoredResponse) -> Self {
        Self { status: response.status, headers: response.headers.clone(), body: Content::of(&response.body) }
    }

    /// The same answer with another body.
    pub(super) fn with_body(&self, body: Content) -> Self {
        Self { status: self.status, headers: self.headers.clone(), body }
    }

    pub(super) fn body(&self) -> &Content {
        &self.body
    }

    /// The answer with this body, which was read for it.
    pub(super) fn response(&self, body: StoredBody) -> StoredResponse {
        let mut response = StoredResponse::new(self.status, Bytes::new());
        response.headers.clone_from(&self.headers);
        response.body = body;
        response
    }
}

impl Content {
    /// The bytes, if they are here.
    pub(super) fn bytes(&self) -> Result<Option<Bytes>> {
        match self {
            Self::Text(text) => Ok(Some(Bytes::from(text.clone()))),
            Self::Base64(text) => {
                let bytes = BASE64.decode(text).map_err(|_| malformed("its body is no base64"))?;
                Ok(Some(bytes.into()))
            }
            Self::Blob(_) | Self::Lost { .. } => Ok(None),
        }
    }
}

impl Record {
    /// Of a claim that nobody else has: the first, or one after a record that counts no longer.
    pub(super) fn first(claim: &Claim, id: &str, owner: &str, now: Timestamp) -> Self {
        let mut record = Self {
            v: FORM,
            id: id.to_owned(),
            status: Status::InProgress,
            owner: owner.to_owned(),
            attempt: 1,
            fingerprint: claim.fingerprint().clone(),
            claimed_at_ms: now,
            lease_until_ms: now,
            expires_at_ms: now,
            first_correlation_id: claim.correlation_id().map(str::to_owned),
            response: None,
        };
        record.extend(claim.lease(), claim.retention(), now);
        record
    }

    /// Of a claim that takes this work over.
    pub(super) fn taken_over(&self, claim: &Claim, owner: &str, now: Timestamp) -> Self {
        Self {
            attempt: self.attempt.saturating_add(1),
            first_correlation_id: self
                .first_correlation_id
                .clone()
                .or_else(|| claim.correlation_id().map(str::to_owned)),
            ..Self::first(claim, &self.id, owner, now)
        }
    }

    /// With a whole lease from now on.
    pub(super) fn renewed(&self, lease: Lease, retention: Retention, now: Timestamp) -> Self {
        let mut renewed = self.clone();
        renewed.extend(lease, retention, now);
        renewed
    }

    /// A clock that stepped back shortens nothing.
    fn extend(&mut self, lease: Lease, retention: Retention, now: Timestamp) {
        let now = now.max(self.claimed_at_ms);
        self.lease_until_ms = self.lease_until_ms.max(now.plus(lease.duration()));
        let counts = now.plus(retention.duration()).max(self.lease_until_ms);
        self.expires_at_ms = self.expires_at_ms.max(counts);
    }

    /// With this answer, which counts for the retention from now on.
    pub(super) fn completed(&self, answer: Answer, retention: Retention, now: Timestamp) -> Self {
        let expires_at_ms = now.max(self.claimed_at_ms).plus(retention.duration());
        Self { status: Status::Completed, response: Some(answer), expires_at_ms, ..self.clone() }
    }

    pub(super) fn lease_until(&self) -> Timestamp {
        self.lease_until_ms
    }

    pub(super) fn expires_at(&self) -> Timestamp {
        self.expires_at_ms
    }

    /// Whether it counts at this instant.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at_ms
    }

    /// Whether its owner may still be silent at this instant.
    pub(super) fn is_leased(&self, now: Timestamp) -> bool {
        now < self.lease_until_ms
    }

    /// Whether this owner is at it.
    pub(super) fn is_being_done_by(&self, owner: &str) -> bool {
        self.owner == owner && self.status == Status::InProgress
    }

    /// How it is written. [`TooLarge`](ErrorKind::TooLarge) if no document holds it.
    pub(super) fn put(&self, condition: Condition) -> Result<Put> {
        let expires_at = self.expires_at_ms.plus(KEPT_LONGER);
        Ok(Put::new(Body::of(self)?).when(condition).expires_at(expires_at))
    }

    /// Reads it back; [`Internal`](ErrorKind::Internal) for anything that is not exactly what is written.
    pub(super) fn read(body: &Body, id: &str) -> Result<Self> {
        match body.fields().get("v").and_then(serde_json::Value::as_u64) {
            Some(v) if v == u64::from(FORM) => {}
            Some(v) => return Err(malformed(&format!("it is of form {v}, and this release reads form {FORM}"))),
            None => return Err(malformed("its form `v` is missing")),
        }
        // What serde quotes may be personal data.
        let record: Self = serde_json::from_value(serde_json::Value::Object(body.fields().clone()))
            .map_err(|_| malformed("a field is missing, unknown or of another type"))?;
        let is_completed = record.status == Status::Completed;
        let faults = [
            (record.id != id, "its id is another's"),
            (record.owner.is_empty(), "it has no owner"),
            (record.attempt == 0, "it has no attempt"),
            (record.lease_until_ms <= record.claimed_at_ms, "its lease ends before it begins"),
            (record.expires_at_ms <= record.claimed_at_ms, "it expires before it begins"),
            (!is_completed && record.expires_at_ms < record.lease_until_ms, "it expires before its lease"),
            (is_completed != record.response.is_some(), "its answer does not fit its status"),
        ];
        match faults.iter().find(|(found, _)| *found) {
            Some((_, what)) => Err(malformed(what)),
            None => Ok(record),
        }
    }
}

fn malformed(what: &str) -> Error {
    let message = format!(
        "the record is not as written: {what}. Whether the work was done cannot be told: look into it, then delete it"
    );
    Error::new(ErrorKind::Internal, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{IdempotencyKey, Scope};
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
    const ID: &str = "shop#order#ada#hash";

    fn claim() -> Claim {
        let (scope, key) = (Scope::new("shop", "order"), IdempotencyKey::new("k").unwrap());
        let lease = Lease::new(Duration::from_secs(30)).unwrap();
        let retention = Retention::new(Duration::from_hours(24)).unwrap();
        Claim::new(scope, key, Fingerprint::of_payload(b"{}"), lease, retention).correlated("c-1")
    }

    fn in_progress() -> Record {
        Record::first(&claim(), ID, "owner-1", NOW)
    }

    fn completed() -> Record {
        let kept = super::super::KeptHeaders::default();
        let response = StoredResponse::new(201, "{\"id\":7}").with_headers([("location", "/orders/7")], &kept);
        let retention = claim().retention();
        in_progress().completed(Answer::of(&response), retention, NOW.plus(Duration::from_secs(1)))
    }

    fn stored(record: &Record) -> Value {
        Value::Object(record.put(Condition::Absent).unwrap().body.fields().clone())
    }

    #[test]
    fn a_record_in_progress_is_stored_in_this_form() {
        let fingerprint = Fingerprint::of_payload(b"{}");
        let expected = json!({
            "v": 1,
            "id": "shop#order#ada#hash",
            "status": "in_progress",
            "owner": "owner-1",
            "attempt": 1,
            "fingerprint": fingerprint.as_str(),
            "claimed_at_ms": 1_767_225_600_000_i64,
            "lease_until_ms": 1_767_225_630_000_i64,
            "expires_at_ms": 1_767_312_000_000_i64,
            "first_correlation_id": "c-1",
        });
        assert_eq!(stored(&in_progress()), expected);
        let put = in_progress().put(Condition::Absent).unwrap();
        assert_eq!(put.expires_at, Some(Timestamp::from_millis(1_767_312_000_000).plus(KEPT_LONGER)));
    }

    #[test]
    fn a_completed_record_is_stored_in_this_form() {
        let fingerprint = Fingerprint::of_payload(b"{}");
        let expected = json!({
            "v": 1,
            "id": "shop#order#ada#hash",
            "status": "completed",
            "owner": "owner-1",
            "attempt": 1,
            "fingerprint": fingerprint.as_str(),
            "claimed_at_ms": 1_767_225_600_000_i64,
            "lease_until_ms": 1_767_225_630_000_i64,
            "expires_at_ms": 1_767_312_001_000_i64,
            "first_correlation_id": "c-1",
            "response": {
                "status": 201,
                "headers": [["location", "/orders/7"]],
                "body": { "text": "{\"id\":7}" },
            },
        });
        assert_eq!(stored(&completed()), expected);
    }

    #[test]
    fn bodies_are_stored_in_these_forms() {
        let form = |content: Content| serde_json::to_value(content).unwrap();
        let of = |bytes: &'static [u8]| Content::of(&StoredBody::Kept(Bytes::from_static(bytes)));
        assert_eq!(form(of(b"\xc3\xa9")), json!({ "text": "é" }));
        assert_eq!(form(of(b"\xff\x00")), json!({ "base64": "/wA=" }));
        assert_eq!(form(Content::of(&StoredBody::Lost { length: 9 })), json!({ "lost": { "length": 9 } }));
        let (bucket, name, sha256) = ("spilled".to_owned(), "n".to_owned(), "h".to_owned());
        assert_eq!(
            form(Content::Blob(BlobReference { bucket, name, length: 9, sha256 })),
            json!({ "blob": { "bucket": "spilled", "name": "n", "length": 9, "sha256": "h" } })
        );
        assert_eq!(of(b"\xff\x00").bytes().unwrap().unwrap(), &b"\xff\x00"[..]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for record in [in_progress(), completed()] {
            let body = record.put(Condition::Absent).unwrap().body;
            assert!(Record::read(&body, ID).unwrap() == record);
        }
    }

    #[test]
    fn whatever_is_not_as_written_is_an_error() {
        let faults: &[(&str, Value)] = &[
            ("v", json!(2)),
            ("v", json!(null)),
            ("id", json!("another")),
            ("status", json!("done")),
            ("status", json!("completed")),
            ("owner", json!("")),
            ("owner", json!(null)),
            ("attempt", json!(0)),
            ("attempt", json!(-1)),
            ("fingerprint", json!("")),
            ("fingerprint", json!(null)),
            ("lease_until_ms", json!(null)),
            ("lease_until_ms", json!(0)),
            ("lease_until_ms", json!(-1)),
            ("lease_until_ms", json!("1767225630000")),
            ("lease_until_ms", json!(1_767_225_630_000.0)),
            ("lease_until_ms", json!(1_767_225_630)),
            ("lease_until_ms", json!(1_767_225_630_000_000_i64)),
            ("expires_at_ms", json!(1_767_312_000)),
            ("expires_at_ms", json!(null)),
            ("response", json!({ "status": 200, "body": { "text": "" } })),
            ("more", json!(1)),
        ];
        for (field, value) in faults {
            let mut fields = stored(&in_progress());
            fields[field] = value.clone();
            let error = Record::read(&Body::of(&fields).unwrap(), ID).err().map(|error| error.kind());
            assert_eq!(error, Some(ErrorKind::Internal), "{field}: {value}");
        }
        for field in ["v", "id", "status", "owner", "attempt", "fingerprint", "claimed_at_ms", "lease_until_ms"] {
            let mut fields = stored(&in_progress());
            fields.as_object_mut().unwrap().remove(field);
            assert!(Record::read(&Body::of(&fields).unwrap(), ID).is_err(), "{field} missing");
        }
        let error = Record::read(&Body::of(&json!({ "v": 1, "owner": "s3cret" })).unwrap(), ID).err().unwrap();
        assert!(!format!("{error:?}").contains("s3cret"));
    }

    #[test]
    fn a_clock_that_steps_back_shortens_nothing() {
        let (record, before) = (in_progress(), NOW.minus(Duration::from_hours(48)));
        let renewed = record.renewed(claim().lease(), claim().retention(), before);
        assert!(renewed == record);
        let answer = Answer::of(&StoredResponse::done());
        let completed = record.completed(answer, claim().retention(), before);
        assert_eq!(completed.expires_at(), NOW.plus(Duration::from_hours(24)));
        assert!(Record::read(&completed.put(Condition::Absent).unwrap().body, ID).is_ok());
    }
}
