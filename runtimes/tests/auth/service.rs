//! Authentication where it stands: ahead of validation, of idempotency and of the handler.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyport_conformance::identity::{Algorithm, Condition};
use anyport_memory::{Memory, MemoryStore};
use anyport_ports::documents::{
    Condition as Under, Document, Documents, IndexQuery, Key, Keys, Page, Put, Query, Transaction, Version,
};
use anyport_ports::handles::{Collection, Writer};
use anyport_ports::resources::Provision as _;
use anyport_ports::{CollectionName, Result};
use anyport_runtimes::auth::Refusal;
use anyport_runtimes::function::Idempotent;
use anyport_runtimes::testing::{Client, TestAnswer};
use anyport_runtimes::{Caller, Created, Function, Json, Method, Scope, Scoped, Surroundings, Workload};
use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, Request};
use http_body_util::Full;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::attacks;
use crate::site::{Site, bearer, header};

struct Orders;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    id: String,
    owner: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct NewOrder {
    id: String,
}

struct Administration;

impl Scope for Administration {
    const NAME: &'static str = "orders:admin";
}

impl Collection for Orders {
    const NAME: CollectionName = CollectionName::from_static("orders");
    type Item = Order;

    fn key(order: &Order) -> Result<Key> {
        Key::new(order.owner.as_str(), order.id.as_str())
    }
}

async fn place(caller: Caller, Json(new): Json<NewOrder>, orders: Writer<Orders>) -> Result<Created<Order>> {
    let order = Order { id: new.id, owner: caller.subject().to_owned() };
    let etag = Some(orders.put(&order, Under::Absent).await?);
    Ok(Created { location: format!("/orders/{}", order.id), body: order, etag })
}

async fn greet(caller: Option<Caller>) -> Result<Json<String>> {
    Ok(Json(caller.map_or_else(|| "nobody".to_owned(), |caller| caller.subject().to_owned())))
}

async fn administer(admin: Scoped<Administration>) -> Result<Json<String>> {
    Ok(Json(admin.subject().to_owned()))
}

fn workload() -> Workload {
    Workload::new("shop")
        .function(Function::http("place", Method::POST, "/orders", place).idempotent(Idempotent::required()))
        .function(Function::http("greet", Method::GET, "/greeting", greet))
        .function(Function::http("administer", Method::GET, "/administration", administer))
}

/// Documents that count how often they are asked for anything.
struct Counted {
    store: Memory,
    accesses: AtomicUsize,
}

impl Counted {
    fn take(&self) -> usize {
        self.accesses.swap(0, Ordering::SeqCst)
    }

    fn store(&self) -> &Memory {
        self.accesses.fetch_add(1, Ordering::SeqCst);
        &self.store
    }
}

#[async_trait]
impl Documents for Counted {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.store().get(collection, key).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        self.store().get_many(collection, keys).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.store().put(collection, key, put).await
    }

    async fn delete(&self, collection: &CollectionName, key: &Key, condition: &Under) -> Result<()> {
        self.store().delete(collection, key, condition).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.store().query(collection, query).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.store().query_index(collection, query).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.store().transact(collection, transaction).await
    }
}

struct Shop {
    site: Site,
    store: MemoryStore,
    documents: Arc<Counted>,
    client: Client,
}

impl Shop {
    async fn open() -> Self {
        let site = Site::new();
        let store = MemoryStore::new(site.clock.clone());
        let workload = workload();
        store.handle().provision(&workload.resources()).await.unwrap();
        let documents = Arc::new(Counted { store: store.handle(), accesses: AtomicUsize::new(0) });
        let mut ports = store.ports();
        ports.documents = documents.clone();
        let surroundings = Surroundings::none().authenticated_by(Some(site.authenticator.clone()));
        let client = Client::within(&workload, ports, &surroundings).unwrap();
        Self { site, store, documents, client }
    }

    async fn send(&self, method: &str, path: &str, headers: HeaderMap, body: &Value) -> TestAnswer {
        let mut request = Request::new(Full::new(Bytes::from(body.to_string())));
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = path.parse().unwrap();
        *request.headers_mut() = headers;
        request.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
        request.headers_mut().insert("idempotency-key", "\"order-1\"".parse().unwrap());
        self.client.send(request).await
    }

    async fn place(&self, headers: HeaderMap) -> TestAnswer {
        self.send("POST", "/orders", headers, &json!({ "id": "1" })).await
    }

    async fn get(&self, path: &str, headers: HeaderMap) -> (u16, String) {
        let answer = self.send("GET", path, headers, &Value::Null).await;
        let challenge = answer.headers.get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
        let said = answer.json().as_str().map(str::to_owned);
        (answer.status.as_u16(), challenge.or(said).unwrap_or_default())
    }
}

const INVALID: &str = "Bearer error=\"invalid_token\"";

