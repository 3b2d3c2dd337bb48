//! What a vault holds.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::answer::Refusal;

/// The service's limit of a value, in bytes.
const MAX_VALUE_BYTES: usize = 25_600;

/// Longest name.
const MAX_NAME_BYTES: usize = 127;

/// The secrets of a vault, those that are deleted and can be recovered, and where it is.
pub(super) struct Store {
    url: String,
    secrets: BTreeMap<String, Vec<Version>>,
    deleted: BTreeMap<String, Vec<Version>>,
    count: u64,
}

/// One version of a secret; the last one is the current one.
struct Version {
    id: String,
    value: String,
    created: u64,
    properties: Properties,
}

/// What can be given with a value, and changed without one.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Properties {
    #[serde(rename = "contentType")]
    content_type: Option<String>,
    attributes: Option<Attributes>,
    tags: Option<Map<String, Value>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Attributes {
    enabled: Option<bool>,
}

impl Version {
    fn is_enabled(&self) -> bool {
        self.properties.attributes.as_ref().and_then(|attributes| attributes.enabled).unwrap_or(true)
    }
}

impl Store {
    /// An empty vault at this URL.
    pub(super) fn new(url: String) -> Self {
        Self { url, secrets: BTreeMap::new(), deleted: BTreeMap::new(), count: 0 }
    }

    /// Puts a new current version.
    pub(super) fn set(&mut self, name: &str, value: String, properties: Properties) -> Result<Value, Refusal> {
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !plain || name.is_empty() || name.len() > MAX_NAME_BYTES {
            return Err(Refusal::BadParameter("The name of a secret is 1 to 127 letters, digits and hyphens."));
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(Refusal::BadParameter("The secret's value exceeds the maximum of 25k bytes."));
        }
        let name = name.to_ascii_lowercase();
        if self.deleted.contains_key(&name) {
            return Err(Refusal::Deleted);
        }
        self.count += 1;
        let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let seed = format!("{name} {} {created}", self.count);
        let digest = Sha256::digest(seed.as_bytes());
        let id = format!("{:032x}", digest.iter().take(16).fold(0_u128, |id, byte| id << 8 | u128::from(*byte)));
        let versions = self.secrets.entry(name.clone()).or_default();
        versions.push(Version { id, value, created, properties });
        self.get(&name, None).or_else(|_| self.describe_last(&name))
    }

    /// A version, or the current one, with its value.
    pub(super) fn get(&self, name: &str, version: Option<&str>) -> Result<Value, Refusal> {
        let name = name.to_ascii_lowercase();
        let versions = self.secrets.get(&name).ok_or(Refusal::NotFound)?;
        let found = match version {
            None => versions.last(),
            Some(id) => versions.iter().find(|version| version.id == id),
        };
        let found = found.ok_or(Refusal::NotFound)?;
        if !found.is_enabled() {
            return Err(Refusal::Disabled);
        }
        let mut answer = self.described(&name, found, true);
        answer["value"] = Value::from(found.value.as_str());
        Ok(answer)
    }

    /// Changes what goes with a version.
    pub(super) fn update(&mut self, name: &str, version: &str, change: Properties) -> Result<Value, Refusal> {
        let name = name.to_ascii_lowercase();
        let versions = self.secrets.get_mut(&name).ok_or(Refusal::NotFound)?;
        let found = versions.iter_mut().find(|found| found.id == version).ok_or(Refusal::NotFound)?;
        let own = &mut found.properties;
        own.content_type = change.content_type.or(own.content_type.take());
        own.attributes = change.attributes.or(own.attributes.take());
        own.tags = change.tags.or(own.tags.take());
        let found = self.secrets[&name].iter().find(|found| found.id == version).ok_or(Refusal::NotFound)?;
        Ok(self.described(&name, found, true))
    }

    /// All versions of a secret, without their values.
    pub(super) fn versions(&self, name: &str) -> Value {
        let name = name.to_ascii_lowercase();
        let versions = self.secrets.get(&name).map(Vec::as_slice).unwrap_or_default();
        page(versions.iter().map(|version| self.described(&name, version, true)))
    }

    /// All secrets, without values and versions.
    pub(super) fn list(&self) -> Value {
        let current = |(name, versions): (&String, &Vec<Version>)| {
            versions.last().map(|version| self.described(name, version, false))
        };
        page(self.secrets.iter().filter_map(current))
    }

    /// Deletes a secret with all its versions; it can be recovered.
    pub(super) fn delete(&mut self, name: &str) -> Result<Value, Refusal> {
        let name = name.to_ascii_lowercase();
        let versions = self.secrets.remove(&name).ok_or(Refusal::NotFound)?;
        self.deleted.insert(name.clone(), versions);
        self.deleted(&name)
    }

