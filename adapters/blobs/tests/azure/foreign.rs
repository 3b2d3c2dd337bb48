//! What others put into a container, by a URL of their own and under names that no blob has.
//!
//! The environment leads to an emulator of Blob Storage: `cargo xtask test` sees to it.

use anyport_blobs::ObjectBlobs;
use anyport_blobs::azure::AzureBlobSettings;
use anyport_ports::blobs::{BlobRange, Blobs as _, ListBlobs, PutBlob};
use anyport_ports::resources::{Provision as _, Resources};
use object_store::azure::{AzureAccessKey, AzureAuthorizer, AzureCredential, MicrosoftAzureBuilder};
use object_store::client::{HttpClient, HttpRequestBody};
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectStore as _, PutOptions};

use crate::{PHOTOS, name};

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} names no emulator: run the tests with `cargo xtask test`"))
}

/// Puts a blob as another program does, with no regard for what a blob may be called.
async fn put_blob(url: &str) {
    let key = AzureAccessKey::try_new(&variable("AZURE_STORAGE_KEY")).unwrap();
    let mut request = http::Request::put(url)
        .header("x-ms-blob-type", "BlockBlob")
        .header("content-length", "7")
        .body(HttpRequestBody::from("foreign".to_owned()))
        .unwrap();
    let (credential, account) = (AzureCredential::AccessKey(key), variable("AZURE_STORAGE_ACCOUNT"));
    AzureAuthorizer::new(&credential, &account).try_authorize(&mut request).unwrap();
    let answer = HttpClient::new(reqwest::Client::new()).execute(request).await.unwrap();
    assert_eq!(answer.status(), 201);
}

#[tokio::test]
async fn what_another_client_wrote_is_read_and_listed_like_any_other() {
    let prefix = format!("f{}-", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    let blobs = ObjectBlobs::azure(&AzureBlobSettings::new().with_prefix(&prefix)).unwrap();
    blobs.provision(&Resources { buckets: vec![PHOTOS], ..Resources::default() }).await.unwrap();
    let other = MicrosoftAzureBuilder::new()
        .with_account(variable("AZURE_STORAGE_ACCOUNT"))
        .with_access_key(variable("AZURE_STORAGE_KEY"))
        .with_endpoint(variable("AZURE_STORAGE_BLOB_ENDPOINT"))
        .with_allow_http(true)
        .with_container_name(format!("{prefix}photos"))
        .build()
        .unwrap();
    let attributes = Attributes::from_iter([
        (Attribute::ContentType, "text/csv"),
        (Attribute::Metadata("by".into()), "another client"),
    ]);
    let options = PutOptions { attributes, ..PutOptions::default() };
    other.put_opts(&Path::parse("café").unwrap(), "foreign".into(), options).await.unwrap();
    for foreign in ["folder/", "folder/inner/", "z//twice"] {
        put_blob(&format!("{}/{prefix}photos/{foreign}", variable("AZURE_STORAGE_BLOB_ENDPOINT"))).await;
    }
    let put = PutBlob::new("text/plain", "ours").unwrap();
    for ours in ["a", "folder/b", "zz"] {
        blobs.put(&PHOTOS, &name(ours), &put).await.unwrap();
    }
    let read = blobs.get(&PHOTOS, &name("café"), BlobRange::All).await.unwrap();
    assert_eq!((read.info.length, read.info.content_type.as_str()), (7, "text/csv"));
    assert_eq!(read.info.metadata.get("by").map(String::as_str), Some("another client"));
    let names = ["a", "café", "folder/b", "zz"];
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
    // And back: what was written here is read there.
    let there = other.get_opts(&Path::from("folder/b"), object_store::GetOptions::default()).await.unwrap();
    assert_eq!(there.attributes.get(&Attribute::ContentType).map(AsRef::as_ref), Some("text/plain"));
    assert_eq!(there.bytes().await.unwrap(), "ours");
}
