//! The answers of Blob Storage that `object_store` has no reader for.
//!
//! Names are read event by event: a reader into types takes the spaces at both ends of a text away.

use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde::Deserialize;

use crate::requests::unusable;

/// A page of `List Blobs`, in the order of the store.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) items: Vec<Item>,
    /// Where the next page begins, if there is one.
    pub(super) marker: Option<String>,
}

/// What a page is made of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// The name of a blob, or of all that are folded into one.
    pub(super) name: String,
    /// Whether it is the latter.
    pub(super) is_prefix: bool,
    pub(super) length: String,
    pub(super) etag: String,
    /// In the form of HTTP's dates.
    pub(super) modified: String,
}

impl Page {
    /// Reads a page.
    pub(super) fn read(body: &[u8]) -> object_store::Result<Self> {
        let text = String::from_utf8_lossy(body);
        let mut reader = Reader::from_str(&text);
        let (mut page, mut item, mut value) = (Self::default(), Item::default(), String::new());
        // The names of what is open, and whether the text of the innermost is percent-encoded.
        let (mut open, mut is_encoded): (Vec<String>, bool) = (Vec::new(), false);
        loop {
            match reader.read_event().map_err(unusable)? {
                Event::Start(start) => {
                    is_encoded = encoded(&start);
                    open.push(String::from_utf8_lossy(start.name().as_ref()).into_owned());
                    value.clear();
                }
                Event::Text(text) => value.push_str(&text.decode().map_err(unusable)?),
                Event::GeneralRef(reference) => {
                    if let Some(character) = reference.resolve_char_ref().map_err(unusable)? {
                        value.push(character);
                    } else {
                        let name = reference.decode().map_err(unusable)?;
                        value.push_str(quick_xml::escape::resolve_predefined_entity(&name).unwrap_or_default());
                    }
                }
                Event::CData(text) => value.push_str(&text.decode().map_err(unusable)?),
                Event::End(_) => {
                    let name = open.pop().unwrap_or_default();
                    let parent = open.last().map(String::as_str).unwrap_or_default();
                    let text = std::mem::take(&mut value);
                    match (parent, name.as_str()) {
                        ("Blob" | "BlobPrefix", "Name") if is_encoded => {
                            item.name = percent_decode_str(&text).decode_utf8_lossy().into_owned();
                        }
                        ("Blob" | "BlobPrefix", "Name") => item.name = text,
                        ("Properties", "Content-Length") => item.length = text,
                        ("Properties", "Etag") => item.etag = text,
                        ("Properties", "Last-Modified") => item.modified = text,
                        ("EnumerationResults", "NextMarker") if !text.is_empty() => page.marker = Some(text),
                        (_, "Blob" | "BlobPrefix") => {
                            item.is_prefix = name == "BlobPrefix";
                            page.items.push(std::mem::take(&mut item));
                        }
                        _ => {}
                    }
                }
                Event::Eof => return Ok(page),
                _ => {}
            }
        }
    }
}

/// Whether a name is percent-encoded, as one that XML cannot hold is.
fn encoded(start: &BytesStart<'_>) -> bool {
    start.try_get_attribute("Encoded").ok().flatten().is_some_and(|attribute| attribute.value.as_ref() == b"true")
}

/// The answer of `Get Block List`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BlockList {
    #[serde(default)]
    pub(super) committed_blocks: Blocks,
    #[serde(default)]
    pub(super) uncommitted_blocks: Blocks,
}

/// Blocks.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Blocks {
    #[serde(default, rename = "Block")]
    pub(super) blocks: Vec<Block>,
}

/// A block.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Block {
    /// In base64, as it was sent.
    pub(super) name: String,
    pub(super) size: u64,
}

/// The answer of `Get User Delegation Key`: what signs in the name of whom Entra knows.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DelegationKey {
    pub(super) signed_oid: String,
    pub(super) signed_tid: String,
    pub(super) signed_start: String,
    pub(super) signed_expiry: String,
    pub(super) signed_service: String,
    pub(super) signed_version: String,
    pub(super) value: String,
}

/// Reads an answer.
pub(super) fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> object_store::Result<T> {
    let text = String::from_utf8_lossy(body);
    quick_xml::de::from_str(text.trim_start_matches('\u{feff}')).map_err(unusable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_to_the_last_space() {
        let page = Page::read(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://a/\"><Blobs>\
             <Blob><Name> a &amp; b </Name><Properties><Last-Modified>Sun, 22 Nov 2026 18:00:00 GMT</Last-Modified>\
             <Etag>0x8D</Etag><Content-Length>3</Content-Length></Properties></Blob>\
             <BlobPrefix><Name>&lt;d&#x2F;</Name></BlobPrefix>\
             <Blob><Name Encoded=\"true\">%EF%BF%BE%25</Name><Properties/></Blob></Blobs>\
             <NextMarker>2!8</NextMarker></EnumerationResults>"
                .as_bytes(),
        )
        .unwrap();
        let names: Vec<_> = page.items.iter().map(|item| (item.name.as_str(), item.is_prefix)).collect();
        assert_eq!(names, [(" a & b ", false), ("<d/", true), ("\u{fffe}%", false)]);
        assert_eq!((page.items[0].length.as_str(), page.items[0].etag.as_str()), ("3", "0x8D"));
        assert_eq!(page.marker.as_deref(), Some("2!8"));
        let last = Page::read(b"<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>").unwrap();
        assert_eq!(last, Page::default());
    }

    #[test]
    fn a_block_list_may_lack_either_kind() {
        let list: BlockList = read(
            b"<BlockList><CommittedBlocks/><UncommittedBlocks><Block><Name>MDAwMDE=</Name><Size>5</Size></Block>\
              </UncommittedBlocks></BlockList>",
        )
        .unwrap();
        assert_eq!((list.committed_blocks.blocks.len(), list.uncommitted_blocks.blocks[0].size), (0, 5));
    }
}