    /// A secret that was deleted.
    pub(super) fn deleted(&self, name: &str) -> Result<Value, Refusal> {
        let name = name.to_ascii_lowercase();
        let version = self.deleted.get(&name).and_then(|versions| versions.last()).ok_or(Refusal::NotFound)?;
        let mut answer = self.described(&name, version, true);
        answer["recoveryId"] = Value::from(format!("{}/deletedsecrets/{name}", self.url));
        Ok(answer)
    }

    /// All secrets that were deleted.
    pub(super) fn all_deleted(&self) -> Value {
        page(self.deleted.keys().filter_map(|name| self.deleted(name).ok()))
    }

    /// Takes a deleted secret back.
    pub(super) fn recover(&mut self, name: &str) -> Result<Value, Refusal> {
        let name = name.to_ascii_lowercase();
        let versions = self.deleted.remove(&name).ok_or(Refusal::NotFound)?;
        self.secrets.insert(name.clone(), versions);
        self.describe_last(&name)
    }

    /// Deletes for good what was deleted.
    pub(super) fn purge(&mut self, name: &str) -> Result<(), Refusal> {
        self.deleted.remove(&name.to_ascii_lowercase()).map(drop).ok_or(Refusal::NotFound)
    }

    fn describe_last(&self, name: &str) -> Result<Value, Refusal> {
        let version = self.secrets.get(name).and_then(|versions| versions.last()).ok_or(Refusal::NotFound)?;
        Ok(self.described(name, version, true))
    }

    fn described(&self, name: &str, version: &Version, with_version: bool) -> Value {
        let mut id = format!("{}/secrets/{name}", self.url);
        if with_version {
            id = format!("{id}/{}", version.id);
        }
        let attributes = json!({
            "enabled": version.is_enabled(),
            "created": version.created,
            "updated": version.created,
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": 90,
        });
        let mut answer = json!({"id": id, "attributes": attributes});
        if let Some(content_type) = &version.properties.content_type {
            answer["contentType"] = Value::from(content_type.as_str());
        }
        if let Some(tags) = &version.properties.tags {
            answer["tags"] = Value::Object(tags.clone());
        }
        answer
    }
}

/// All in one page.
fn page(values: impl Iterator<Item = Value>) -> Value {
    json!({"value": values.collect::<Vec<_>>(), "nextLink": null})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        Store::new("https://vault".to_owned())
    }

    fn set(store: &mut Store, name: &str, value: &str) -> String {
        let answer = store.set(name, value.to_owned(), Properties::default()).unwrap();
        let id = answer["id"].as_str().unwrap();
        id.rsplit('/').next().unwrap().to_owned()
    }

    #[test]
    fn the_newest_version_is_current_and_the_others_stay() {
        let mut store = store();
        let (first, second) = (set(&mut store, "Key", "one"), set(&mut store, "key", "two"));
        assert!(first != second && first.len() == 32);
        assert_eq!(store.get("key", None).unwrap()["value"], "two");
        assert_eq!(store.get("KEY", Some(&first)).unwrap()["value"], "one");
        assert_eq!(store.versions("key")["value"].as_array().unwrap().len(), 2);
        assert_eq!(store.get("key", Some("other")), Err(Refusal::NotFound));
        assert_eq!(store.get("other", None), Err(Refusal::NotFound));
    }

    #[test]
    fn a_disabled_version_is_refused_by_itself() {
        let mut store = store();
        let (first, _) = (set(&mut store, "key", "one"), set(&mut store, "key", "two"));
        let disabled: Properties = serde_json::from_value(json!({"attributes": {"enabled": false}})).unwrap();
        store.update("key", &first, disabled).unwrap();
        assert_eq!(store.get("key", Some(&first)), Err(Refusal::Disabled));
        assert_eq!(store.get("key", None).unwrap()["value"], "two");
    }

    #[test]
    fn what_is_deleted_is_kept_until_it_is_purged() {
        let mut store = store();
        set(&mut store, "key", "one");
        store.delete("key").unwrap();
        assert_eq!(store.get("key", None), Err(Refusal::NotFound));
        assert_eq!(store.set("key", "two".to_owned(), Properties::default()), Err(Refusal::Deleted));
        assert_eq!(store.all_deleted()["value"].as_array().unwrap().len(), 1);
        store.recover("key").unwrap();
        assert_eq!(store.get("key", None).unwrap()["value"], "one");
        store.delete("key").unwrap();
        store.purge("key").unwrap();
        set(&mut store, "key", "three");
        assert_eq!(store.list()["value"][0]["id"], "https://vault/secrets/key");
    }

    #[test]
    fn names_and_values_are_bounded() {
        let mut store = store();
        for name in ["", "a_b", "ä", &"a".repeat(128)] {
            assert!(store.set(name, "x".to_owned(), Properties::default()).is_err(), "{name}");
        }
        let large = "x".repeat(MAX_VALUE_BYTES + 1);
        assert!(matches!(store.set("key", large, Properties::default()), Err(Refusal::BadParameter(_))));
    }
}
