//! Listing a container in UTF-8 byte order from any place on.
//!
//! Microsoft says of the order of `List Blobs` that it is alphabetical, and its emulator's is that of UTF-16, in which
//! characters beyond U+FFFF come before those from U+E000 to U+FFFF. Both orders agree on all below U+E000, and have all
//! names that share a beginning and go on with a character from there on next to each other, after those that go on with
//! one below. So such a block of names is read whole and sorted; everything else comes as the store lists it.

use std::collections::BTreeMap;

use anyport_ports::blobs::{BlobInfo, BlobName, ListBlobs, Listed};
use bytes::Bytes;
use chrono::DateTime;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::xml::{Item, Page};
use crate::metadata::{Tags, to_the_second};
use crate::requests::Endpoint;

/// The most that is listed in one answer.
const MAX_RESULTS: usize = 5000;

/// The first version that knows `startFrom`.
const VERSION: &str = "2026-02-06";

/// The last character on whose place UTF-8 and UTF-16 agree.
const LAST_AGREED: char = '\u{d7ff}';

/// Blobs and common prefixes beyond this text, in order, and if there may be more, the last that was looked at.
pub(super) async fn list(
    container: &Endpoint,
    list: &ListBlobs,
    after: Option<&str>,
) -> object_store::Result<(Vec<Listed>, Option<String>)> {
    let after = after.unwrap_or_default();
    let wanted = list.page_limit() + 1;
    let mut items = Items::from(container, list, start(list, after));
    let (mut found, mut goes_on): (Vec<Item>, bool) = (Vec::new(), false);
    while let Some(item) = items.next().await? {
        // A page may begin with the common prefix that the one before ended with.
        if item.name.as_str() <= after || found.last().is_some_and(|last| last.name == item.name) {
            continue;
        }
        let Some(stem) = stem(list, &item.name) else {
            found.push(item);
            goes_on = found.len() >= wanted;
            if goes_on {
                break;
            }
            continue;
        };
        if found.is_empty() {
            found = items.block(stem.to_owned(), item).await?;
            found.retain(|item| item.name.as_str() > after);
        }
        goes_on = true;
        break;
    }
    let looked_at = found.last().filter(|_| goes_on).map(|item| item.name.clone());
    Ok((found.into_iter().filter_map(listed).collect(), looked_at))
}

/// A name up to its first character, beyond the listing's prefix, whose place depends on the order.
fn stem<'a>(list: &ListBlobs, name: &'a str) -> Option<&'a str> {
    let prefix = list.prefix_text();
    let rest = name.strip_prefix(prefix)?;
    let at = rest.find(|character| character > LAST_AGREED)?;
    name.get(..prefix.len() + at)
}

/// What the store is asked to begin with, to find all beyond this text.
fn start(list: &ListBlobs, after: &str) -> String {
    // That of what is folded ends with the last character of all.
    let (name, is_beyond_all) = after.strip_suffix(char::MAX).map_or((after, false), |name| (name, true));
    match stem(list, name) {
        Some(stem) => format!("{stem}{LAST_AGREED}"),
        None if is_beyond_all => format!("{name}{LAST_AGREED}"),
        None => name.to_owned(),
    }
}

/// What a listing tells of a blob, if its name is one of the port.
fn listed(item: Item) -> Option<Listed> {
    if item.is_prefix {
        return Some(Listed::Prefix(item.name));
    }
    let modified = DateTime::parse_from_rfc2822(&item.modified).ok()?;
    Some(Listed::Blob(BlobInfo {
        name: BlobName::new(item.name).ok()?,
        length: item.length.parse().ok()?,
        etag: Tags::Entity.etag(Some(&item.etag), None)?,
        content_type: String::new(),
        metadata: BTreeMap::new(),
        modified_at: to_the_second(modified.timestamp_millis()),
    }))
}

/// All from some name on, in the order of the store.
struct Items<'a> {
    container: &'a Endpoint,
    list: &'a ListBlobs,
    start: String,
    page: std::vec::IntoIter<Item>,
    marker: Option<String>,
    is_begun: bool,
}

impl<'a> Items<'a> {
    fn from(container: &'a Endpoint, list: &'a ListBlobs, start: String) -> Self {
        Self { container, list, start, page: Vec::new().into_iter(), marker: None, is_begun: false }
    }

    async fn next(&mut self) -> object_store::Result<Option<Item>> {
        loop {
            if let Some(item) = self.page.next() {
                return Ok(Some(item));
            }
            if self.is_begun && self.marker.is_none() {
                return Ok(None);
            }
            let mut page = self.fetch().await?;
            // An emulator has common prefixes stand behind the blobs of a page. Blocks stay together.
            page.items.sort_by(|one, other| one.name.cmp(&other.name));
            (self.page, self.marker, self.is_begun) = (page.items.into_iter(), page.marker, true);
        }
    }

