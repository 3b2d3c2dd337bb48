//! Listing: as many requests as a page of the port takes.

use anyport_ports::Result;
use anyport_ports::blobs::{BlobPage, ListBlobs, Listed};

use crate::attempt::{Effect, attempt};
use crate::fault::Table;
use crate::provider::Bucket;

/// Lists a page.
pub(crate) async fn list(bucket: &dyn Bucket, table: Table, list: &ListBlobs) -> Result<BlobPage> {
    let mut listed: Vec<Listed> = Vec::new();
    let mut after = list.position().map(|position| beyond(list, position));
    // One more than the page holds shows that it goes on.
    while listed.len() <= list.page_limit() {
        let (found, position) = attempt(Effect::Read, table, || bucket.list(list, after.as_deref())).await?;
        listed.extend(found);
        match position {
            Some(position) => after = Some(beyond(list, &position)),
            None => break,
        }
    }
    let position = list.position().unwrap_or_default();
    Ok(list.page_of(listed.into_iter().filter(|item| item.position() > position)))
}

/// Where a listing goes on after this blob or common prefix: names below a common prefix are not listed again.
fn beyond(list: &ListBlobs, position: &str) -> String {
    match list.fold(position) {
        Some(prefix) => format!("{prefix}{}", char::MAX),
        None => position.to_owned(),
    }
}
