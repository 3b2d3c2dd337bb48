//! What describes an object, to and from `object_store`.

use std::collections::BTreeMap;

use anyport_ports::Timestamp;
use anyport_ports::blobs::{BlobInfo, BlobName, Etag};
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectMeta, PutResult, UpdateVersion};
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
pub(crate) fn path(name: &BlobName) -> object_store::Result<Path> {
    Ok(Path::parse(name.as_str())?)
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
pub(crate) fn info(tags: Tags, name: &BlobName, meta: &ObjectMeta, attributes: &Attributes) -> BlobInfo {
    let metadata = attributes.iter().filter_map(|(attribute, value)| match attribute {
        Attribute::Metadata(name) if name != OPERATION => Some((name.to_string(), value.to_string())),
        _ => None,
    });
    let content_type = attributes.get(&Attribute::ContentType).map_or(UNTYPED, AsRef::as_ref);
    BlobInfo {
        name: name.clone(),
        length: meta.size,
        etag: tags.of_object(meta),
        content_type: content_type.to_owned(),
        metadata: metadata.collect(),
        modified_at: to_the_second(meta.last_modified.timestamp_millis()),
    }
}

/// By what a cloud tells the states of an object apart, and has writes name the one to replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "gcs", any(feature = "s3", feature = "azure"))),
    allow(dead_code, reason = "one kind a cloud")
)]
pub(crate) enum Tags {
    /// HTTP's entity tag. The port has it without quotes.
    Entity,
    /// The generation of Google Cloud Storage, whose entity tags no write can name.
    Generation,
}

impl Tags {
    /// The etag of an object of which this was told; `None` if the one that counts was not.
    pub(crate) fn etag(self, entity: Option<&str>, generation: Option<&str>) -> Option<Etag> {
        match self {
            Self::Entity => entity.map(|entity| Etag::new(entity.trim_matches('"'))),
            Self::Generation => generation.map(Etag::new),
        }
    }

    /// The etag of an object that was read.
    pub(crate) fn of_object(self, meta: &ObjectMeta) -> Etag {
        self.etag(meta.e_tag.as_deref(), meta.version.as_deref()).unwrap_or_else(|| Etag::new(""))
    }

    /// The etag of an object that was written.
    pub(crate) fn of_put(self, written: &PutResult) -> Option<Etag> {
        self.etag(written.e_tag.as_deref(), written.version.as_deref())
    }

    /// The object to replace; `None` if none ever had this etag.
    pub(crate) fn version(self, etag: &Etag) -> Option<UpdateVersion> {
        match self {
            Self::Entity => Some(UpdateVersion { e_tag: Some(format!("\"{}\"", etag.as_str())), version: None }),
            // Generation 0 is that of what is absent.
            Self::Generation => {
                let generation: u64 = etag.as_str().parse().ok().filter(|generation| *generation > 0)?;
                Some(UpdateVersion { e_tag: None, version: Some(generation.to_string()) })
            }
        }
    }
}

/// The contract tells modification times to the second, since HTTP dates do.
pub(crate) fn to_the_second(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis.div_euclid(1_000) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_path() {
        for name in ["a", " a b ", "a/b c/..d", "?#%2F&+~", "%", "\u{feff}x", "\u{1f600}"] {
            assert_eq!(path(&BlobName::new(name).unwrap()).unwrap().as_ref(), name);
        }
    }

    #[test]
    fn an_etag_is_what_the_cloud_lets_a_write_name() {
        let (entity, generation) = (Some("\"0x8D\""), Some("1700000000000001"));
        let etag = Tags::Entity.etag(entity, generation).unwrap();
        assert_eq!(etag.as_str(), "0x8D");
        assert_eq!(Tags::Entity.version(&etag).unwrap().e_tag.as_deref(), Some("\"0x8D\""));
        let etag = Tags::Generation.etag(entity, generation).unwrap();
        assert_eq!(etag.as_str(), "1700000000000001");
        assert_eq!(Tags::Generation.version(&etag).unwrap().version.as_deref(), Some("1700000000000001"));
        assert_eq!(Tags::Generation.etag(entity, None), None);
        for never in ["", "0", "-1", "0x8D", "1e3"] {
            assert!(Tags::Generation.version(&Etag::new(never)).is_none(), "{never}");
        }
    }
}