#[tokio::test(start_paused = true)]
async fn principle_b6_a_token_that_does_not_hold_is_refused_before_any_store_is_touched() {
    let shop = Shop::open().await;
    let placed = shop.place(bearer(&shop.site.token())).await;
    assert_eq!((placed.status.as_u16(), &placed.json()["owner"]), (201, &json!("alice")), "{placed:?}");
    assert!(shop.documents.take() > 0);

    let mut told = None;
    for (name, headers, refusal) in attacks::all(&shop.site) {
        let answer = shop.place(headers).await;
        if refusal == Refusal::TooLarge && answer.status.as_u16() == 431 {
            continue;
        }
        assert_eq!(answer.status.as_u16(), 401, "{name}: {answer:?}");
        assert_eq!(answer.headers[WWW_AUTHENTICATE], INVALID, "{name}");
        let told = told.get_or_insert_with(|| answer.body.clone());
        assert_eq!(answer.body, *told, "{name}: an attacker learns nothing of what was wrong");
    }
    let without = shop.place(HeaderMap::new()).await;
    assert_eq!((without.status.as_u16(), without.headers[WWW_AUTHENTICATE].as_bytes()), (401, &b"Bearer"[..]));
    // What is no order is not looked at before it is known who orders.
    let nonsense = shop.send("POST", "/orders", HeaderMap::new(), &json!({ "id": 7 })).await;
    assert_eq!(nonsense.status.as_u16(), 401);

    shop.site.provider.be(Condition::Down);
    shop.site.provider.rotate();
    shop.site.clock.advance(Duration::from_secs(10));
    let later = shop.place(bearer(&shop.site.token())).await;
    assert_eq!((later.status.as_u16(), later.headers[RETRY_AFTER].as_bytes()), (503, &b"10"[..]), "{later:?}");

    assert_eq!(shop.documents.take(), 0, "no store was touched, not even to look for the idempotency key");
    assert_eq!(shop.site.provider.fetches(), 1, "and no attack had the keys fetched again");
}

#[tokio::test(start_paused = true)]
async fn callers_may_be_absent_where_the_signature_says_so_and_must_have_the_scopes_it_names() {
    let shop = Shop::open().await;
    let good = || bearer(&shop.site.token());
    let answered = |status: u16, said: &str| (status, said.to_owned());
    assert_eq!(shop.get("/greeting", HeaderMap::new()).await, answered(200, "nobody"));
    assert_eq!(shop.get("/greeting", good()).await, answered(200, "alice"));
    assert_eq!(shop.get("/greeting", bearer("nonsense")).await, answered(401, INVALID));
    assert_eq!(shop.get("/greeting", header("Basic x")).await, answered(401, INVALID));

    let lacking = "Bearer error=\"insufficient_scope\", scope=\"orders:admin\"";
    assert_eq!(shop.get("/administration", good()).await, answered(403, lacking));
    let claims = shop.site.claims_but(&json!({ "scope": "orders:admin" }));
    let admin = bearer(&shop.site.provider.mint(Algorithm::RS256, &claims));
    assert_eq!(shop.get("/administration", admin).await, answered(200, "alice"));
    assert_eq!(shop.get("/administration", HeaderMap::new()).await, answered(401, "Bearer"));
}

#[tokio::test(start_paused = true)]
async fn documents_say_who_may_call_and_without_an_authenticator_nothing_starts() {
    let shop = Shop::open().await;
    let (workload, ports) = (workload(), shop.store.ports());
    let refused = Client::of(&workload, ports).unwrap_err().to_string();
    for function in ["place", "greet", "administer"] {
        assert!(refused.contains(function), "{refused}");
    }

    let document = workload.openapi().unwrap();
    let scheme = json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT" });
    assert_eq!(document["components"]["securitySchemes"], json!({ "bearerAuth": scheme }));
    let of = |path: &str, method: &str| &document["paths"][path][method];
    assert_eq!(of("/orders", "post")["security"], json!([{ "bearerAuth": [] }]));
    assert_eq!(of("/greeting", "get")["security"], json!([{}, { "bearerAuth": [] }]));
    assert_eq!(of("/administration", "get")["security"], json!([{ "bearerAuth": ["orders:admin"] }]));
    for (path, method, forbidden) in [("/orders", "post", false), ("/administration", "get", true)] {
        let responses = &of(path, method)["responses"];
        assert_eq!((responses["401"].is_object(), responses["403"].is_object()), (true, forbidden), "{path}");
    }

    let manifest = serde_json::to_value(workload.manifest()).unwrap();
    let function = |at: usize| (&manifest["functions"][at]["authenticated"], &manifest["functions"][at]["scopes"]);
    assert_eq!(function(0), (&json!(true), &Value::Null));
    assert_eq!(function(1), (&Value::Null, &Value::Null));
    assert_eq!(function(2), (&json!(true), &json!(["orders:admin"])));
}
