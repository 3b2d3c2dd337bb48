//! What describes an object, to and from `object_store`.

use std::collections::BTreeMap;

use anyport_ports::blobs::{BlobInfo, BlobName, Etag};
use anyport_ports::{Error, ErrorKind, Result, Timestamp};
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectMeta};
use uuid::Uuid;

/// The name of the operation id in an object's metadata, which no metadata of the port begins with an underscore as.
/// A valid identifier, as Azure wants it.
const OPERATION: &str = "_anyport_operation";

/// What S3 has for objects written without a type.
const UNTYPED: &str = "binary/octet-stream";

/// Names one write, so that it can be found when its answer was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OperationId(String);

impl OperationId {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it wrote the object of these attributes.
    pub(crate) fn wrote(&self, attributes: &Attributes) -> bool {
        let key = Attribute::Metadata(OPERATION.into());
        attributes.get(&key).is_some_and(|id| id.as_ref() == self.0)
    }
}

/// The object's path, which under the rules of names is the name itself.
pub(crate) fn path(name: &BlobName) -> Result<Path> {
    Path::parse(name.as_str())
        .ok()
        .filter(|path| path.as_ref() == name.as_str())
        .ok_or_else(|| Error::new(ErrorKind::Internal, "the name of the blob is no path to object_store"))
}

/// Content type, metadata and operation id, to be written.
pub(crate) fn attributes(
    content_type: &str,
    metadata: &BTreeMap<String, String>,
    operation: &OperationId,
) -> Attributes {
    let mut attributes = Attributes::with_capacity(metadata.len() + 2);
    attributes.insert(Attribute::ContentType, content_type.to_owned().into());
    attributes.insert(Attribute::Metadata(OPERATION.into()), operation.0.clone().into());
    for (name, value) in metadata {
        attributes.insert(Attribute::Metadata(name.clone().into()), value.clone().into());
    }
    attributes
}

/// What was read of an object.
pub(crate) fn info(name: &BlobName, meta: &ObjectMeta, attributes: &Attributes) -> BlobInfo {
    let metadata = attributes.iter().filter_map(|(attribute, value)| match attribute {
        Attribute::Metadata(name) if name != OPERATION => Some((name.to_string(), value.to_string())),
        _ => None,
    });
    let content_type = attributes.get(&Attribute::ContentType).map_or(UNTYPED, AsRef::as_ref);
    BlobInfo {
        name: name.clone(),
        length: meta.size,
        etag: etag(meta.e_tag.as_deref().unwrap_or_default()),
        content_type: content_type.to_owned(),
        metadata: metadata.collect(),
        modified_at: to_the_second(meta.last_modified.timestamp_millis()),
    }
}

/// An entity tag as the port has it: without quotes.
pub(crate) fn etag(quoted: &str) -> Etag {
    Etag::new(quoted.trim_matches('"'))
}

/// An entity tag as HTTP has it.
pub(crate) fn quoted(etag: &Etag) -> String {
    format!("\"{}\"", etag.as_str())
}

/// The contract tells modification times to the second, since HTTP dates do.
pub(crate) fn to_the_second(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis.div_euclid(1_000) * 1_000)
}
