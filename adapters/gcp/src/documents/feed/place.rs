//! A place in the feed of a collection.

use anyport_ports::documents::{FeedPage, FeedPosition};
use anyport_ports::{CollectionName, Error, Result};
use serde::{Deserialize, Serialize};

use super::log::SHARDS;

/// A place in a feed: by shard, the number of the last entry before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The shard to begin with, so that each has its turn.
    pub(super) first: usize,
    pub(super) shards: Vec<u64>,
}

impl Place {
    /// The place of a position, whose text somebody may have made up.
    pub(super) fn of(position: &FeedPosition, name: &CollectionName) -> Result<Self> {
        let place: Self = position.place(name)?;
        if place.shards.len() == SHARDS && place.first < SHARDS {
            Ok(place)
        } else {
            Err(Error::invalid("the position is not one that this feed gave: read from its oldest change"))
        }
    }

    /// The shards in which there is something after this place, in their turn, given the number of each shard's last
    /// entry. `PreconditionFailed` if a shard has not come as far as the place: it is not the one that it was.
    pub(super) fn news(&self, last: &[u64]) -> Result<Vec<usize>> {
        let mut news = Vec::new();
        for (shard, (before, last)) in self.shards.iter().zip(last).enumerate() {
            if before > last {
                return Err(FeedPage::no_longer_kept());
            }
            if before < last {
                news.push(shard);
            }
        }
        let turn = news.partition_point(|shard| *shard < self.first);
        news.rotate_left(turn);
        Ok(news)
    }
}

#[cfg(test)]
mod tests {
    use anyport_ports::ErrorKind;

    use super::*;

    const ORDERS: CollectionName = CollectionName::from_static("orders");

    #[test]
    fn a_place_that_somebody_made_up_is_refused() {
        let place = Place { first: 3, shards: vec![7; SHARDS] };
        assert_eq!(Place::of(&FeedPosition::at(&ORDERS, &place), &ORDERS).unwrap(), place);
        for bad in [Place { first: SHARDS, ..place.clone() }, Place { first: 0, shards: vec![7; SHARDS - 1] }] {
            let error = Place::of(&FeedPosition::at(&ORDERS, &bad), &ORDERS).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad:?}");
        }
    }

    #[test]
    fn every_shard_with_news_has_its_turn() {
        let mut last = vec![7; SHARDS];
        (last[1], last[5], last[9]) = (8, 9, 10);
        let news = |first| Place { first, shards: vec![7; SHARDS] }.news(&last).unwrap();
        assert_eq!((news(0), news(5), news(6)), (vec![1, 5, 9], vec![5, 9, 1], vec![9, 1, 5]));
        let beyond = Place { first: 0, shards: vec![11; SHARDS] }.news(&last);
        assert_eq!(beyond.unwrap_err().kind(), ErrorKind::PreconditionFailed);
    }
}
