//! What the service must be told of a workload's collections before it serves them: composite indexes, fields that need
//! no index, and what is removed when its time is over. Emulators serve without.

use anyport_ports::documents::Index;
use anyport_ports::resources::Resources;
use anyport_ports::{Naming, Result};
use serde::Serialize;

use super::{MAX_ID_BYTES, feed, record};

/// The indexes of a database, in the format of `firestore.indexes.json` when serialised
/// (<https://firebase.google.com/docs/reference/firestore/indexes>).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FirestoreIndexes {
    /// Composite indexes.
    pub indexes: Vec<CompositeIndex>,
    /// What differs for single fields from what Firestore does by itself.
    pub field_overrides: Vec<FieldOverride>,
}

/// A composite index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompositeIndex {
    /// The id of the collection.
    pub collection_group: String,
    /// Always `COLLECTION`.
    pub query_scope: &'static str,
    /// The fields in their order.
    pub fields: Vec<IndexedField>,
}

/// A field of a composite index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexedField {
    /// The path of the field, quoted where it has to be.
    pub field_path: String,
    /// `ASCENDING` or `DESCENDING`.
    pub order: &'static str,
}

/// What differs for a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldOverride {
    /// The id of the collection.
    pub collection_group: String,
    /// The path of the field.
    pub field_path: String,
    /// Whether documents are removed some time after the instant in this field.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ttl: bool,
    /// The indexes that the field has.
    pub indexes: Vec<FieldIndex>,
}

/// An index on one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldIndex {
    /// `ASCENDING`.
    pub order: &'static str,
    /// `COLLECTION`.
    pub query_scope: &'static str,
}

const SCOPE: &str = "COLLECTION";
const ASCENDING: &str = "ASCENDING";
const DESCENDING: &str = "DESCENDING";

/// What these resources need of a database in which the ids of collections begin with this prefix.
///
/// For each collection two composite indexes, one each way, and two more for each declared index. Nothing that a body holds
/// is indexed by itself: a body of many fields would have more entries than the 40,000 that a document may have, and every
/// write would pay for them.
///
/// # Errors
///
/// `InvalidInput` for a prefix that is none.
pub fn indexes(prefix: &str, resources: &Resources) -> Result<FirestoreIndexes> {
    let naming = Naming::new(prefix)?;
    let mut all = FirestoreIndexes::default();
    for spec in &resources.collections {
        let id = naming.of(spec.name.as_str(), MAX_ID_BYTES);
        for order in [ASCENDING, DESCENDING] {
            all.indexes
                .push(composite(&id, [(record::PARTITION.to_owned(), ASCENDING), (record::SORT.to_owned(), order)]));
        }
        for (index, order) in spec.indexes.iter().flat_map(|index| [(index, ASCENDING), (index, DESCENDING)]) {
            all.indexes.push(composite(
                &id,
                [
                    (path(index, record::EQUALS), ASCENDING),
                    (path(index, record::ORDER), order),
                    (record::PARTITION.to_owned(), order),
                    (record::SORT.to_owned(), order),
                ],
            ));
        }
        let unindexed = [record::BODY, record::BODY_JSON, record::VERSION, record::INDEX, record::EXPIRES_AT_MS];
        all.field_overrides.extend(unindexed.map(|field| field_override(&id, field, false, Vec::new())));
        all.field_overrides.push(field_override(&id, record::EXPIRES_AT, true, Vec::new()));
    }
    if resources.collections.iter().any(|spec| spec.feed) {
        let by_time = vec![FieldIndex { order: ASCENDING, query_scope: SCOPE }];
        let id = feed::entries_id(&naming);
        all.field_overrides.push(field_override(&id, record::EXPIRES_AT, true, by_time));
    }
    Ok(all)
}

/// The path of a text of an index's place.
pub(super) fn path(index: &Index, text: &str) -> String {
    format!("{}.`{}`.{text}", record::INDEX, index.name)
}

fn composite(collection: &str, fields: impl IntoIterator<Item = (String, &'static str)>) -> CompositeIndex {
    let fields = fields.into_iter().map(|(field_path, order)| IndexedField { field_path, order }).collect();
    CompositeIndex { collection_group: collection.to_owned(), query_scope: SCOPE, fields }
}

fn field_override(collection: &str, field: &str, ttl: bool, indexes: Vec<FieldIndex>) -> FieldOverride {
    FieldOverride { collection_group: collection.to_owned(), field_path: field.to_owned(), ttl, indexes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::resources::CollectionSpec;
    use anyport_ports::{CollectionName, IndexName};
    use serde_json::json;

    #[test]
    fn the_file_lists_what_queries_need() {
        let by_state = Index::new(IndexName::from_static("by-state"), "state", "rank");
        let spec = CollectionSpec::new(CollectionName::from_static("orders"), vec![by_state]).with_feed();
        let resources = Resources { collections: vec![spec], ..Resources::default() };
        let file = serde_json::to_value(indexes("t-", &resources).unwrap()).unwrap();
        let field = |path: &str, order: &str| json!({"fieldPath": path, "order": order});
        let index = |fields: &[serde_json::Value]| json!({"collectionGroup": "t-orders", "queryScope": "COLLECTION", "fields": fields});
        let way = |order: &str| {
            [
                index(&[field("partition", "ASCENDING"), field("sort", order)]),
                index(&[
                    field("index.`by-state`.equals", "ASCENDING"),
                    field("index.`by-state`.order", order),
                    field("partition", order),
                    field("sort", order),
                ]),
            ]
        };
        let ([up, index_up], [down, index_down]) = (way("ASCENDING"), way("DESCENDING"));
        assert_eq!(file["indexes"], json!([up, down, index_up, index_down]));
        let overrides = file["fieldOverrides"].as_array().unwrap();
        assert!(overrides.contains(&json!({"collectionGroup": "t-orders", "fieldPath": "body", "indexes": []})));
        assert!(
            overrides.contains(
                &json!({"collectionGroup": "t-orders", "fieldPath": "expires_at", "ttl": true, "indexes": []})
            )
        );
        assert!(overrides.contains(&json!({
            "collectionGroup": "t-anyport_changes", "fieldPath": "expires_at", "ttl": true,
            "indexes": [{"order": "ASCENDING", "queryScope": "COLLECTION"}],
        })));
        assert!(indexes("Not a prefix", &resources).is_err());
    }
}
