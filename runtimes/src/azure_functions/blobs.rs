//! Blobs: of blob triggers, and of Event Grid's events about them.

use std::sync::Arc;

use anyport_ports::blobs::{BlobName, Blobs, Etag};
use anyport_ports::{BucketName, Naming};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;

use super::InvocationError;
use super::payload::Payload;
use crate::claims::{self, Claimed, Worker};
use crate::fault::Fault;
use crate::function::kind::CreatedBlob;
use crate::layers::HostContext;

const EXPECTED: &str = "a blob, or an event of Event Grid about one";

/// The inputs that `function.json` calls the blob.
pub(super) const NAMES: [&str; 2] = ["blob", "event"];

/// Event Grid's name for a blob that was written.
const CREATED: &str = "Microsoft.Storage.BlobCreated";

/// Longest name of a container.
const CONTAINER_NAME: usize = 63;

/// The function of a bucket.
pub(super) struct Watcher {
    bucket: BucketName,
    container: String,
    prefix: String,
    worker: Worker<CreatedBlob>,
    blobs: Arc<dyn Blobs>,
}

/// An event of Event Grid, or the same as a CloudEvent.
#[derive(Deserialize)]
struct GridEvent {
    #[serde(rename = "eventType", alias = "type")]
    kind: String,
    subject: String,
    data: About,
}

#[derive(Deserialize)]
struct About {
    #[serde(rename = "eTag", default)]
    etag: Option<String>,
}

/// A blob as the host names it.
struct Named {
    container: String,
    name: String,
    etag: Option<String>,
}

impl Watcher {
    pub(super) fn new(
        (bucket, prefix): (BucketName, String),
        worker: Worker<CreatedBlob>,
        blobs: Arc<dyn Blobs>,
        naming: &Naming,
    ) -> Self {
        let container = naming.of(bucket.as_str(), CONTAINER_NAME);
        Self { bucket, container, prefix, worker, blobs }
    }

    /// Calls the function for each blob told of, once for each state of its bytes.
    pub(super) async fn created(&self, payload: &Payload, host: &HostContext) -> Result<(), InvocationError> {
        for named in self.named(payload)? {
            if named.container != self.container {
                let source_name = format!("the container {:?}", named.container);
                let function = self.worker.function.name().to_owned();
                return Err(InvocationError::WrongSource { function, source_name });
            }
            if !named.name.starts_with(&self.prefix) {
                tracing::info!(blob = named.name, "the function is not called by blobs of this name");
                continue;
            }
            self.run(self.decoded(named).await?, host).await?;
        }
        Ok(())
    }

    /// The blobs that the event is about; none if they were not written.
    fn named(&self, payload: &Payload) -> Result<Vec<Named>, InvocationError> {
        if !payload.is_bytes() {
            let text = payload.text();
            let malformed = |problem: &str| InvocationError::malformed(EXPECTED, problem);
            let events = match serde_json::from_str::<Value>(&text) {
                Ok(Value::Array(events)) if events.iter().all(is_about_blob) && !events.is_empty() => events,
                Ok(event) if is_about_blob(&event) => vec![event],
                _ => return Ok(vec![self.of_trigger(payload)?]),
            };
            let read = |event| {
                let event: GridEvent = serde_json::from_value(event).map_err(|error| malformed(&error.to_string()))?;
                of_event(event)
            };
            return events.into_iter().filter_map(|event| read(event).transpose()).collect();
        }
        Ok(vec![self.of_trigger(payload)?])
    }

    /// What the host says beside the content: where the blob is, and what state it is in.
    fn of_trigger(&self, payload: &Payload) -> Result<Named, InvocationError> {
        let malformed = |problem: String| InvocationError::malformed(EXPECTED, &problem);
        let uri = payload.metadata("Uri")?.ok_or_else(|| malformed("the metadata have no Uri".to_owned()))?;
        let (container, name) = of_uri(&uri, &self.container).map_err(malformed)?;
        let properties = payload.metadata("Properties")?.and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let etag = properties.as_ref().and_then(|properties| properties.get("ETag")?.as_str()).map(str::to_owned);
        Ok(Named { container, name, etag })
    }

