//! Claim check: data of any size in messages.

use std::sync::Arc;

use anyport_conformance::suite::FILES;
use anyport_memory::Memory;
use anyport_ports::ErrorKind;
use anyport_ports::blobs::{BlobName, Blobs as _, ListBlobs, MAX_PUT_BYTES, PutBlob};
use anyport_ports::decorators::{ClaimCheck, DATA_REFERENCE};
use anyport_ports::messages::{MAX_MESSAGE_BYTES, Message};

use super::store;

async fn claims() -> (ClaimCheck, Arc<Memory>) {
    let (_, store, _) = store().await;
    (ClaimCheck::new(Arc::clone(&store) as _, FILES), store)
}

fn head(id: &str) -> Message {
    Message::new(id, "/reports", "report.made").unwrap().with_subject("s").unwrap()
}

async fn blobs(store: &Memory) -> Vec<String> {
    let page = store.list(&FILES, &ListBlobs::prefix("")).await.unwrap();
    page.names().map(|name| name.as_str().to_owned()).collect()
}

#[tokio::test]
async fn data_of_every_size_comes_back() {
    let (claims, store) = claims().await;
    let most = MAX_MESSAGE_BYTES - head("1").size() - "text/csv".len();
    for (length, blobs_then) in [(0, 0), (most, 0), (most + 1, 1), (MAX_MESSAGE_BYTES * 3, 2), (MAX_PUT_BYTES, 3)] {
        let data = vec![0xfe; length];
        let message = claims.check_in(head("1"), "text/csv", data.clone()).await.unwrap();
        assert!(message.size() <= MAX_MESSAGE_BYTES);
        assert_eq!((message.id(), message.subject(), message.content_type()), ("1", Some("s"), Some("text/csv")));
        assert!(claims.open(&message).await.unwrap() == data, "{length} bytes");
        assert_eq!(blobs(&store).await.len(), blobs_then, "{length} bytes");
    }
    let error = claims.check_in(head("1"), "text/csv", vec![0; MAX_PUT_BYTES + 1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
}

#[tokio::test]
async fn a_message_that_is_made_again_is_the_same_with_the_same_blob() {
    let (claims, store) = claims().await;
    let data = vec![7; MAX_MESSAGE_BYTES];
    let first = claims.check_in(head("1"), "text/csv", data.clone()).await.unwrap();
    assert_eq!(claims.check_in(head("1"), "text/csv", data.clone()).await.unwrap(), first);
    assert_eq!(blobs(&store).await.len(), 1);
    // Another event has a blob of its own, though its data is the same.
    let other = claims.check_in(head("2"), "text/csv", data.clone()).await.unwrap();
    assert_eq!(blobs(&store).await.len(), 2);
    assert_eq!(claims.open(&other).await.unwrap(), data);
}

#[tokio::test]
async fn nothing_is_read_but_what_was_checked_in_for_the_message() {
    let (claims, store) = claims().await;
    let put = |bytes: &'static str| PutBlob::new("text/plain", bytes).unwrap();
    store.put(&FILES, &BlobName::new("salaries").unwrap(), &put("secret")).await.unwrap();
    let message = claims.check_in(head("1"), "text/csv", vec![7; MAX_MESSAGE_BYTES]).await.unwrap();
    let reference = message.extensions()[DATA_REFERENCE].clone();
    for (id, reference) in [("1", "salaries"), ("1", "claims/../salaries"), ("1", ""), ("2", &reference)] {
        let Ok(forged) = head(id).with_extension(DATA_REFERENCE, reference) else { continue };
        let error = claims.open(&forged).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{reference}");
    }
    let taken = claims.check_in(message.clone(), "text/csv", "x").await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::InvalidInput);

    let name = BlobName::new(reference).unwrap();
    store.put(&FILES, &name, &put("something else")).await.unwrap();
    assert_eq!(claims.open(&message).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    store.delete(&FILES, &name).await.unwrap();
    assert_eq!(claims.open(&message).await.unwrap_err().kind(), ErrorKind::NotFound);
}
