//! Who may push: the token of a service account, and the ways around it that are known.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyport_conformance::hosts::cloud_run::{ACCOUNT, AUDIENCE, Google, Pushed, path};
use anyport_conformance::hosts::gateway::HttpCall;
use anyport_conformance::identity::{Algorithm, Condition, IdentityProvider, compact, hs256, public_pem};
use anyport_memory::{ManualClock, Memory};
use anyport_ports::documents::{Document, Documents, IndexQuery, Key, Keys, Page, Put, Query, Transaction, Version};
use anyport_ports::handles::Ports;
use anyport_ports::{CollectionName, Result};
use async_trait::async_trait;
use serde_json::{Value, json};

use crate::site::{Plan, Site};
use crate::workload::{Calls, text, workload};

/// Documents that count how often they are asked for anything.
struct Counted {
    memory: Memory,
    accesses: Arc<AtomicUsize>,
}

impl Counted {
    fn memory(&self) -> &Memory {
        self.accesses.fetch_add(1, Ordering::SeqCst);
        &self.memory
    }
}

#[async_trait]
impl Documents for Counted {
    async fn get(&self, collection: &CollectionName, key: &Key) -> Result<Option<Document>> {
        self.memory().get(collection, key).await
    }

    async fn get_many(&self, collection: &CollectionName, keys: &Keys) -> Result<Vec<Option<Document>>> {
        self.memory().get_many(collection, keys).await
    }

    async fn put(&self, collection: &CollectionName, key: &Key, put: &Put) -> Result<Version> {
        self.memory().put(collection, key, put).await
    }

    async fn delete(
        &self,
        collection: &CollectionName,
        key: &Key,
        condition: &anyport_ports::documents::Condition,
    ) -> Result<()> {
        self.memory().delete(collection, key, condition).await
    }

    async fn query(&self, collection: &CollectionName, query: &Query) -> Result<Page> {
        self.memory().query(collection, query).await
    }

    async fn query_index(&self, collection: &CollectionName, query: &IndexQuery) -> Result<Page> {
        self.memory().query_index(collection, query).await
    }

    async fn transact(&self, collection: &CollectionName, transaction: &Transaction) -> Result<Vec<Version>> {
        self.memory().transact(collection, transaction).await
    }
}

struct Watched {
    site: Site,
    calls: Calls,
    accesses: Arc<AtomicUsize>,
}

impl Watched {
    async fn new(settings: Value, fetched_keys: bool) -> (Arc<ManualClock>, Self) {
        let (calls, accesses, clock) = (Calls::default(), Arc::new(AtomicUsize::new(0)), Arc::new(ManualClock::new()));
        let counting = Arc::clone(&accesses);
        let counted = move |ports: Ports, memory: Memory| Ports {
            documents: Arc::new(Counted { memory, accesses: Arc::clone(&counting) }),
            ..ports
        };
        let plan = Plan { settings, fetched_keys, clock: clock.clone(), ports: Box::new(counted), ..Plan::default() };
        (clock, Self { site: Site::planned(workload(&calls), plan).await, calls, accesses })
    }

    /// What is answered to a push with this token to each kind of function; it is the same of all, and nothing was done.
    async fn refused(&self, token: &str) -> u16 {
        let mut statuses = Vec::new();
        for function in ["work", "nightly", "import", "thing", "nobody"] {
            let body = text("fine").into_bytes();
            statuses.push(self.site.service.push_with(token, &path(function), Vec::new(), body).await.status());
        }
        assert!(statuses.iter().all(|status| *status == statuses[0]), "{statuses:?}");
        assert_eq!(self.accesses.load(Ordering::SeqCst), 0, "the store was not asked for anything");
        assert!(self.calls.all().is_empty());
        statuses[0]
    }

    async fn push(&self, token: &str) -> Pushed {
        self.site.service.push_with(token, &path("work"), Vec::new(), text("fine").into_bytes()).await
    }
}