    async fn decoded(&self, named: Named) -> Result<CreatedBlob, InvocationError> {
        let name = BlobName::new(named.name).map_err(|error| InvocationError::malformed(EXPECTED, error.message()))?;
        let etag = if let Some(etag) = named.etag.filter(|etag| !etag.is_empty()) {
            Etag::new(etag.trim_matches('"'))
        } else {
            let info = self.blobs.head(&self.bucket, &name).await;
            let function = self.worker.function.name();
            info.map_err(|error| InvocationError::failed(function, Fault::of(&error)))?.etag
        };
        Ok(CreatedBlob { bucket: self.bucket.clone(), name, etag })
    }

    async fn run(&self, blob: CreatedBlob, host: &HostContext) -> Result<(), InvocationError> {
        let function = self.worker.function.name();
        let failed = |error: &anyport_ports::Error| InvocationError::failed(function, Fault::of(error));
        let state = claims::blob_state(&blob.name, &blob.etag);
        let key = claims::of_blob(function, &state).map_err(|error| failed(&error))?;
        let claimed = self.worker.claims.claim(&key, blob.name.as_str(), self.worker.lease()).await;
        match claimed.map_err(|error| failed(&error))? {
            Claimed::Here(claim) => {
                let (result, _) = self.worker.run(claim, blob, host.clone()).await;
                result.map_err(|fault| InvocationError::failed(function, fault))
            }
            Claimed::Elsewhere(until) => {
                let subject = blob.name.as_str().to_owned();
                Err(InvocationError::Busy { function: function.to_owned(), subject, until })
            }
            Claimed::Settled => {
                tracing::info!(function, blob = blob.name.as_str(), "done already");
                Ok(())
            }
        }
    }
}

/// Whether it is an event about a blob, and not a blob's own content in JSON.
fn is_about_blob(event: &Value) -> bool {
    let kind = event.get("eventType").or_else(|| event.get("type")).and_then(Value::as_str);
    kind.is_some_and(|kind| kind.starts_with("Microsoft.Storage."))
}

/// The blob of an event: `/blobServices/default/containers/<container>/blobs/<name>`, not encoded.
fn of_event(event: GridEvent) -> Result<Option<Named>, InvocationError> {
    if event.kind != CREATED {
        tracing::info!(event = event.kind, "no function is called by this kind of event");
        return Ok(None);
    }
    let subject = event.subject.strip_prefix("/blobServices/default/containers/");
    let named = subject.and_then(|rest| rest.split_once("/blobs/"));
    let (container, name) = named.ok_or_else(|| {
        InvocationError::malformed(EXPECTED, &format!("the subject {:?} is no path of a blob", event.subject))
    })?;
    Ok(Some(Named { container: container.to_owned(), name: name.to_owned(), etag: event.data.etag }))
}

/// Container and name of `https://<account>.blob.core.windows.net/<container>/<name>`; emulators have the account in front of
/// the container.
fn of_uri(uri: &str, container: &str) -> Result<(String, String), String> {
    let path = uri.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    let path = path.and_then(|path| path.split(['?', '#']).next()).ok_or_else(|| format!("{uri:?} is no URI"))?;
    let (first, rest) = path.split_once('/').ok_or_else(|| format!("{uri:?} names no blob"))?;
    let (found, name) = match rest.split_once('/') {
        Some((second, name)) if first != container && second == container => (second, name),
        _ => (first, rest),
    };
    let name = percent_decode_str(name).decode_utf8().map_err(|_| format!("the name in {uri:?} is not UTF-8"))?;
    Ok((found.to_owned(), name.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn container_and_name_stand_in_the_uri() {
        let of = |uri: &str| of_uri(uri, "uploads");
        let found = |name: &str| Ok(("uploads".to_owned(), name.to_owned()));
        assert_eq!(of("https://acc.blob.core.windows.net/uploads/a/b%20%C3%A9%2F.csv?sv=1"), found("a/b \u{e9}/.csv"));
        assert_eq!(of("http://127.0.0.1:10000/devstoreaccount1/uploads/a"), found("a"));
        assert_eq!(of("https://acc.blob/other/a"), Ok(("other".to_owned(), "a".to_owned())));
        for bad in ["", "a", "https://acc", "https://acc/uploads", "https://acc/uploads/%ff"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
