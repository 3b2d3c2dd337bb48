//! What becomes of calls on an account that refuses, does not answer, or loses what it was asked.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyport_ports::documents::{Body, Condition, Documents as _, Key, Put};
use anyport_ports::{Clock, CollectionName, Error, ErrorKind, Result, Timestamp};
use azure_core::credentials::Secret;
use azure_core::http::Url;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::call::Patience;
use super::settings::Place;
use super::version::Stamp;
use super::{CosmosDocuments, containers};

const USERS: CollectionName = CollectionName::from_static("users");

/// What no error may show.
const KEY: &str = "dGhlLWtleS1vZi10aGUtYWNjb3VudA==";

/// In the proportions of what users get, a tenth of it.
const HASTY: Patience = Patience {
    connect: Duration::from_millis(200),
    attempt: Duration::from_millis(500),
    operation: Duration::from_millis(1_200),
    look: Duration::from_millis(300),
};

/// What a slow machine may add.
const SLACK: Duration = Duration::from_secs(2);

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000)
    }
}

/// What the double does with a request.
enum Reply {
    Json(u16, Value),
    Hangup,
    Silence,
}

/// An account on loopback with the collection `users`, that answers requests about items as a test tells it.
struct Double {
    address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Double {
    async fn start(
        account: impl Fn() -> Reply + Send + Sync + 'static,
        items: impl Fn(&str, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (record, account, items) = (Arc::clone(&asked), Arc::new(account), Arc::new(items));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (record, account, items) = (Arc::clone(&record), Arc::clone(&account), Arc::clone(&items));
                tokio::spawn(serve(stream, move |head: &str| {
                    let mut words = head.split(' ');
                    let (method, path) = (words.next().unwrap(), words.next().unwrap());
                    if path == "/" {
                        return account();
                    }
                    if path.ends_with("/pkranges") {
                        // The client asks on from where the last answer ended, until there is nothing new.
                        let again = head.to_ascii_lowercase().contains("if-none-match");
                        return Reply::Json(if again { 304 } else { 200 }, if again { Value::Null } else { ranges() });
                    }
                    if !path.contains("/docs") {
                        let is_container = path.contains("/colls/");
                        return Reply::Json(200, if is_container { container() } else { database() });
                    }
                    let mut asked = record.lock().unwrap();
                    let before = asked.iter().filter(|other| *other == method).count();
                    asked.push(method.to_owned());
                    drop(asked);
                    items(method, before)
                }));
            }
        });
        Self { address, asked }
    }

    /// One of Strong consistency.
    async fn sound(items: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> (Self, CosmosDocuments) {
        let address = Arc::new(Mutex::new(String::new()));
        let told = Arc::clone(&address);
        let double = Self::start(move || Reply::Json(200, account(&told.lock().unwrap(), "Strong")), items).await;
        *address.lock().unwrap() = double.endpoint();
        // A slow machine may need more than one attempt.
        for _ in 0..20 {
            let Ok(documents) = double.connect().await else { continue };
            if documents.discover(&documents.call("test", &USERS), &USERS).await.is_ok() {
                return (double, documents);
            }
        }
        panic!("the double is not taken for an account");
    }

    fn endpoint(&self) -> String {
        format!("http://{}/", self.address)
    }

    async fn connect(&self) -> Result<CosmosDocuments> {
        connect(&self.endpoint()).await
    }

    fn count(&self, method: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == method).count()
    }
}

async fn connect(endpoint: &str) -> Result<CosmosDocuments> {
    let place =
        Place { endpoint: Url::parse(endpoint).unwrap(), database: "anyport".to_owned(), key: Some(Secret::new(KEY)) };
    CosmosDocuments::within(HASTY, place, "", Arc::new(Still)).await
}

fn account(endpoint: &str, consistency: &str) -> Value {
    let region = json!([{"name": "East US", "databaseAccountEndpoint": endpoint}]);
    json!({
        "id": "account", "_rid": "account.documents.azure.com", "_self": "", "media": "//media/", "addresses": "//addresses/",
        "_dbs": "//dbs/", "writableLocations": region, "readableLocations": region,
        "enableMultipleWriteLocations": false, "userConsistencyPolicy": {"defaultConsistencyLevel": consistency},
        "userReplicationPolicy": {"asyncReplication": false, "minReplicaSetSize": 3, "maxReplicasetSize": 4},
        "systemReplicationPolicy": {"minReplicaSetSize": 3, "maxReplicasetSize": 4},
        "readPolicy": {"primaryReadCoefficient": 1, "secondaryReadCoefficient": 1}, "queryEngineConfiguration": "{}",
    })
}

