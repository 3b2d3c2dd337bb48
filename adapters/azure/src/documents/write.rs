//! Writing one document.
//!
//! Cosmos DB evaluates one condition: an etag. A write whose condition tells the etag, or needs none, is one request; for
//! others what stands is read, the condition judged, and the write made under the etag that was read, until nobody was
//! faster. What is written has an id of its operation, so a write whose answer was lost knows itself again.

use anyport_ports::documents::{Condition, Key, Put, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Result, Timestamp};
use azure_core::http::Etag;
use azure_data_cosmos::models::ItemResponse;
use azure_data_cosmos::options::{ItemWriteOptions, Precondition};

use super::CosmosDocuments;
use super::call::{Call, Repeat};
use super::containers::Container;
use super::failure::Failure;
use super::item::{self, Item};
use super::version::Stamp;

/// How a write is made.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// First look at what stands.
    Look,
    /// Whatever stands there.
    Always,
    /// If nothing stands there.
    Create,
    /// If what stands has this etag.
    Under(String),
}

impl Way {
    /// Whether it may be gone again after a request whose outcome is unknown: an etag stands once.
    fn repeat(&self) -> Repeat {
        if matches!(self, Self::Under(_)) { Repeat::Harmless } else { Repeat::Harmful }
    }

    /// The way of a condition on which nothing need be read.
    fn of(condition: &Condition, now: Timestamp) -> Result<Self> {
        Ok(match condition {
            Condition::Always => Self::Always,
            Condition::Absent => Self::Create,
            Condition::Present => Self::Look,
            Condition::Version(version) => Self::Under(etag(version, now).ok_or_else(|| refusal(condition))?),
        })
    }
}

/// The etag of a version, unless it is none of this store's, or its document has expired.
pub(super) fn etag(version: &Version, now: Timestamp) -> Option<String> {
    let stamp = Stamp::of(version)?;
    stamp.expires_at.is_none_or(|expires_at| now < expires_at).then_some(stamp.etag)
}

/// What a condition says if nothing stands.
pub(super) fn refusal(condition: &Condition) -> Error {
    condition.check(None).err().unwrap_or_else(|| Error::new(ErrorKind::PreconditionFailed, "the document is gone"))
}

/// Judges a condition by what stands. A document that only its etag has changed of is still of its version.
pub(super) fn check(condition: &Condition, standing: Option<&Stamp>) -> Result<()> {
    match (condition, standing) {
        (Condition::Version(version), Some(standing)) if Stamp::of(version).is_some_and(|own| own.is_of(standing)) => {
            Ok(())
        }
        _ => condition.check(standing.map(Stamp::version).as_ref()),
    }
}

impl CosmosDocuments {
    pub(super) async fn put_one(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        let mut call = self.call("documents.put", format_args!("{collection}/{key}"));
        let container = self.container(&call, collection).await?;
        let (now, operation) = (self.shared.clock.now(), item::fresh_operation());
        let written = item::of(key, put, &operation, &container.indexes, now);
        let version =
            |etag: String| Stamp { operation: Some(operation.clone()), expires_at: put.expires_at, etag }.version();
        let mut way = Way::of(&put.condition, now).map_err(|error| call.named(error))?;
        for times in 0.. {
            if way == Way::Look {
                let standing = self.standing_before(&mut call, collection, &container, key).await?;
                if let Some(own) = standing.as_ref().filter(|standing| item::is_by(standing, &operation)) {
                    return Ok(version(item::stamp(own).etag));
                }
                if call.in_doubt() {
                    return Err(call.judge(overtaken()));
                }
                check(&put.condition, item::live(standing.as_ref(), now).as_ref())
                    .map_err(|error| call.judge(error))?;
                way = standing.map_or(Way::Create, |standing| Way::Under(item::stamp(&standing).etag));
            }
            match send(&mut call, &container, key, &written, &way).await {
                Ok(etag) => return Ok(version(etag)),
                Err(failure) if others_were_faster(&failure) => {}
                Err(failure) => {
                    if call.in_doubt()
                        && let Some(own) = self.own(&call, collection, &container, key, &operation).await
                    {
                        return Ok(version(item::stamp(&own).etag));
                    }
                    return Err(call.judge(self.absent(&call, collection, &failure)));
                }
            }
            call.yield_to_others(times).await?;
            way = Way::Look;
        }
        Err(call.judge(Error::new(ErrorKind::Internal, "a loop without end ended")))
    }

