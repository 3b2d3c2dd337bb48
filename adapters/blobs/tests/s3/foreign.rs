//! What others put into a bucket under keys that no blob has.
//!
//! The environment leads to an emulator of S3: `cargo xtask test` sees to it.

use anyport_ports::blobs::{BlobRange, Blobs as _, ListBlobs, PutBlob};
use anyport_ports::resources::{Provision as _, Resources};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{PHOTOS, name, s3};

/// Puts an object as another program does, with no regard for what a blob may be called.
async fn put_object(endpoint: &str, bucket: &str, key: &str) {
    let host = endpoint.strip_prefix("http://").expect("the emulator speaks plain HTTP").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!(
        "PUT /{bucket}/{key} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=AKIDTEST/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\
         content-length: 7\r\n\r\nforeign"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn objects_whose_keys_are_no_names_are_not_listed_and_stop_no_listing() {
    let endpoint = std::env::var("AWS_ENDPOINT_URL_S3");
    let endpoint = endpoint.expect("AWS_ENDPOINT_URL_S3 names no emulator: run the tests with `cargo xtask test`");
    let prefix = format!("f{}-", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let blobs = s3(&endpoint, &prefix);
    blobs.provision(&Resources { buckets: vec![PHOTOS], ..Resources::default() }).await.unwrap();
    for foreign in ["folder/", "folder/inner/", "a.", "z//twice", "caf%C3%A9"] {
        put_object(&endpoint, &format!("{prefix}photos"), foreign).await;
    }
    let put = PutBlob::new("text/plain", "ours").unwrap();
    for ours in ["a", "folder/b", "zz"] {
        blobs.put(&PHOTOS, &name(ours), &put).await.unwrap();
    }
    // What others wrote under a name that a blob may have is a blob.
    let names = ["a", "caf\u{e9}", "folder/b", "zz"];
    for limit in [1, 2, 100] {
        let mut listed = Vec::new();
        let mut cursor = None;
        loop {
            let list = ListBlobs::prefix("").limit(limit).unwrap().after(cursor.as_ref()).unwrap();
            let page = blobs.list(&PHOTOS, &list).await.unwrap();
            listed.extend(page.names().map(ToString::to_string));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
            assert!(listed.len() <= names.len(), "it goes on: {listed:?}");
        }
        assert_eq!(listed, names, "{limit} on a page");
    }
    let folder = blobs.list(&PHOTOS, &ListBlobs::prefix("folder/").delimiter('/')).await.unwrap();
    let blobs_there: Vec<_> = folder.names().map(ToString::to_string).collect();
    assert_eq!(blobs_there, ["folder/b"]);
    assert!(folder.prefixes.contains(&"folder/inner/".to_owned()));

    let read = blobs.get(&PHOTOS, &name("caf\u{e9}"), BlobRange::All).await.unwrap();
    assert_eq!(read.info.length, 7);
}
