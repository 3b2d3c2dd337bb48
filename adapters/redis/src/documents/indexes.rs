//! The entries of indexes.
//!
//! An entry is made before the document is written and taken out after another write has replaced it, each without a
//! step in common with the document, which may be on another node. So there may be entries whose document says
//! otherwise, but never a document without its entry; a listing looks at each document. An entry belongs to one version
//! of a document, and versions never come back: it can be taken out as soon as its version is known not to stand any
//! more. What a process left behind that died in between is taken out by whoever meets it, once no write that may still
//! come can be the one that it was made for.

use anyport_ports::documents::{Body, Document, Index, Key, ScanQuery, Segment, Version};
use anyport_ports::{CollectionName, Error, ErrorKind, Result};
use futures_util::future::try_join_all;

use super::collections::Collection;
use super::scripts::CLAIM;
use super::{keys, place, scan};
use crate::error::{Failure, unexpected};
use crate::script::Script;
use crate::store::RedisStore;

/// How long after an entry was made, by the servers' clocks, its document may be written: a write that comes later is
/// refused. In milliseconds.
pub(super) const WRITE_WITHIN: u64 = 60_000;

/// How long after an entry was made it may be taken out without knowing what became of its write. In milliseconds. The
/// clocks of a cluster's nodes may differ by the difference of the two.
pub(super) const LEFT_BEHIND: u64 = 300_000;

/// How often what is harmless to do twice is tried while its outcome is in doubt.
const ATTEMPTS: usize = 3;

/// An entry to make or to take out: the key of the index, and what the entry begins with.
pub(super) struct Claim {
    key: String,
    begins: Vec<u8>,
}

/// The entries of a document of this version and content.
pub(super) fn claims<'a>(
    store: &RedisStore,
    name: &CollectionName,
    collection: &'a Collection,
    key: &Key,
    body: &Body,
    version: &Version,
) -> Vec<Claim> {
    let claim = |index: &'a Index| {
        let (equals, sort) = index.entry(body)?;
        let begins = place::claim(sort, key, version);
        Some(Claim { key: keys::of_index(&store.naming, name, &index.name, equals), begins })
    };
    collection.indexes.iter().filter_map(claim).collect()
}

/// Makes these entries; returns the server's time after which their documents must not be written, if there are any.
pub(super) async fn make(store: &RedisStore, claims: &[Claim]) -> Result<Option<u64>> {
    let made = try_join_all(claims.iter().map(|claim| async {
        let mut call = CLAIM.on(&[&claim.key]);
        call.arg(&claim.begins);
        harmless_twice(store, &CLAIM, &call).await
    }));
    Ok(made.await?.into_iter().min().map(|first| first + WRITE_WITHIN))
}

/// Runs a script that prepares a write and that is harmless to run twice; returns the time that it answers with.
pub(super) async fn harmless_twice(store: &RedisStore, script: &Script, call: &redis::Cmd) -> Result<u64> {
    let mut in_doubt = None;
    for _ in 0..ATTEMPTS {
        match store.connection.run(script, call).await {
            Ok(answer) => return redis::from_redis_value(answer).map_err(|_| unexpected("time")),
            Err(failure) if failure.is_unknown() => in_doubt = Some(failure),
            Err(failure) => return Err(in_doubt.unwrap_or(failure).of_write()),
        }
    }
    Err(in_doubt.map_or_else(|| Error::new(ErrorKind::Internal, "nothing was tried"), Failure::of_write))
}

/// Takes these entries out, whose versions do not stand, sometime soon.
pub(super) fn take_out(store: &RedisStore, claims: Vec<Claim>) {
    if claims.is_empty() {
        return;
    }
    let connection = store.connection.clone();
    store.chores.begin(async move {
        for Claim { key, begins } in claims {
            let [lower, upper] = place::bounds_of(&begins);
            let mut command = redis::cmd("ZREMRANGEBYLEX");
            command.arg(key).arg(lower).arg(upper);
            // What is left is taken out by whoever meets it.
            let _left = connection.call(&command).await;
        }
    });
}

/// Makes the entries of an index that was declared when there were documents already.
pub(super) async fn fill(store: &RedisStore, name: &CollectionName, index: &Index) -> Result<()> {
    let collection = Collection { indexes: vec![index.clone()], feed: false };
    let mut query = ScanQuery::segment(Segment::whole());
    loop {
        let page = query.page(scan::documents(store, name, &query).await?);
        for Document { key, body, version, .. } in &page.documents {
            make(store, &claims(store, name, &collection, key, body, version)).await?;
        }
        match &page.next {
            Some(cursor) => query = query.after(Some(cursor))?,
            None => return Ok(()),
        }
    }
}
