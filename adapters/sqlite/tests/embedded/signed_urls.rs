use std::sync::Arc;
use std::time::Duration;

use anyport_ports::blobs::{
    BlobName, BlobRange, Blobs, FetchSigned, MAX_PUT_BYTES, PutBlob, SignBlobs, SignedUrlTtl, Verb,
};
use anyport_ports::resources::Provision;
use anyport_ports::{Clock, ErrorKind};
use anyport_sqlite::SqliteStore;
use bytes::Bytes;

use super::{FILES, TestClock, open, resources};

const HOST: &str = "https://files.example.com";

async fn status(store: &SqliteStore, verb: Verb, path: &str) -> u16 {
    store.fetch(verb, path, Bytes::new()).await.unwrap().status
}

#[tokio::test]
async fn a_url_gives_its_right_alone_for_its_time_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let clock = Arc::new(TestClock::default());
    let shared: Arc<dyn Clock> = clock.clone();
    let store = SqliteStore::open(&path, shared).unwrap().with_public_url("https://files.example.com/").unwrap();
    store.provision(&resources()).await.unwrap();
    let name = BlobName::new("a b/ü?&%.txt").unwrap();
    store.put(&FILES, &name, &PutBlob::new("text/csv", "x,y").unwrap()).await.unwrap();
    let ttl = SignedUrlTtl::new(Duration::from_mins(1)).unwrap();

    let url = store.sign(&FILES, &name, Verb::Get, ttl).await.unwrap();
    let get = url.strip_prefix(HOST).unwrap();
    let answer = store.fetch(Verb::Get, get, Bytes::new()).await.unwrap();
    assert_eq!((answer.status, answer.content_type.as_deref(), &answer.body[..]), (200, Some("text/csv"), &b"x,y"[..]));
    assert_eq!(status(&store, Verb::Put, get).await, 403);
    assert_eq!(status(&open(&path), Verb::Get, get).await, 200, "another store on the file honours it");

    for at in 0..get.len() {
        for other in [b'0', b'a', b'A', b'/'] {
            let mut bytes = get.as_bytes().to_vec();
            if bytes[at] != other {
                bytes[at] = other;
                let altered = String::from_utf8(bytes).unwrap();
                assert_eq!(status(&store, Verb::Get, &altered).await, 403, "{altered}");
            }
        }
    }
    for altered in ["", "/", "/_anyport/blobs/files/x", &format!("{get}0"), &format!("{get}&x=1"), &get[1..]] {
        assert_eq!(status(&store, Verb::Get, altered).await, 403, "{altered}");
    }

    let url = store.sign(&FILES, &name, Verb::Put, ttl).await.unwrap();
    let put = url.strip_prefix(HOST).unwrap();
    assert_eq!(store.fetch(Verb::Put, put, "new".into()).await.unwrap().status, 201);
    let oversize = Bytes::from(vec![0; MAX_PUT_BYTES + 1]);
    assert_eq!(store.fetch(Verb::Put, put, oversize).await.unwrap().status, 413);
    let written = store.get(&FILES, &name, BlobRange::All).await.unwrap();
    assert_eq!(written.info.content_type, "application/octet-stream");
    assert_eq!(written.bytes(10).await.unwrap(), "new");

    clock.advance(Duration::from_millis(59_999));
    assert_eq!(status(&store, Verb::Get, get).await, 200);
    store.delete(&FILES, &name).await.unwrap();
    assert_eq!(status(&store, Verb::Get, get).await, 404);
    clock.advance(Duration::from_millis(1));
    assert_eq!(status(&store, Verb::Get, get).await, 403);
    assert_eq!(status(&store, Verb::Put, put).await, 403);
}

#[test]
fn a_public_url_is_a_scheme_and_a_host() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data.db"));
    for good in ["http://localhost:8080", "https://example.com/", "http://[::1]:80"] {
        assert!(store.clone().with_public_url(good).is_ok(), "{good}");
    }
    for bad in
        ["", "example.com", "ftp://example.com", "https://", "https://a/b", "https://a?b", "https://a b", "https://u@a"]
    {
        assert_eq!(store.clone().with_public_url(bad).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
    }
}
