//! Objects of buckets.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use anyport_ports::blobs::{BlobName, Blobs, Etag};
use anyport_ports::handles::Ports;
use anyport_ports::{BucketName, Naming};
use aws_lambda_events::s3::{S3Entity, S3Event};
use percent_encoding::percent_decode_str;

use super::EventError;
use crate::Fault;
use crate::claims::{self, Claimed, Claims, Worker};
use crate::events::EventFunction;
use crate::function::kind::CreatedBlob;
use crate::layers::HostContext;

const LOOKS_LIKE: &str = "objects of S3";

/// The functions of buckets by the buckets' names at the provider.
pub(super) struct Buckets {
    buckets: HashMap<String, Bucket>,
    blobs: Arc<dyn Blobs>,
}

struct Bucket {
    name: BucketName,
    functions: Vec<(String, Worker<CreatedBlob>)>,
}

impl Buckets {
    pub(super) fn new(
        functions: Vec<(BucketName, String, EventFunction<CreatedBlob>)>,
        claims: &Claims,
        ports: &Ports,
        naming: &Naming,
    ) -> Self {
        let mut buckets: HashMap<String, Bucket> = HashMap::new();
        for (name, prefix, function) in functions {
            let worker = Worker { function, clock: ports.clock.clone(), claims: claims.clone(), keep: None };
            let bucket =
                buckets.entry(naming.of(name.as_str(), 63)).or_insert_with(|| Bucket { name, functions: Vec::new() });
            bucket.functions.push((prefix, worker));
        }
        Self { buckets, blobs: Arc::clone(&ports.blobs) }
    }

    /// Calls every function whose prefix fits for each object created, once for each state of its bytes. After one that
    /// failed the host sends the whole again, and what was done is not done anew.
    pub(super) async fn created(&self, event: S3Event, host: &HostContext) -> Result<(), EventError> {
        let mut result = Ok(());
        for record in event.records {
            let kind = record.event_name.as_deref().unwrap_or_default();
            // With or without "s3:" in front, as it comes from buckets and from notifications of others like them.
            if !kind.trim_start_matches("s3:").starts_with("ObjectCreated") {
                tracing::info!(event = kind, "no function is called by this kind of event");
                continue;
            }
            let (bucket, blob) = self.decoded(record.s3).await?;
            for (prefix, worker) in &bucket.functions {
                if !blob.name.as_str().starts_with(prefix.as_str()) {
                    continue;
                }
                if let Err(error) = run(worker, blob.clone(), host).await {
                    result = Err(error);
                }
            }
        }
        result
    }

    async fn decoded(&self, entity: S3Entity) -> Result<(&Bucket, CreatedBlob), EventError> {
        let name = entity.bucket.name.unwrap_or_default();
        let Some(bucket) = self.buckets.get(&name) else {
            return Err(EventError::NoFunction { source_name: format!("the bucket {name:?}") });
        };
        let key = decoded_key(entity.object.key.as_deref().unwrap_or_default())?;
        let name = BlobName::new(key).map_err(|error| EventError::malformed(LOOKS_LIKE, error.message()))?;
        let etag = match entity.object.e_tag {
            Some(etag) if !etag.is_empty() => Etag::new(etag.trim_matches('"')),
            _ => {
                let info = self.blobs.head(&bucket.name, &name).await;
                info.map_err(|error| EventError::failed("the look at the object", Fault::of(&error)))?.etag
            }
        };
        Ok((bucket, CreatedBlob { bucket: bucket.name.clone(), name, etag }))
    }
}

/// A key as it stands in events: like the field of a form, percent-encoded with a plus for each space.
fn decoded_key(key: &str) -> Result<String, EventError> {
    let spaced = key.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(String::from).map_err(|_| EventError::malformed(LOOKS_LIKE, "the key is not UTF-8"))
}

async fn run(worker: &Worker<CreatedBlob>, blob: CreatedBlob, host: &HostContext) -> Result<(), EventError> {
    let function = worker.function.name();
    let failed = |error: &anyport_ports::Error| EventError::failed(function, Fault::of(error));
    let key = claims::of_blob(function, &claims::blob_state(&blob.name, &blob.etag)).map_err(|error| failed(&error))?;
    let claimed = worker.claims.claim(&key, blob.name.as_str(), worker.lease()).await;
    match claimed.map_err(|error| failed(&error))? {
        Claimed::Here(claim) => {
            let (result, _) = worker.run(claim, blob, host.clone()).await;
            result.map_err(|fault| EventError::failed(function, fault))
        }
        Claimed::Elsewhere(until) => {
            let subject = blob.name.as_str().to_owned();
            Err(EventError::Busy { function: function.to_owned(), subject, until })
        }
        Claimed::Settled => {
            tracing::info!(function, blob = blob.name.as_str(), "done already");
            Ok(())
        }
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.buckets.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_like_the_fields_of_a_form() {
        assert_eq!(decoded_key("imports/a+b%2Bc%2Fd%C3%A9.csv").unwrap(), "imports/a b+c/d\u{e9}.csv");
        assert!(decoded_key("%ff").is_err());
    }
}
