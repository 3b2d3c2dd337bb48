//! Uploads in parts, each in a blob of its own until it is whole.
//!
//! Blocks belong to a blob, not to an upload: sent to the blob that they are for, they would be dropped by the next write
//! of it, and those of two uploads would get mixed up. So an upload is a blob under a name that no blob of the port has: empty
//! from its beginning on, gone when it is aborted or completed. Completion makes that one whole and then copies it, in one
//! step as copies within an account are, to its place.

use anyport_ports::blobs::{BlobName, Etag, PartNumber};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use object_store::Attributes;
use object_store::multipart::PartId;
use uuid::Uuid;

use super::blob::{CONTENT_TYPE, METADATA, describing};
use super::copies;
use super::xml::{Block, BlockList, read};
use crate::fault::{Refusal, refusal};
use crate::provider::SentPart;
use crate::requests::Endpoint;

/// The name of the blob that an upload is. An empty segment is in no name of the port.
pub(super) fn name_of(upload: &str) -> String {
    format!(".anyport//{upload}")
}

/// Begins an upload; its id.
pub(super) async fn begin(container: &Endpoint, attributes: &Attributes) -> object_store::Result<String> {
    let id = Uuid::new_v4().simple().to_string();
    let headers = describing(attributes)?;
    container.send(Method::PUT, &name_of(&id), &[], headers, Bytes::new()).await?;
    Ok(id)
}

/// What describes the blob to be, if the upload is neither aborted nor completed.
async fn described(container: &Endpoint, upload: &str) -> object_store::Result<HeaderMap> {
    let answer = container.send(Method::HEAD, &name_of(upload), &[], HeaderMap::new(), Bytes::new()).await?;
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        if name.as_str().starts_with(METADATA) {
            headers.insert(name.clone(), value.clone());
        } else if name == header::CONTENT_TYPE {
            headers.insert(CONTENT_TYPE, value.clone());
        }
    }
    Ok(headers)
}

/// Sends a part.
pub(super) async fn put_part(
    container: &Endpoint,
    upload: &str,
    number: PartNumber,
    bytes: Bytes,
) -> object_store::Result<()> {
    // A block may be sent to a blob that is not there.
    described(container, upload).await?;
    let block = block_id(number.get());
    let query = [("comp", "block"), ("blockid", block.as_str())];
    container.send(Method::PUT, &name_of(upload), &query, HeaderMap::new(), bytes).await?;
    Ok(())
}

/// The parts sent, in order of number.
pub(super) async fn parts(container: &Endpoint, upload: &str) -> object_store::Result<Vec<SentPart>> {
    described(container, upload).await?;
    let query = [("comp", "blocklist"), ("blocklisttype", "all")];
    let answer = container.send(Method::GET, &name_of(upload), &query, HeaderMap::new(), Bytes::new()).await?;
    let list: BlockList = read(&answer.body)?;
    Ok(sent(list))
}

/// The blocks that are parts: as they were sent last, or, where a completion broke off, as it left them.
fn sent(list: BlockList) -> Vec<SentPart> {
    let part = |block: Block| {
        let id = BASE64.decode(&block.name).ok()?;
        let number = std::str::from_utf8(&id).ok()?.parse().ok()?;
        Some(SentPart { number, length: block.size, etag: block.name })
    };
    let blocks = list.uncommitted_blocks.blocks.into_iter().chain(list.committed_blocks.blocks);
    let mut parts: Vec<SentPart> = blocks.filter_map(part).collect();
    parts.sort_by_key(|part| part.number);
    parts.dedup_by_key(|part| part.number);
    parts
}

/// Makes the upload's own blob of these parts.
pub(super) async fn assemble(container: &Endpoint, upload: &str, parts: &[PartId]) -> object_store::Result<()> {
    let mut headers = described(container, upload).await?;
    headers.insert(header::IF_MATCH, HeaderValue::from_static("*"));
    let blocks: Vec<String> = parts.iter().map(|part| format!("<Latest>{}</Latest>", part.content_id)).collect();
    let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{}</BlockList>", blocks.concat());
    let made =
        container.send(Method::PUT, &name_of(upload), &[("comp", "blocklist")], headers, Bytes::from(body)).await;
    made.map(drop).map_err(|error| match refusal(&error) {
        // Aborted or completed since.
        Some(refusal) if refusal.status == 412 => gone(),
        _ => error,
    })
}

fn gone() -> object_store::Error {
    let (code, message) = ("BlobNotFound".to_owned(), "the upload was aborted or completed".to_owned());
    Refusal { status: 404, to_head: false, code, message }.into_error()
}

/// Copies what is assembled to its place, and takes the upload away.
pub(super) async fn publish(container: &Endpoint, upload: &str, name: &BlobName) -> object_store::Result<Etag> {
    let etag = copies::copy(container, &name_of(upload), name.as_str()).await?;
    // The blob is written. An upload that is left could be completed again, to the same end.
    drop(abort(container, upload).await);
    Ok(etag)
}

/// Takes an upload away.
pub(super) async fn abort(container: &Endpoint, upload: &str) -> object_store::Result<()> {
    container.send(Method::DELETE, &name_of(upload), &[], HeaderMap::new(), Bytes::new()).await?;
    Ok(())
}

/// The same for a part that is sent again, and as long for every part, as blocks of one blob must be.
fn block_id(number: u32) -> String {
    BASE64.encode(format!("{number:05}"))
}

#[cfg(test)]
mod tests {
    use super::super::xml::Blocks;
    use super::*;

    #[test]
    fn parts_are_the_blocks_sent_last_in_order_of_number() {
        let block = |number: u32, size: u64| Block { name: block_id(number), size };
        let mut list = BlockList { committed_blocks: Blocks::default(), uncommitted_blocks: Blocks::default() };
        list.committed_blocks.blocks = vec![block(1, 10), block(2, 20)];
        list.uncommitted_blocks.blocks =
            vec![block(10_000, 3), block(2, 21), Block { name: "Zm9yZWlnbg==".to_owned(), size: 1 }];
        let parts: Vec<_> = sent(list).into_iter().map(|part| (part.number, part.length)).collect();
        assert_eq!(parts, [(1, 10), (2, 21), (10_000, 3)]);
    }

    #[test]
    fn no_blob_of_the_port_has_an_upload_s_name() {
        assert!(BlobName::new(name_of("0123")).is_err());
        assert_eq!(block_id(1).len(), block_id(10_000).len());
    }
}