    pub(super) async fn delete_one(&self, collection: &CollectionName, key: &Key, condition: &Condition) -> Result<()> {
        let mut call = self.call("documents.delete", format_args!("{collection}/{key}"));
        let container = self.container(&call, collection).await?;
        let (now, operation) = (self.shared.clock.now(), item::fresh_operation());
        let mark = container.feed.then(|| item::tombstone(key, &operation));
        let mut way = match condition {
            Condition::Absent => Way::Look,
            _ => Way::of(condition, now).map_err(|error| call.named(error))?,
        };
        for times in 0.. {
            if way == Way::Look {
                let standing = self.standing_before(&mut call, collection, &container, key).await?;
                if standing.as_ref().is_some_and(|standing| item::is_by(standing, &operation)) {
                    return Ok(());
                }
                if call.in_doubt() {
                    return Err(call.judge(overtaken()));
                }
                let live = item::live(standing.as_ref(), now);
                check(condition, live.as_ref()).map_err(|error| call.judge(error))?;
                let Some(live) = live else { return Ok(()) };
                way = Way::Under(live.etag);
            }
            match remove(&mut call, &container, key, mark.as_ref(), &way).await {
                Ok(()) => return Ok(()),
                Err(failure) if way == Way::Always && failure.is_refusal(404) => return Ok(()),
                Err(failure) if others_were_faster(&failure) => {}
                Err(failure) => {
                    if call.in_doubt() && self.own(&call, collection, &container, key, &operation).await.is_some() {
                        return Ok(());
                    }
                    return Err(call.judge(self.absent(&call, collection, &failure)));
                }
            }
            call.yield_to_others(times).await?;
            way = Way::Look;
        }
        Err(call.judge(Error::new(ErrorKind::Internal, "a loop without end ended")))
    }

    /// What this operation wrote, if that is found. `None` says nothing: it may have been overwritten since, or be written
    /// yet.
    pub(super) async fn own(
        &self,
        call: &Call,
        collection: &CollectionName,
        container: &Container,
        key: &Key,
        operation: &str,
    ) -> Option<Item> {
        let looking = self.call("documents.look", format_args!("{collection}/{key}"));
        let standing = call.look(self.standing(&looking, collection, container, key)).await?;
        Some(standing).filter(|standing| item::is_by(standing, operation))
    }
}

/// A write in doubt that is not found: it was done and overwritten, or never done, and must not be made now.
fn overtaken() -> Error {
    Error::new(ErrorKind::PreconditionFailed, "the document is not as this write would have left it")
}

/// Whether the write was refused for what stands, or does not stand, there by now.
pub(super) fn others_were_faster(failure: &Failure) -> bool {
    [404, 409, 412].into_iter().any(|status| failure.is_refusal(status))
}

/// Writes an item this way, and gives its etag.
async fn send(
    call: &mut Call,
    container: &Container,
    key: &Key,
    item: &Item,
    way: &Way,
) -> std::result::Result<String, Failure> {
    let (client, id) = (&container.client, item::id(key));
    let answer = call
        .write(way.repeat(), || {
            let (partition, id) = (key.partition().as_str().to_owned(), id.as_str());
            match way {
                Way::Create | Way::Look => Box::pin(client.create_item(partition, id, item, None)),
                Way::Always => Box::pin(client.upsert_item(partition, id, item, None)),
                Way::Under(etag) => Box::pin(client.replace_item(partition, id, item, Some(under(etag)))),
            }
        })
        .await?;
    Ok(etag_of(&answer))
}

/// Deletes an item this way, or leaves the mark in its place.
async fn remove(
    call: &mut Call,
    container: &Container,
    key: &Key,
    mark: Option<&Item>,
    way: &Way,
) -> std::result::Result<(), Failure> {
    let (client, id) = (&container.client, item::id(key));
    let answer = call.write(way.repeat(), || {
        let (partition, id) = (key.partition().as_str().to_owned(), id.as_str());
        let options = if let Way::Under(etag) = way { Some(under(etag)) } else { None };
        match mark {
            Some(mark) => Box::pin(client.replace_item(partition, id, mark, options)),
            None => Box::pin(client.delete_item(partition, id, options)),
        }
    });
    answer.await.map(drop)
}

pub(super) fn under(etag: &str) -> ItemWriteOptions {
    ItemWriteOptions::default().with_precondition(Precondition::if_match(Etag::from(etag.to_owned())))
}

fn etag_of(answer: &ItemResponse) -> String {
    answer.headers().etag().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(10);

    fn version(expires_at: Option<i64>) -> Version {
        let expires_at = expires_at.map(Timestamp::from_millis);
        Stamp { operation: Some("op".to_owned()), expires_at, etag: "\"7\"".to_owned() }.version()
    }

    #[test]
    fn only_what_holds_for_one_etag_is_harmless_twice() {
        let way = |condition: &Condition| Way::of(condition, NOW).unwrap();
        assert_eq!(way(&Condition::Always).repeat(), Repeat::Harmful);
        assert_eq!(way(&Condition::Absent).repeat(), Repeat::Harmful);
        let under = way(&Condition::Version(version(None)));
        assert_eq!((under.repeat(), under), (Repeat::Harmless, Way::Under("\"7\"".to_owned())));
    }

    #[test]
    fn a_version_that_has_expired_or_is_none_of_ours_is_refused_without_a_request() {
        for stale in [version(Some(10)), Version::new("garbage")] {
            let error = Way::of(&Condition::Version(stale), NOW).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
        }
        assert!(Way::of(&Condition::Version(version(Some(11))), NOW).is_ok());
    }

    #[test]
    fn a_document_of_another_etag_is_of_its_version_if_the_same_operation_wrote_it() {
        let condition = Condition::Version(version(None));
        let standing = |operation: &str| Stamp {
            operation: Some(operation.to_owned()),
            expires_at: None,
            etag: "\"8\"".to_owned(),
        };
        assert!(check(&condition, Some(&standing("op"))).is_ok());
        assert!(check(&condition, Some(&standing("other"))).is_err());
        assert!(check(&condition, None).is_err());
        assert!(check(&Condition::Absent, Some(&standing("op"))).is_err());
    }
}
