//! Signed URLs.

use std::time::Duration;

use anyport_ports::blobs::{BlobName, SignedAnswer, SignedUrlTtl, Verb};
use bytes::Bytes;

use super::shelf::{Shelf, ensure_same};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq};
use crate::subject::BlobStore;
use crate::suite::{FILES, resources};

pub(super) fn checks() -> Vec<Check<BlobStore>> {
    checks![resources;
        "BLB-URL-1" => a_signed_url_works_until_it_expires,
        "BLB-URL-2" => a_signed_url_is_good_for_its_verb_and_blob_only,
    ]
}

/// A store and the URLs that it signs, without scheme and host.
struct Signed<'a>(&'a BlobStore);

impl Signed<'_> {
    async fn url(&self, name: &str, verb: Verb, ttl: Duration) -> Result<String, Violation> {
        let url = self.0.signer.sign(&FILES, &BlobName::new(name)?, verb, SignedUrlTtl::new(ttl)?).await?;
        Ok(path_and_query(&url).to_owned())
    }

    async fn fetch(&self, verb: Verb, url: &str, body: &'static str) -> Result<SignedAnswer, Violation> {
        Ok(self.0.fetch.fetch(verb, url, Bytes::from_static(body.as_bytes())).await?)
    }

    async fn expect_refused(&self, verb: Verb, url: &str, what: &str) -> Verdict {
        let answer = self.fetch(verb, url, "intruder").await?;
        ensure_eq!(answer.status, 403, "the status of {what}");
        ensure!(answer.content_type.as_deref() != Some(SECRET_TYPE), "{what} shows the blob's content type");
        Ok(())
    }
}

/// A URL without scheme and host.
pub(super) fn path_and_query(url: &str) -> &str {
    let after_scheme = url.find("://").map_or(0, |at| at + "://".len());
    url[after_scheme..].find('/').map_or(url, |at| &url[after_scheme + at..])
}

/// A media type that no refusal has of itself.
const SECRET_TYPE: &str = "application/x-blob-of-the-check";

async fn a_signed_url_works_until_it_expires(cx: Context<BlobStore>) -> Verdict {
    const TTL: Duration = Duration::from_secs(5);
    // Some stores sign to the second, and wake up late.
    const BEFORE: Duration = Duration::from_secs(3);
    const SURELY_GOOD: Duration = Duration::from_secs(4);
    const AFTER: Duration = Duration::from_secs(3);
    let shelf = Shelf::of(&cx).await?;
    let name = "folder/signed é +%41?#";
    let mut put = super::shelf::text("signed bytes")?;
    SECRET_TYPE.clone_into(&mut put.content_type);
    shelf.put_as(name, &put).await?;

    let signed = Signed(&shelf.store);
    let start = cx.clock().now();
    let get = signed.url(name, Verb::Get, TTL).await?;
    let upload = signed.url("uploaded", Verb::Put, TTL).await?;
    let absent = signed.url("absent", Verb::Get, TTL).await?;
    ensure_eq!(signed.fetch(Verb::Get, &absent, "").await?.status, 404, "the status of a signed GET of nothing");
    let status = signed.fetch(Verb::Put, &upload, "sent").await?.status;
    ensure!(matches!(status, 200 | 201), "the status of a signed PUT: {status}");
    shelf.expect("uploaded", b"sent", "the blob written through a signed URL").await?;

    cx.pass(BEFORE).await;
    let answer = signed.fetch(Verb::Get, &get, "").await?;
    // In real time a slow store may have used up what is left.
    if cx.clock().now() < start.plus(SURELY_GOOD) {
        ensure_eq!(answer.status, 200, "the status of a signed GET after {BEFORE:?} of {TTL:?}");
        ensure_same(&answer.body, b"signed bytes", "the body of a signed GET")?;
        ensure_eq!(answer.content_type.as_deref(), Some(SECRET_TYPE), "the content type of a signed GET");
    }
    cx.pass(AFTER).await;
    signed.expect_refused(Verb::Get, &get, "a signed GET that has expired").await?;
    signed.expect_refused(Verb::Put, &upload, "a signed PUT that has expired").await?;
    shelf.expect("uploaded", b"sent", "the blob after a signed PUT that has expired").await
}

async fn a_signed_url_is_good_for_its_verb_and_blob_only(cx: Context<BlobStore>) -> Verdict {
    const LONG: Duration = Duration::from_hours(1);
    let shelf = Shelf::of(&cx).await?;
    for (name, body) in [("alpha", "of alpha"), ("omega", "of omega")] {
        let mut put = super::shelf::text(body)?;
        SECRET_TYPE.clone_into(&mut put.content_type);
        shelf.put_as(name, &put).await?;
    }
    let signed = Signed(&shelf.store);
    let get = signed.url("alpha", Verb::Get, LONG).await?;
    let put = signed.url("alpha", Verb::Put, LONG).await?;
    signed.expect_refused(Verb::Put, &get, "a PUT to what is signed for GET").await?;
    signed.expect_refused(Verb::Get, &put, "a GET of what is signed for PUT").await?;
    let bare = get.split('?').next().unwrap_or_default();
    signed.expect_refused(Verb::Get, bare, "a GET without a signature").await?;

    for (verb, url) in [(Verb::Get, &get), (Verb::Put, &put)] {
        let other = signed.url("omega", verb, LONG).await?;
        for forged in hybrids(url, &other) {
            let what = format!("a {} of a URL pieced together of those of two blobs", verb.as_str());
            signed.expect_refused(verb, &forged, &what).await?;
        }
        let longer = signed.url("alpha", verb, LONG * 2).await?;
        for forged in hybrids(url, &longer) {
            let what = format!("a {} of a URL pieced together of a short-lived and a long-lived one", verb.as_str());
            signed.expect_refused(verb, &forged, &what).await?;
        }
    }
    shelf.expect("alpha", b"of alpha", "a blob after forged requests").await?;
    shelf.expect("omega", b"of omega", "a blob after forged requests").await
}

/// Every URL that has some of its components, path and parameters, from one and the others from the other.
fn hybrids(one: &str, other: &str) -> Vec<String> {
    let components = |url: &str| url.split(['?', '&']).map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (components(one), components(other));
    let differing: Vec<usize> = (0..one.len().min(other.len())).filter(|at| one[*at] != other[*at]).collect();
    // Neither none nor all: those are the two themselves.
    let mixtures = 1..(1_usize << differing.len()) - 1;
    let mix = |mixture: usize| {
        let mut mixed = one.clone();
        for (_, at) in differing.iter().enumerate().filter(|(bit, _)| mixture & (1 << bit) != 0) {
            mixed[*at].clone_from(&other[*at]);
        }
        let path = mixed.remove(0);
        format!("{path}?{}", mixed.join("&"))
    };
    mixtures.map(mix).collect()
}
