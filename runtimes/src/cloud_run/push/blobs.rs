//! Blobs that were written: events of Cloud Storage.

use std::sync::Arc;
use std::time::Duration;

use anyport_ports::blobs::{self as port, BlobName};
use anyport_ports::handles::Ports;
use anyport_ports::{BucketName, Clock as _, Error, ErrorKind, Naming};
use serde::Deserialize;

use super::PushError;
use super::arrival::Arrival;
use super::verdict::Verdict;
use crate::claims::{self, Claimed, Claims, Worker};
use crate::cloud_events::CloudEvent;
use crate::events::EventFunction;
use crate::fault::Fault;
use crate::function::kind::CreatedBlob;
use crate::layers::HostContext;

/// The type of what is told of an object that is whole.
const FINALIZED: &str = "google.cloud.storage.object.v1.finalized";

/// Longest name of a bucket.
const BUCKET_NAME: usize = 63;

/// The pause after the store could not be asked.
const PAUSE: Duration = Duration::from_secs(1);

/// A function that blobs call.
pub(super) struct Blobs {
    bucket: BucketName,
    /// The bucket's name at Cloud Storage.
    name: String,
    prefix: String,
    worker: Worker<CreatedBlob>,
    store: Arc<dyn port::Blobs>,
}

/// What is to be known of `google.events.cloud.storage.v1.StorageObjectData`.
#[derive(Deserialize)]
struct Object {
    bucket: String,
    name: String,
}

impl Blobs {
    pub(super) fn new(
        bucket: BucketName,
        prefix: String,
        function: EventFunction<CreatedBlob>,
        claims: &Claims,
        ports: &Ports,
        naming: &Naming,
    ) -> Self {
        let name = naming.of(bucket.as_str(), BUCKET_NAME);
        let worker = Worker { function, clock: ports.clock.clone(), claims: claims.clone(), keep: None };
        Self { bucket, name, prefix, worker, store: Arc::clone(&ports.blobs) }
    }

    /// Calls the function for an object whose name begins with its prefix, once for each state of its bytes.
    pub(super) async fn take(&self, arrival: Arrival, host: &HostContext) -> Result<Verdict, PushError> {
        let function = self.worker.function.name();
        let name = match self.decoded(&arrival) {
            Ok(name) => name,
            Err(error) => {
                // The blob is where it is: nothing is lost by what is wrong with the event.
                tracing::error!(function, code = error.code(), %error, "passed over");
                return Ok(Verdict::Done);
            }
        };
        if !name.as_str().starts_with(self.prefix.as_str()) {
            tracing::debug!(function, blob = name.as_str(), "not under the prefix of the function");
            return Ok(Verdict::Done);
        }
        Ok(self.run(name, host).await.unwrap_or_else(|error| {
            tracing::warn!(function, %error, "the event could not be claimed");
            Verdict::later(&Fault::of(&error), 1, PAUSE)
        }))
    }

    fn decoded(&self, arrival: &Arrival) -> Result<BlobName, PushError> {
        let not_this = || PushError::NotForThis { expected: "objects that are finalized", found: arrival.described() };
        let Arrival::Eventarc(event) = arrival else { return Err(not_this()) };
        if event.kind() != FINALIZED {
            return Err(not_this());
        }
        let Object { bucket, name } = object(event)?;
        if bucket != self.name {
            let found = format!("an object of the bucket {bucket:?}");
            return Err(PushError::NotForThis { expected: "objects of its own bucket (cloud_run.prefix)", found });
        }
        BlobName::new(name).map_err(|error| PushError::malformed(FINALIZED, error.message()))
    }

    async fn run(&self, name: BlobName, host: &HostContext) -> Result<Verdict, Error> {
        let (worker, function) = (&self.worker, self.worker.function.name());
        // Cloud Storage has one entity tag in its events and another in its XML interface: the store's own counts.
        let etag = match self.store.head(&self.bucket, &name).await {
            Ok(info) => info.etag,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                tracing::info!(function, blob = name.as_str(), "gone already");
                return Ok(Verdict::Done);
            }
            Err(error) => return Err(error),
        };
        let key = claims::of_blob(function, &claims::blob_state(&name, &etag))?;
        let now = worker.clock.now();
        Ok(match worker.claims.claim(&key, name.as_str(), worker.lease()).await? {
            Claimed::Here(claim) => {
                let blob = CreatedBlob { bucket: self.bucket.clone(), name, etag };
                let (_, again) = worker.run(claim, blob, host.clone()).await;
                // What is given up is on record: told again it would not be done either.
                again.map_or(Verdict::Done, |again| Verdict::after(again.since(worker.clock.now())))
            }
            Claimed::Elsewhere(until) => Verdict::after(until.since(now)),
            Claimed::Settled => {
                tracing::info!(function, blob = name.as_str(), "done already");
                Verdict::Done
            }
        })
    }
}

fn object(event: &CloudEvent) -> Result<Object, PushError> {
    let data = event.data().map(|data| &data[..]).unwrap_or_default();
    let mut json = serde_json::Deserializer::from_slice(data);
    serde_path_to_error::deserialize(&mut json).map_err(|error| PushError::malformed(FINALIZED, &error))
}
