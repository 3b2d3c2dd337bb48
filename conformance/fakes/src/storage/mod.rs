//! Google Cloud Storage: its XML interface and, for clients that speak it, the JSON interface; buckets, objects with
//! generations and conditions on them, listings, uploads in parts, and signed URLs.
//!
//! A fake, written from the public documentation (<https://cloud.google.com/storage/docs/xml-api/overview> and
//! <https://cloud.google.com/storage/docs/json_api>). It knows one service account, whose key it makes at its start and writes
//! to `service-account.json` in its folder: a client that is given the file (`GOOGLE_APPLICATION_CREDENTIALS`) may do
//! everything. By the JSON interface anybody may, as it is with emulators.

mod account;
mod json;
mod listing;
mod refusal;
mod signature;
mod store;
mod xml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use chrono::Utc;
use percent_encoding::percent_decode_str;

use self::account::Account;
use self::refusal::Refusal;
use self::store::Store;
use crate::Place;

/// The largest request: more than any client here sends at once.
const MAX_BODY: usize = 64 << 20;

/// The file that a client finds the service account in.
const KEY_FILE: &str = "service-account.json";

/// Everything.
struct Fake {
    store: Mutex<Store>,
    account: Account,
}

impl Fake {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request, read whole.
struct Asked {
    head: http::request::Parts,
    body: bytes::Bytes,
    /// Of the query, decoded.
    query: Vec<(String, String)>,
}

impl Asked {
    async fn read(request: Request) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, MAX_BODY).await.map_err(|_| Refusal::new(400, "EntityTooLarge", "too large"))?;
        let query = pairs(head.uri.query().unwrap_or_default());
        Ok(Self { head, body, query })
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }
}

/// The pairs of a query, decoded.
fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// A part of a URL, decoded.
fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

pub(crate) async fn serve(place: &Place) -> anyhow::Result<()> {
    let account = Account::generate()?;
    std::fs::create_dir_all(&place.folder)?;
    let file = place.folder.join(KEY_FILE);
    std::fs::write(&file, account.key_file()).with_context(|| format!("{} cannot be written", file.display()))?;
    let fake = Arc::new(Fake { store: Mutex::default(), account });
    let listener = tokio::net::TcpListener::bind(place.address()).await?;
    axum::serve(listener, Router::new().fallback(answer).with_state(fake)).await?;
    Ok(())
}

async fn answer(State(fake): State<Arc<Fake>>, request: Request) -> Response {
    let is_json = json::serves(request.uri().path());
    let is_head = request.method() == http::Method::HEAD;
    let answered = match Asked::read(request).await {
        Ok(asked) if is_json => json::answer(&fake, &asked),
        Ok(asked) => signature::check(&fake.account, &asked, Utc::now()).and_then(|()| xml::answer(&fake, &asked)),
        Err(refusal) => Err(refusal),
    };
    match answered {
        Ok(response) => response,
        Err(refusal) if is_json => refusal.in_json(),
        Err(refusal) if is_head => refusal.in_xml().map(|_| Body::empty()),
        Err(refusal) => refusal.in_xml(),
    }
}