    async fn fetch(&self) -> object_store::Result<Page> {
        let max_results = (self.list.page_limit() + 1).min(MAX_RESULTS).to_string();
        let delimiter = self.list.delimiting().map(String::from);
        let mut query = vec![("restype", "container"), ("comp", "list"), ("maxresults", max_results.as_str())];
        query.extend(delimiter.as_deref().map(|delimiter| ("delimiter", delimiter)));
        query.extend(Some(self.list.prefix_text()).filter(|prefix| !prefix.is_empty()).map(|text| ("prefix", text)));
        query.extend(Some(self.start.as_str()).filter(|start| !start.is_empty()).map(|text| ("startFrom", text)));
        query.extend(self.marker.as_deref().map(|marker| ("marker", marker)));
        let version = (HeaderName::from_static("x-ms-version"), HeaderValue::from_static(VERSION));
        let headers = HeaderMap::from_iter([version]);
        let answer = self.container.send(Method::GET, "", &query, headers, Bytes::new()).await?;
        Page::read(&answer.body)
    }

    /// The rest of the block of names that begin with this stem, of which the first was read.
    async fn block(&mut self, stem: String, first: Item) -> object_store::Result<Vec<Item>> {
        let mut block = vec![first];
        while let Some(item) = self.next().await? {
            if !item.name.starts_with(&stem) {
                break;
            }
            block.push(item);
        }
        block.sort_by(|one, other| one.name.cmp(&other.name));
        block.dedup_by(|one, other| one.name == other.name && one.is_prefix);
        Ok(block)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use http::Response;
    use object_store::client::{HttpClient, HttpError, HttpRequest, HttpResponse, HttpService};
    use percent_encoding::percent_decode_str;

    use super::*;
    use crate::requests::Authorize;

    /// A container that lists in the order of UTF-16 or of UTF-8.
    #[derive(Debug)]
    struct Container {
        names: Vec<String>,
        asked: Arc<Mutex<usize>>,
        is_utf16: bool,
    }

    struct Nobody;

    #[async_trait]
    impl Authorize for Nobody {
        async fn authorize(&self, _: &mut HttpRequest) -> object_store::Result<()> {
            Ok(())
        }
    }

    impl Container {
        fn key(&self, name: &str) -> Vec<u32> {
            if self.is_utf16 {
                name.encode_utf16().map(u32::from).collect()
            } else {
                name.chars().map(u32::from).collect()
            }
        }
    }

    #[async_trait]
    impl HttpService for Container {
        async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
            *self.asked.lock().unwrap() += 1;
            let query = request.uri().query().unwrap_or_default().to_owned();
            let of = |wanted: &str| {
                let pair = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{wanted}=")))?;
                Some(percent_decode_str(pair).decode_utf8().unwrap().into_owned())
            };
            let begin = of("marker").or_else(|| of("startFrom")).unwrap_or_default();
            let mut names = self.names.clone();
            names.sort_by_key(|name| self.key(name));
            names.retain(|name| self.key(name) >= self.key(&begin));
            let limit: usize = of("maxresults").unwrap().parse().unwrap();
            let marker = names.get(limit).cloned().unwrap_or_default();
            let blobs: Vec<String> = names.iter().take(limit).map(|name| {
                format!("<Blob><Name>{name}</Name><Properties><Last-Modified>Sun, 22 Nov 2026 18:00:00 GMT</Last-Modified>\
                         <Etag>0x1</Etag><Content-Length>1</Content-Length></Properties></Blob>")
            }).collect();
            let blobs = blobs.concat();
            let body = format!(
                "<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
            );
            Ok(Response::new(Bytes::from(body).into()))
        }
    }

    async fn listed_on_pages_of(limit: usize, names: &[&str], is_utf16: bool) -> (Vec<String>, usize) {
        let asked = Arc::<Mutex<usize>>::default();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let client = HttpClient::new(Container { names, asked: Arc::clone(&asked), is_utf16 });
        let endpoint = Endpoint { url: "http://a/b".to_owned(), client, authority: Arc::new(Nobody) };
        let request = ListBlobs::prefix("").limit(limit).unwrap();
        let (mut all, mut after): (Vec<String>, Option<String>) = (Vec::new(), None);
        loop {
            let (found, looked_at) = list(&endpoint, &request, after.as_deref()).await.unwrap();
            all.extend(found.iter().map(|item| item.position().to_owned()));
            after = looked_at;
            if after.is_none() {
                return (all, *asked.lock().unwrap());
            }
        }
    }

    #[tokio::test]
    async fn pages_are_in_the_order_of_utf8_whatever_the_store_s_is() {
        let mut names = vec![
            "a",
            "a\u{ff5e}",
            "a\u{1f600}",
            "a\u{1f600}/\u{ff5e}",
            "a\u{1f600}/\u{1f600}",
            "a\u{fffd}b",
            "b",
            "b/\u{e000}",
            "b/\u{10fffd}",
            "b/x",
            "c",
            "\u{feff}x",
            "\u{1f600}",
            "\u{d7ff}",
            "\u{65e5}\u{672c}",
        ];
        names.sort_unstable();
        for is_utf16 in [true, false] {
            for limit in [1, 2, 3, 1000] {
                assert_eq!(listed_on_pages_of(limit, &names, is_utf16).await.0, names, "{limit} on a page");
            }
        }
    }

    #[tokio::test]
    async fn ordinary_names_take_a_request_for_a_page() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let (all, asked) = listed_on_pages_of(2, &names, true).await;
        assert_eq!(all, names);
        assert!(asked <= 6, "{asked} requests");
    }
}
