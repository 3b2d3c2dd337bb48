//! Conditions as DynamoDB evaluates them.

use std::collections::HashMap;

use anyport_ports::Timestamp;
use anyport_ports::documents::{Condition, Version};
use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{self, BODY, BODY_JSON, EXPIRES_AT, EXPIRES_AT_MS, Item, PARTITION, VERSION};
use crate::attempts::Repeat;

/// A condition expression with its names and values. An expired item is as an absent one.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Guard {
    pub(super) expression: Option<String>,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<HashMap<String, AttributeValue>>,
}

/// Expired, of an item that is there. A comparison with an attribute that is missing, or no number, does not hold.
const EXPIRED: &str = "(#ms <= :ms OR (attribute_not_exists(#ms) AND #at <= :at))";

impl Guard {
    /// The guard of a condition at this instant.
    pub(super) fn of(condition: &Condition, now: Timestamp) -> Self {
        let expression = match condition {
            Condition::Always => return Self::default(),
            Condition::Absent => format!("attribute_not_exists(#key) OR {EXPIRED}"),
            Condition::Present => format!("attribute_exists(#key) AND NOT {EXPIRED}"),
            Condition::Version(_) => format!("#version = :version AND NOT {EXPIRED}"),
        };
        let mut guard = Self { expression: Some(expression), ..Self::default() };
        if let Condition::Version(version) = condition {
            guard.name("#version", VERSION);
            guard.value(":version", item::text(version.as_str()));
        } else {
            guard.name("#key", PARTITION);
        }
        guard.name("#at", EXPIRES_AT);
        guard.name("#ms", EXPIRES_AT_MS);
        guard.value(":at", AttributeValue::N(now.as_millis().div_euclid(1000).to_string()));
        guard.value(":ms", AttributeValue::N(now.as_millis().to_string()));
        guard
    }

    /// Holds as long as the item is as it is here: how a document without a version is told from a changed one.
    pub(super) fn unchanged(standing: &Item) -> Self {
        let mut guard = Self::default();
        let mut terms = Vec::new();
        for (number, name) in [VERSION, BODY, BODY_JSON, EXPIRES_AT, EXPIRES_AT_MS].into_iter().enumerate() {
            let place = format!("#a{number}");
            guard.name(&place, name);
            if let Some(value) = standing.get(name) {
                terms.push(format!("{place} = :a{number}"));
                guard.value(&format!(":a{number}"), value.clone());
            } else {
                terms.push(format!("attribute_not_exists({place})"));
            }
        }
        guard.expression = Some(terms.join(" AND "));
        guard
    }

    /// Writes nothing and holds always: DynamoDB wants an expression for a check.
    pub(super) fn or_always(mut self) -> Self {
        if self.expression.is_none() {
            self.expression = Some("attribute_exists(#key) OR attribute_not_exists(#key)".to_owned());
            self.name("#key", PARTITION);
        }
        self
    }

    fn name(&mut self, place: &str, name: &str) {
        self.names.get_or_insert_default().insert(place.to_owned(), name.to_owned());
    }

    fn value(&mut self, place: &str, value: AttributeValue) {
        self.values.get_or_insert_default().insert(place.to_owned(), value);
    }
}

/// Whether a write under this condition may be made again after an attempt whose outcome is unknown. A version that the
/// adapter made stands once, so the second time is refused if the first was done, whatever others did in between.
pub(super) fn repeat(condition: &Condition) -> Repeat {
    match condition {
        Condition::Version(version) if !item::may_be_digest(version) => Repeat::Harmless,
        _ => Repeat::Harmful,
    }
}

/// The version under the condition, if it may be a digest.
pub(super) fn digest(condition: &Condition) -> Option<&Version> {
    match condition {
        Condition::Version(version) if item::may_be_digest(version) => Some(version),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_of_our_own_making_stands_once() {
        let version = |text: &str| Condition::Version(Version::new(text));
        for (condition, expected) in [
            (Condition::Always, Repeat::Harmful),
            (Condition::Absent, Repeat::Harmful),
            (Condition::Present, Repeat::Harmful),
            (version("content:00"), Repeat::Harmful),
            (version("6c1f"), Repeat::Harmless),
        ] {
            assert_eq!(repeat(&condition), expected, "{condition:?}");
        }
    }

    #[test]
    fn every_name_and_value_given_is_used_and_every_one_used_is_given() {
        let standing = Item::from([(BODY.to_owned(), AttributeValue::M(HashMap::new()))]);
        let now = Timestamp::from_millis(1);
        for guard in [
            Guard::of(&Condition::Absent, now),
            Guard::of(&Condition::Present, now),
            Guard::of(&Condition::Version(Version::new("v")), now),
            Guard::of(&Condition::Always, now).or_always(),
            Guard::unchanged(&standing),
        ] {
            let expression = guard.expression.unwrap();
            let mut used: Vec<String> = expression
                .split(|character: char| !character.is_ascii_alphanumeric() && !"#:_".contains(character))
                .filter(|word| word.starts_with(['#', ':']))
                .map(str::to_owned)
                .collect();
            used.sort();
            used.dedup();
            let mut given: Vec<String> = guard.names.unwrap_or_default().into_keys().collect();
            given.extend(guard.values.unwrap_or_default().into_keys());
            given.sort();
            assert_eq!(used, given, "{expression}");
        }
    }
}