fn but(google: &Google, changes: &Value) -> Value {
    let mut claims = google.claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

/// Fact 6.
#[tokio::test]
async fn principle_b6_a_push_without_a_token_that_holds_reads_and_writes_nothing() {
    let (_, watched) = Watched::new(json!({}), false).await;
    let google = watched.site.google.clone();
    let now = google.now();
    for changes in [
        json!({ "aud": "https://other-service.a.run.app" }),
        json!({ "aud": format!("{AUDIENCE}/") }),
        json!({ "aud": null }),
        json!({ "iss": "https://accounts.example.com" }),
        json!({ "iss": "https://securetoken.google.com/anyport-test" }),
        json!({ "iss": null }),
        json!({ "exp": now - 31 }),
        json!({ "exp": null }),
        json!({ "iat": now + 600 }),
        json!({ "sub": null }),
    ] {
        assert_eq!(watched.refused(&google.token(&but(&google, &changes))).await, 401, "{changes}");
    }
    for changes in [
        json!({ "email": "someone@anyport-test.iam.gserviceaccount.com" }),
        json!({ "email": ACCOUNT.to_uppercase() }),
        json!({ "email": format!("{ACCOUNT} ") }),
        json!({ "email": [ACCOUNT] }),
        json!({ "email": null }),
        json!({ "email_verified": false }),
        json!({ "email_verified": "true" }),
        json!({ "email_verified": null }),
    ] {
        assert_eq!(watched.refused(&google.token(&but(&google, &changes))).await, 403, "{changes}");
    }
    let mut accepted = google.claims();
    accepted["iss"] = json!("accounts.google.com");
    assert_eq!(watched.push(&google.token(&accepted)).await.status(), 204, "or nothing above means anything");
}

#[tokio::test]
async fn principle_b6_forged_tokens_of_pushes_are_refused() {
    let (_, watched) = Watched::new(json!({}), false).await;
    let google = watched.site.google.clone();
    let (claims, key) = (google.claims().to_string(), google.identity().key(Algorithm::RS256));
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT", "kid": key.kid() }).to_string();
    let stranger = IdentityProvider::new("https://stranger.example");
    stranger.rotate();
    let (signed, signature) = {
        let token = google.token(&google.claims());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        (signed.to_owned(), signature.to_owned())
    };
    let mut other = google.claims();
    other["sub"] = json!("1");
    let swapped = google.token(&other).rsplit_once('.').unwrap().0.to_owned();
    for (what, token) in [
        ("none", compact(&header("none"), &claims, |_| Vec::new())),
        ("None", compact(&header("None"), &claims, |_| Vec::new())),
        ("no signature", format!("{signed}.")),
        ("two parts", signed.clone()),
        (
            "HMAC under the public key",
            compact(&header("HS256"), &claims, |message| hs256(public_pem(&key).as_bytes(), message)),
        ),
        ("a stranger's key", {
            let strange = stranger.key(Algorithm::RS256);
            compact(&header("RS256"), &claims, |message| strange.sign(message))
        }),
        ("another algorithm of Google's own key set", google.identity().mint(Algorithm::ES256, &google.claims())),
        ("the signature of other claims", format!("{swapped}.{signature}")),
        ("the signature removed", google.token_without_signature(&google.claims())),
        ("garbage", "garbage".to_owned()),
        ("nothing", String::new()),
        ("large", "a".repeat(9 * 1024)),
    ] {
        assert_eq!(watched.refused(&token).await, 401, "{what}");
    }
    let call =
        HttpCall { method: "POST".to_owned(), target: path("work"), headers: Vec::new(), body: text("fine").into() };
    assert_eq!(watched.site.service.http(&call).await.status, 401, "no header at all");
    // Headers are not authentication.
    for header in
        ["x-cloudscheduler", "x-cloudtasks-queuename", "x-goog-iap-jwt-assertion", "x-serverless-authorization"]
    {
        let call = HttpCall { headers: vec![(header.to_owned(), "true".to_owned())], ..call.clone() };
        assert_eq!(watched.site.service.http(&call).await.status, 401, "{header}");
    }
    assert_eq!(watched.accesses.load(Ordering::SeqCst), 0);
}

/// Fact 6: it fails closed, unless the platform is said to have checked.
#[tokio::test]
async fn a_signature_that_the_platform_removed_is_taken_where_it_is_opted_into_and_all_else_is_checked() {
    let (_, watched) = Watched::new(json!({ "push": { "verified_by": "platform" } }), false).await;
    let google = watched.site.google.clone();
    let now = google.now();
    for (changes, status) in [
        (json!({ "aud": "https://other-service.a.run.app" }), 401),
        (json!({ "iss": "https://accounts.example.com" }), 401),
        (json!({ "exp": now - 31 }), 401),
        (json!({ "email": "someone@example.com" }), 403),
        (json!({ "email_verified": false }), 403),
    ] {
        assert_eq!(
            watched.refused(&google.token_without_signature(&but(&google, &changes))).await,
            status,
            "{changes}"
        );
    }
    let token = google.token_without_signature(&google.claims());
    let (header, rest) = token.split_once('.').unwrap();
    let none = anyport_conformance::identity::part(r#"{"alg":"none"}"#);
    assert_eq!(watched.refused(&format!("{none}.{rest}")).await, 401);
    let claims = rest.split_once('.').unwrap().0;
    for signature in ["", "SIGNATURE_REMOVED_BY_GOOGL", "signature_removed_by_google", "AAAA"] {
        assert_eq!(
            watched.refused(&format!("{header}.{claims}.{signature}")).await,
            401,
            "{signature}: it is checked if it is there"
        );
    }
    assert_eq!(watched.push(&token).await.status(), 204);
    assert_eq!(watched.push(&google.token(&google.claims())).await.status(), 204);
}

#[tokio::test]
async fn a_token_holds_no_longer_than_its_time() {
    let (clock, watched) = Watched::new(json!({}), false).await;
    let google = watched.site.google.clone();
    let token = google.token(&google.claims());
    clock.advance(Duration::from_hours(1));
    assert_eq!(watched.push(&token).await.status(), 204, "within what clocks may differ");
    clock.advance(Duration::from_secs(31));
    assert_eq!(watched.push(&token).await.status(), 401);
}

#[tokio::test]
async fn while_googles_keys_cannot_be_had_a_push_is_to_come_again() {
    let (clock, watched) = Watched::new(json!({}), true).await;
    let google = watched.site.google.clone();
    google.identity().be(Condition::Down);
    let token = google.token(&google.claims());
    let answer = watched.push(&token).await;
    assert_eq!((answer.status(), answer.retry_after().is_some(), answer.is_acknowledged()), (503, true, false));
    google.identity().be(Condition::Well);
    clock.advance(Duration::from_secs(11));
    assert_eq!(watched.push(&token).await.status(), 204);
    assert_eq!(google.identity().fetches(), 2);
    assert_eq!(watched.push(&google.token(&google.claims())).await.status(), 204);
    assert_eq!(google.identity().fetches(), 2, "keys are kept");
}

#[tokio::test]
async fn paths_and_methods_that_are_none_are_told() {
    let settings = json!({ "push": { "retired": ["former"], "allowed_origins": ["sender.example.com"] } });
    let (_, watched) = Watched::new(settings, false).await;
    let service = &watched.site.service;
    assert_eq!(service.push(&path("nobody"), Vec::new(), Vec::new()).await.status(), 404);
    assert_eq!(service.push(&path("work/more"), Vec::new(), Vec::new()).await.status(), 404);
    assert_eq!(service.push(&path("%ff"), Vec::new(), Vec::new()).await.status(), 404);
    assert_eq!(service.push(&path("former"), Vec::new(), Vec::new()).await.status(), 410, "rule 4 of webhooks");
    let call = |method: &str, headers: &[(&str, &str)]| HttpCall {
        method: method.to_owned(),
        target: path("work"),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Vec::new(),
    };
    let refused = service.http(&call("GET", &[])).await;
    assert_eq!(refused.status, 405);
    assert!(refused.headers.contains(&("allow".to_owned(), "OPTIONS, POST".to_owned())));
    let origin = ("webhook-request-origin", "sender.example.com");
    let allowed = service.http(&call("OPTIONS", &[origin, ("webhook-request-rate", "120")])).await;
    assert_eq!(allowed.status, 200);
    for header in [("webhook-allowed-origin", "sender.example.com"), ("webhook-allowed-rate", "*")] {
        assert!(allowed.headers.contains(&(header.0.to_owned(), header.1.to_owned())), "{header:?}");
    }
    let stranger = service.http(&call("OPTIONS", &[("webhook-request-origin", "stranger.example.com")])).await;
    assert_eq!(stranger.status, 403);
    let many: Vec<(String, String)> = (0..200).map(|at| (format!("x-{at}"), "x".to_owned())).collect();
    assert_eq!(service.push(&path("work"), many, Vec::new()).await.status(), 431);
    assert_eq!(watched.accesses.load(Ordering::SeqCst), 0);
}