fn database() -> Value {
    json!({"id": "anyport", "_rid": "AAAAAQ==", "_self": "dbs/AAAAAQ==/", "_etag": "\"1\"", "_ts": 1})
}

fn container() -> Value {
    json!({
        "id": "users", "_rid": "AAAAAYAAAAE=", "_self": "dbs/AAAAAQ==/colls/AAAAAYAAAAE=/", "_etag": "\"1\"", "_ts": 1,
        "partitionKey": {"paths": ["/pk"], "kind": "Hash", "version": 2}, "defaultTtl": -1,
        "indexingPolicy": containers::policy(&[], false),
    })
}

fn ranges() -> Value {
    let range = json!({"id": "0", "_rid": "AAAAAYAAAAECAAAAAAAAUA==", "minInclusive": "", "maxExclusive": "FF", "status": "online"});
    json!({"_rid": "AAAAAYAAAAE=", "PartitionKeyRanges": [range], "_count": 1})
}

fn item(operation: &str) -> Value {
    json!({"id": "a", "pk": "u1", "body": {}, "operation": operation, "_etag": "\"7\"", "_ts": 1})
}

/// Answers each request of a connection by its head.
async fn serve(mut stream: TcpStream, reply: impl Fn(&str) -> Reply + Send) {
    let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let Some(head) = read.windows(4).position(|window| window == b"\r\n\r\n") else {
            match stream.read(&mut chunk).await {
                Ok(count @ 1..) => read.extend_from_slice(&chunk[..count]),
                _ => return,
            }
            continue;
        };
        let text = String::from_utf8(read[..head].to_vec()).unwrap();
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
        });
        let whole = head + 4 + length.unwrap_or(0);
        while read.len() < whole {
            match stream.read(&mut chunk).await {
                Ok(count @ 1..) => read.extend_from_slice(&chunk[..count]),
                _ => return,
            }
        }
        read.drain(..whole);
        match reply(&text) {
            Reply::Json(status, body) => {
                let body = if body.is_null() { String::new() } else { body.to_string() };
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\netag: \"9\"\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Hangup => return,
            Reply::Silence => std::future::pending().await,
        }
    }
}

fn key() -> Key {
    Key::new("u1", "a").unwrap()
}

fn put(condition: Condition) -> Put {
    Put::new(Body::of(&json!({"name": "Ann"})).unwrap()).when(condition)
}

fn version() -> Condition {
    let stamp = Stamp { operation: Some("earlier".to_owned()), expires_at: None, etag: "\"7\"".to_owned() };
    Condition::Version(stamp.version())
}

/// One line, with what to do, and without what is secret.
fn assert_told(error: &Error, kind: ErrorKind, words: &str) {
    assert_eq!(error.kind(), kind, "{error:?}");
    let text = error.to_string();
    assert!(text.contains(words) && !text.contains('\n'), "{text}");
    assert!(!format!("{error:?}").contains(KEY), "{error:?}");
}

#[tokio::test]
async fn an_account_that_is_not_strong_is_refused_at_once() {
    for consistency in ["Session", "BoundedStaleness", "Eventual"] {
        let address = Arc::new(Mutex::new(String::new()));
        let told = Arc::clone(&address);
        let account = move || Reply::Json(200, account(&told.lock().unwrap(), consistency));
        let double = Double::start(account, |_, _| Reply::Silence).await;
        *address.lock().unwrap() = double.endpoint();
        assert_told(&double.connect().await.unwrap_err(), ErrorKind::InvalidInput, "Strong consistency");
    }
}

#[tokio::test]
async fn a_key_that_is_not_accepted_is_told() {
    let refused = || {
        Reply::Json(
            401,
            json!({"code": "Unauthorized", "message": "The input authorization token can't serve the request."}),
        )
    };
    let double = Double::start(refused, |_, _| Reply::Silence).await;
    assert_told(&double.connect().await.unwrap_err(), ErrorKind::Unauthenticated, "AZURE_COSMOS_KEY");
}

