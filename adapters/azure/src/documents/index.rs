//! Listing an index.
//!
//! A document holds its place in each index itself, and is found by it in all partitions; so what is listed is the document as
//! it stands, and there are no ghosts.

use std::ops::Bound;

use anyport_ports::documents::{Direction, Index, IndexPosition, IndexQuery, Page};
use anyport_ports::{CollectionName, Result};
use azure_data_cosmos::FeedScope;

use super::CosmosDocuments;
use super::item::{INDEXES, index_field};
use super::order::{self, BEYOND};
use super::query::{Asked, word};

impl CosmosDocuments {
    pub(super) async fn list_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        let call = self.call("documents.query_index", format_args!("{collection}/{}", query.index()));
        let (container, index) = self.index(&call, collection, query.index()).await?;
        let place = format!("c.{INDEXES}.{}", index_field(&index));
        let mut asked = Asked::ordered(&container, format!("{place} {}", word(query.runs())));
        let [(above, low), (below, high)] = bounds(query);
        asked.and(format!("{place} {above} @low"), &[("@low", low)]);
        asked.and(format!("{place} {below} @high"), &[("@high", high)]);
        let scope = FeedScope::full_container();
        let found = self.ask(&call, collection, &container, &asked, &scope, query.page_limit() + 1).await?;
        let placed = found.into_iter().filter_map(|document| {
            let sort = sort_of(&index, &document.body)?;
            Some((IndexPosition { sort, key: document.key.clone() }, document))
        });
        Ok(query.page(placed.collect()))
    }
}

fn sort_of(index: &Index, body: &anyport_ports::documents::Body) -> Option<String> {
    index.entry(body).map(|(_, sort)| sort.to_owned())
}

/// Between which places the documents are listed that a query has left, and how each bound compares.
fn bounds(query: &IndexQuery) -> [(&'static str, String); 2] {
    let under = order::under(query.equals());
    let at = |sort: &str| format!("{under}{}", order::encoded(sort));
    let past = |text: String| text + &BEYOND.to_string();
    let mut low = match query.range().start() {
        Bound::Included(sort) => (">=", at(sort)),
        Bound::Excluded(sort) => (">=", past(at(sort))),
        Bound::Unbounded => (">=", under.clone()),
    };
    let mut high = match query.range().end() {
        Bound::Included(sort) => ("<", past(at(sort))),
        Bound::Excluded(sort) => ("<", at(sort)),
        Bound::Unbounded => ("<", past(order::encoded(query.equals()))),
    };
    if let Some(IndexPosition { sort, key }) = query.position() {
        let reached = order::place(query.equals(), sort, key);
        match query.runs() {
            Direction::Ascending => low = (">", reached),
            Direction::Descending => high = ("<", reached),
        }
    }
    [low, high]
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyport_ports::IndexName;
    use anyport_ports::documents::{Key, TextRange};

    const TEXTS: [&str; 10] = ["\0", "\0\0", " ", "!", "a", "a\0", "a!", "a b", "ab", "é"];

    fn within(place: &str, [(above, low), (below, high)]: &[(&str, String); 2]) -> bool {
        let past_low = if *above == ">" { place > low.as_str() } else { place >= low.as_str() };
        past_low && *below == "<" && place < high.as_str()
    }

    #[test]
    fn bounds_hold_what_the_range_holds() {
        let key = Key::new("p", "s").unwrap();
        let on = |text: &'static str| [Bound::Unbounded, Bound::Included(text), Bound::Excluded(text)];
        for (from, to) in TEXTS.into_iter().flat_map(|from| TEXTS.map(|to| (from, to))) {
            for (start, end) in on(from).into_iter().flat_map(|start| on(to).map(|end| (start, end))) {
                let query =
                    IndexQuery::new(IndexName::from_static("by-state"), "a").within(TextRange::between(start, end));
                for sort in TEXTS {
                    for equals in TEXTS {
                        let held = equals == "a" && query.range().contains(sort);
                        let place = order::place(equals, sort, &key);
                        assert_eq!(within(&place, &bounds(&query)), held, "{equals:?} {sort:?} {query:?}");
                    }
                }
            }
        }
    }
}
