//! Names of resources: collections, topics, subscriptions, buckets, secrets, indexes.

use std::borrow::Cow;
use std::fmt;

use crate::{Error, Result};

/// Shortest and longest name, in bytes: what every provider accepts for a table, container, topic, queue and bucket
/// (DynamoDB and S3 want three characters), with room for an environment's prefix.
pub const NAME_LENGTH: std::ops::RangeInclusive<usize> = 3..=48;

const RULE: &str = "a name is 3 to 48 of a-z, 0-9 and '-', starts with a letter and does not end with '-'";

const fn is_valid(bytes: &[u8]) -> bool {
    if bytes.len() < *NAME_LENGTH.start() || bytes.len() > *NAME_LENGTH.end() {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'-') {
            return false;
        }
        at += 1;
    }
    bytes[0].is_ascii_lowercase() && bytes[bytes.len() - 1] != b'-'
}

/// A name that every provider accepts. The newtypes around it keep a topic from being passed for a bucket.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Name(Cow<'static, str>);

impl Name {
    /// Parses a name; [`InvalidInput`](crate::ErrorKind::InvalidInput) tells the rule it breaks.
    pub fn new(name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        if is_valid(name.as_bytes()) {
            Ok(Self(Cow::Owned(name)))
        } else {
            Err(Error::invalid(format!("{name:?} is not a resource name: {RULE}")))
        }
    }

    /// A name known at compile time.
    ///
    /// # Panics
    ///
    /// If the name is bad: in a `const`, where this belongs, it then does not compile.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(is_valid(name.as_bytes()), "not a resource name: 3 to 48 of a-z, 0-9, '-', starting with a letter");
        Self(Cow::Borrowed(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Name);

        impl $name {
            /// Parses the name; [`InvalidInput`](crate::ErrorKind::InvalidInput) tells the rule it breaks.
            pub fn new(name: impl Into<String>) -> Result<Self> {
                Name::new(name).map(Self)
            }

            /// A name known at compile time; a bad one does not compile when used in a `const`.
            pub const fn from_static(name: &'static str) -> Self {
                Self(Name::from_static(name))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

named! {
    /// Names a collection of documents.
    CollectionName;
    /// Names a secondary index of a collection.
    IndexName;
    /// Names a topic.
    TopicName;
    /// Names a bucket of blobs.
    BucketName;
    /// Names a secret.
    SecretName;
    /// Names a service of others that is called over HTTP.
    ServiceName;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_on_every_provider() {
        for good in ["abc", "users", "order-events2", &"a".repeat(48)] {
            assert!(Name::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "ab", "1ab", "-abc", "abc-", "Abc", "a_b", "a.b", "ä-b", &"a".repeat(49)] {
            assert!(Name::new(bad).is_err(), "{bad}");
        }
    }
}
