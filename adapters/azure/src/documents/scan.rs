//! Reading a whole collection by segments.
//!
//! A segment is a part of the space that Cosmos DB spreads partition keys over by their hash, so the service reads no more
//! than is asked for. Within it documents are listed by id and partition key, in the order that the service has.

use std::str::FromStr as _;

use anyport_ports::documents::{Page, ScanQuery, Segment};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use azure_data_cosmos::FeedScope;
use azure_data_cosmos::feed::FeedRange;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use super::CosmosDocuments;
use super::item;
use super::query::Asked;

/// Hashes of partition keys lie below this, by their first two bytes: the two highest bits are none of them
/// (`azure_data_cosmos_driver::models::effective_partition_key`).
const HASHES: u32 = 0x4000;

impl CosmosDocuments {
    pub(super) async fn list_segment(&self, collection: &CollectionName, query: &ScanQuery) -> Result<Page> {
        let call = self.call("documents.scan", collection);
        let container = self.container(&call, collection).await?;
        let mut asked = Asked::ordered(&container, "c.id ASC, c.pk ASC");
        if let Some(last) = query.position() {
            let parameters = [("@id", item::id(last)), ("@pk", last.partition().as_str().to_owned())];
            asked.and("(c.id > @id OR (c.id = @id AND c.pk > @pk))", &parameters);
        }
        let scope = FeedScope::range(range(query.scanned()).map_err(|error| call.named(error))?);
        let found = self.ask(&call, collection, &container, &asked, &scope, query.page_limit() + 1).await?;
        Ok(query.page(found))
    }
}

/// The part of the hashes that a segment is.
fn range(segment: Segment) -> Result<FeedRange> {
    let [min, max] = bounds(segment);
    feed_range(&min, &max)
}

fn bounds(segment: Segment) -> [String; 2] {
    let (number, of) = segment.numbered();
    let bound = |number: u32| match number {
        0 => String::new(),
        number if number == of => "FF".to_owned(),
        number => format!("{:04X}", HASHES * number / of),
    };
    [bound(number), bound(number + 1)]
}

/// The range between two hashes, in the form that all of Cosmos DB's clients share.
pub(super) fn feed_range(min: &str, max: &str) -> Result<FeedRange> {
    let range = json!({"Range": {"min": min, "max": max, "isMinInclusive": true, "isMaxInclusive": false}});
    FeedRange::from_str(&BASE64.encode(range.to_string())).map_err(|error| {
        Error::new(ErrorKind::Internal, "a range of hashes could not be made").caused_by(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_side_by_side_and_together_all_there_is() {
        for of in [1, 2, 3, 7, 64] {
            let all: Vec<[String; 2]> = (0..of).map(|number| bounds(Segment::new(number, of).unwrap())).collect();
            assert_eq!(all[0][0], "");
            assert_eq!(all[all.len() - 1][1], "FF");
            assert!(all.windows(2).all(|pair| pair[0][1] == pair[1][0]), "{all:?}");
            assert!(all.iter().all(|[min, max]| min < max), "{all:?}");
            assert!((0..of).all(|number| range(Segment::new(number, of).unwrap()).is_ok()));
        }
    }
}
