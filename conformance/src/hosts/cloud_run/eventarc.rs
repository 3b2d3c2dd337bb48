//! Events of Eventarc, jobs of Cloud Scheduler, tasks of Cloud Tasks.

use serde_json::{Value, json};

use super::{PROJECT, Pushed, Service, path};

/// What changed in Firestore.
#[derive(Clone, Debug)]
pub struct Change {
    /// The document's path below `documents/`: `users/u1`.
    pub document: String,
    /// When it was committed, in RFC 3339.
    pub time: String,
    /// The event's data.
    pub data: ChangeData,
}

/// `DocumentEventData`, in the form that the trigger asks for.
#[derive(Clone, Debug)]
pub enum ChangeData {
    /// As protobuf, which is what a trigger has if nothing else is said.
    Protobuf(Vec<u8>),
    /// As JSON.
    Json(Value),
}

impl Service {
    /// An event in binary mode, as Eventarc sends it.
    pub async fn event(
        &self,
        function: &str,
        attributes: &[(&str, &str)],
        content_type: &str,
        data: impl Into<Vec<u8>>,
    ) -> Pushed {
        let mut headers =
            vec![("content-type".to_owned(), content_type.to_owned()), ("ce-specversion".to_owned(), "1.0".to_owned())];
        headers.extend(attributes.iter().map(|(name, value)| (format!("ce-{name}"), (*value).to_owned())));
        self.push(&path(function), headers, data.into()).await
    }

    /// What a trigger on a bucket tells of an object that is whole. Buckets have their names at the provider.
    pub async fn blob_created(&self, function: &str, bucket: &str, name: &str) -> Pushed {
        let data = json!({
            "kind": "storage#object", "id": format!("{bucket}/{name}/1767225600000000"), "bucket": bucket, "name": name,
            "generation": "1767225600000000", "metageneration": "1", "contentType": "text/plain", "size": "3",
            "timeCreated": "2026-01-01T00:00:00.000Z", "updated": "2026-01-01T00:00:00.000Z", "storageClass": "STANDARD",
            "etag": "CJDo5cnJ5ZEDEAE=", "md5Hash": "kAFQmDzST7DWlj99KOF/cg==", "crc32c": "Nks/tw==",
        });
        let subject = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC).to_string();
        let attributes = [
            ("id", "4478297493716032"),
            ("type", "google.cloud.storage.object.v1.finalized"),
            ("source", &format!("//storage.googleapis.com/projects/_/buckets/{bucket}")),
            ("subject", &format!("objects/{subject}")),
            ("time", "2026-01-01T00:00:00.000Z"),
            ("bucket", bucket),
        ];
        self.event(function, &attributes, "application/json", data.to_string()).await
    }

    /// What a trigger on Firestore tells of a change.
    pub async fn document_changed(&self, function: &str, change: &Change) -> Pushed {
        let (content_type, data) = match &change.data {
            ChangeData::Protobuf(bytes) => ("application/protobuf", bytes.clone()),
            ChangeData::Json(value) => ("application/json", value.to_string().into_bytes()),
        };
        let attributes = [
            ("id", &*format!("{}-{}", change.document.replace('/', "-"), change.time)),
            ("type", "google.cloud.firestore.document.v1.written"),
            ("source", &format!("//firestore.googleapis.com/projects/{PROJECT}/databases/(default)")),
            ("subject", &format!("documents/{}", change.document)),
            ("time", &change.time),
            (
                "dataschema",
                "https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto",
            ),
            ("project", PROJECT),
            ("database", "(default)"),
            ("document", &change.document),
            ("namespace", "(default)"),
            ("location", "eur3"),
        ];
        self.event(function, &attributes, content_type, data).await
    }

    /// What a job of Cloud Scheduler sends at a time (RFC 3339), or as jobs without one do.
    pub async fn schedule(&self, function: &str, time: Option<&str>) -> Pushed {
        let mut headers = vec![
            ("x-cloudscheduler", "true"),
            ("x-cloudscheduler-jobname", function),
            ("content-type", "application/octet-stream"),
            ("user-agent", "Google-Cloud-Scheduler"),
        ];
        headers.extend(time.map(|time| ("x-cloudscheduler-scheduletime", time)));
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.push(&path(function), headers, Vec::new()).await
    }

    /// What a queue of Cloud Tasks sends at this attempt, from 1.
    pub async fn task(&self, function: &str, attempt: u32, body: impl Into<Vec<u8>>) -> Pushed {
        let retries = attempt.saturating_sub(1).to_string();
        let eta = format!("{}.5", self.google().now());
        let headers = [
            ("x-cloudtasks-queuename", "queue"),
            ("x-cloudtasks-taskname", "45101176123"),
            ("x-cloudtasks-taskretrycount", &retries),
            ("x-cloudtasks-taskexecutioncount", &retries),
            ("x-cloudtasks-tasketa", &eta),
            ("content-type", "application/octet-stream"),
            ("user-agent", "Google-Cloud-Tasks"),
        ];
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.push(&path(function), headers, body.into()).await
    }
}