#[tokio::test]
async fn an_account_that_is_not_there_or_never_answers_is_told_in_time() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let silent = Double::start(|| Reply::Silence, |_, _| Reply::Silence).await;
    for endpoint in [format!("http://{closed}/"), silent.endpoint()] {
        let started = Instant::now();
        let error = connect(&endpoint).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(started.elapsed() < HASTY.operation + SLACK, "{error}: took {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_service_that_never_answers_is_waited_for_no_longer_than_documented() {
    let (double, documents) = Double::sound(|_, _| Reply::Silence).await;
    let started = Instant::now();
    let error = documents.get(&USERS, &key()).await.unwrap_err();
    assert!(started.elapsed() < HASTY.operation + SLACK, "took {:?}", started.elapsed());
    assert_told(&error, ErrorKind::Unavailable, "documents.get users/u1/a");
    assert!((2..=3).contains(&double.count("GET")), "asked {} times", double.count("GET"));

    for (condition, method, times) in [(Condition::Always, "POST", 1..=1), (version(), "PUT", 2..=3)] {
        let started = Instant::now();
        let error = documents.put(&USERS, &key(), &put(condition)).await.unwrap_err();
        assert!(started.elapsed() < HASTY.operation + HASTY.look + SLACK, "took {:?}", started.elapsed());
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error:?}");
        assert!(times.contains(&double.count(method)), "asked {} times", double.count(method));
    }
}

#[tokio::test]
async fn a_write_that_could_undo_what_others_did_is_never_made_twice() {
    for (condition, method) in [(Condition::Always, "POST"), (Condition::Absent, "POST")] {
        let (double, documents) = Double::sound(|method, _| match method {
            "GET" => Reply::Json(200, item("somebody else's")),
            _ => Reply::Hangup,
        })
        .await;
        let error = documents.put(&USERS, &key(), &put(condition)).await.unwrap_err();
        assert_eq!((error.kind(), double.count(method)), (ErrorKind::Indeterminate, 1), "{error:?}");
    }
    let (double, documents) = Double::sound(|_, _| Reply::Hangup).await;
    let error = documents.delete(&USERS, &key(), &Condition::Always).await.unwrap_err();
    assert_eq!((error.kind(), double.count("DELETE")), (ErrorKind::Indeterminate, 1), "{error:?}");
}

#[tokio::test]
async fn a_write_under_a_version_is_made_again_and_is_in_doubt_if_it_is_then_refused() {
    let refusal = || Reply::Json(412, json!({"code": "PreconditionFailed"}));
    let (double, documents) = Double::sound(move |method, before| match (method, before) {
        ("GET", _) => Reply::Json(200, item("somebody else's")),
        (_, 0) => Reply::Hangup,
        _ => refusal(),
    })
    .await;
    let error = documents.put(&USERS, &key(), &put(version())).await.unwrap_err();
    assert_eq!((error.kind(), double.count("PUT")), (ErrorKind::Indeterminate, 2), "{error:?}");

    let (_, documents) = Double::sound(|method, before| match (method, before) {
        ("PUT", 0) => Reply::Hangup,
        _ => Reply::Json(200, item("ours")),
    })
    .await;
    let written = documents.put(&USERS, &key(), &put(version())).await.unwrap();
    assert!(written.as_str().contains(".-.9."), "the second answer tells the etag: {written:?}");
}

#[tokio::test]
async fn a_throttled_write_was_not_done_and_is_made_again() {
    let slow = || Reply::Json(429, json!({"code": "TooManyRequests"}));
    let (double, documents) = Double::sound(move |_, before| match before {
        0 => slow(),
        _ => Reply::Json(201, item("ours")),
    })
    .await;
    documents.put(&USERS, &key(), &put(Condition::Always)).await.unwrap();
    assert_eq!(double.count("POST"), 2);
    let (double, documents) = Double::sound(move |_, _| slow()).await;
    let error = documents.put(&USERS, &key(), &put(Condition::Always)).await.unwrap_err();
    assert_told(&error, ErrorKind::Throttled, "slow down");
    assert!(double.count("POST") <= 3);
}
