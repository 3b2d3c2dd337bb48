//! A query as Firestore's structured query.

use std::ops::Bound;

use anyport_ports::documents::{Direction, TextRange};
use firestore::gcloud_sdk::google::firestore::v1::structured_query::composite_filter::Operator as Join;
use firestore::gcloud_sdk::google::firestore::v1::structured_query::field_filter::Operator;
use firestore::gcloud_sdk::google::firestore::v1::structured_query::filter::FilterType;
use firestore::gcloud_sdk::google::firestore::v1::structured_query::{
    CollectionSelector, CompositeFilter, Direction as WireDirection, FieldFilter, FieldReference, Filter, Order,
};
use firestore::gcloud_sdk::google::firestore::v1::value::ValueType;
use firestore::gcloud_sdk::google::firestore::v1::{Cursor, Document as Stored, StructuredQuery, Value};

use super::value;

/// The path that stands for a document's name.
pub(super) const NAME: &str = "__name__";

/// Longest text of a bound, in bytes. Whatever is listed by text is shorter, so a longer bound is no other than its
/// beginning.
const MAX_BOUND_BYTES: usize = 1_200;

/// What is listed of one collection.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    collection: String,
    filters: Vec<Filter>,
    order: Vec<Order>,
    after: Vec<Value>,
    limit: usize,
}

impl Listing {
    /// All documents of the collection of Firestore of this id, by their names.
    pub(super) fn of(collection: String) -> Self {
        Self { collection, filters: Vec::new(), order: Vec::new(), after: Vec::new(), limit: usize::MAX }
    }

    /// Only those in which a field is this.
    pub(super) fn equal(self, field: &str, value: Value) -> Self {
        self.filtered(field, Operator::Equal, value)
    }

    /// Only those in which a field is this or more.
    pub(super) fn at_least(self, field: &str, value: Value) -> Self {
        self.filtered(field, Operator::GreaterThanOrEqual, value)
    }

    /// Only those in which a field is less than this.
    pub(super) fn below(self, field: &str, value: Value) -> Self {
        self.filtered(field, Operator::LessThan, value)
    }

    /// Only those in which the text of a field is within this range.
    pub(super) fn within(self, field: &str, range: &TextRange) -> Self {
        let lower = match range.start() {
            Bound::Unbounded => None,
            Bound::Included(text) => Some((Operator::GreaterThanOrEqual, text)),
            Bound::Excluded(text) => Some((Operator::GreaterThan, text)),
        };
        let upper = match range.end() {
            Bound::Unbounded => None,
            Bound::Included(text) => Some((Operator::LessThanOrEqual, text)),
            Bound::Excluded(text) => Some((Operator::LessThan, text)),
        };
        [lower, upper]
            .into_iter()
            .flatten()
            .fold(self, |listing, (operator, text)| listing.filtered(field, operator, value::text(beginning(text))))
    }

    /// In the order of this field, and then of those that were named before.
    pub(super) fn ordered(mut self, field: &str, direction: Direction) -> Self {
        let direction = match direction {
            Direction::Ascending => WireDirection::Ascending,
            Direction::Descending => WireDirection::Descending,
        };
        self.order.push(Order { field: Some(reference(field)), direction: direction as i32 });
        self
    }

    /// Only those after the document that has these values in the fields that it is ordered by.
    pub(super) fn after(mut self, values: Vec<Value>) -> Self {
        self.after = values;
        self
    }

    /// Only those after this document, which was listed.
    pub(super) fn after_document(self, stored: &Stored) -> Self {
        let value = |order: &Order| at(stored, order.field.as_ref().map_or("", |field| &field.field_path));
        let values = self.order.iter().map(value).collect();
        self.after(values)
    }

    /// At most this many.
    pub(super) fn first(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// The query.
    pub(super) fn build(&self) -> StructuredQuery {
        let from = vec![CollectionSelector { collection_id: self.collection.clone(), all_descendants: false }];
        let and = |filters| Filter {
            filter_type: Some(FilterType::CompositeFilter(CompositeFilter { op: Join::And as i32, filters })),
        };
        let filter = match self.filters.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(and(several.to_vec())),
        };
        let start_at = (!self.after.is_empty()).then(|| Cursor { values: self.after.clone(), before: false });
        let limit = i32::try_from(self.limit).ok();
        StructuredQuery {
            from,
            r#where: filter,
            order_by: self.order.clone(),
            start_at,
            limit,
            ..StructuredQuery::default()
        }
    }

    fn filtered(mut self, field: &str, operator: Operator, value: Value) -> Self {
        let filter = FieldFilter { field: Some(reference(field)), op: operator as i32, value: Some(value) };
        self.filters.push(Filter { filter_type: Some(FilterType::FieldFilter(filter)) });
        self
    }
}

/// What a document holds at a path, whose parts hold neither points nor backticks.
fn at(stored: &Stored, path: &str) -> Value {
    if path == NAME {
        return value::reference(stored.name.clone());
    }
    let mut parts = path.split('.').map(|part| part.trim_matches('`'));
    let first = parts.next().and_then(|part| stored.fields.get(part));
    let held = parts.fold(first, |value, part| match &value?.value_type {
        Some(ValueType::MapValue(map)) => map.fields.get(part),
        _ => None,
    });
    held.cloned().unwrap_or_default()
}

fn reference(field: &str) -> FieldReference {
    FieldReference { field_path: field.to_owned() }
}

/// The beginning of a text that is too long for an index.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BOUND_BYTES)]
}

/// Whether a range has nothing in it, whatever there is.
pub(super) fn is_crossed(range: &TextRange) -> bool {
    match (range.start(), range.end()) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(start), Bound::Included(end)) => start > end,
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => start >= end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crossed_ranges_are_told_from_narrow_ones() {
        use Bound::{Excluded, Included, Unbounded};
        let range = |start: Bound<&str>, end: Bound<&str>| TextRange::between(start, end);
        assert!(!is_crossed(&range(Included("a"), Included("a"))));
        assert!(is_crossed(&range(Included("a"), Excluded("a"))) && is_crossed(&range(Excluded("a"), Included("a"))));
        assert!(is_crossed(&range(Included("b"), Included("a"))));
        assert!(!is_crossed(&range(Unbounded, Included("a"))) && !is_crossed(&range(Excluded("a"), Included("b"))));
    }

    #[test]
    fn a_listing_goes_on_after_the_document_it_stopped_at() {
        let place = value::map_of([("order".to_owned(), value::text("o"))]);
        let indexed = value::map_of([("by-x".to_owned(), place)]);
        let fields = [("index".to_owned(), indexed), ("sort".to_owned(), value::text("s"))].into_iter().collect();
        let stored = Stored { name: "n".to_owned(), fields, ..Stored::default() };
        let listing = ["index.`by-x`.order", "sort", NAME]
            .into_iter()
            .fold(Listing::of("users".to_owned()), |listing, path| listing.ordered(path, Direction::Ascending));
        let cursor = listing.after_document(&stored).build().start_at.unwrap();
        assert_eq!(cursor.values, [value::text("o"), value::text("s"), value::reference("n")]);
        assert!(!cursor.before);
    }

    #[test]
    fn a_long_bound_is_cut_at_a_character() {
        let text = "é".repeat(1_000);
        assert_eq!(beginning(&text).len(), 1_200);
        assert_eq!(beginning(&format!("x{text}")).len(), 1_199);
        assert_eq!(beginning("short"), "short");
    }
}
