//! What refusals and a store that is not there are made into, and how many requests are made for it.

use std::time::{Duration, Instant};

use anyport_blobs::ObjectBlobs;
use anyport_blobs::gcs::GcsSettings;
use anyport_ports::blobs::{Blobs as _, SignBlobs as _, SignedUrlTtl, Verb};
use anyport_ports::{ErrorKind, Retry};

use crate::refused::double::Double;
use crate::refused::{errors, expect_no_waiting_for_silence, nobody_listening};
use crate::{PHOTOS, name};

/// Cloud Storage at this endpoint, asked by the service account that the environment names.
fn gcs(endpoint: &str) -> ObjectBlobs {
    ObjectBlobs::gcs(&GcsSettings::new().with_endpoint_url(endpoint)).unwrap()
}

#[tokio::test]
async fn what_trying_again_cannot_help_is_asked_once_and_told_clearly() {
    let (unauthenticated, denied) = (ErrorKind::Unauthenticated, ErrorKind::PermissionDenied);
    for (status, code, message, kind, words) in [
        (401, "AuthenticationRequired", "Authentication required.", unauthenticated, "Authentication required"),
        (403, "SignatureDoesNotMatch", "Check your key.", unauthenticated, "Check your key"),
        (403, "AccessDenied", "Access denied.", denied, "Access denied"),
        (404, "NoSuchBucket", "No such bucket", ErrorKind::NotFound, "the bucket does not exist: provision it"),
    ] {
        let double = Double::refusing(status, code, message).await;
        let blobs = gcs(&double.endpoint);
        let started = Instant::now();
        for error in errors(&blobs, |operation| assert_eq!(double.asked(), 1, "{code}: {operation}")).await {
            assert_eq!((error.kind(), error.retry()), (kind, Retry::Never), "{code}: {error:?}");
            assert!(error.to_string().contains(words) && error.to_string().contains("photos"), "{error}");
        }
        assert!(started.elapsed() < Duration::from_secs(2), "{code}: took {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn an_answer_to_head_has_its_status_alone_to_say_what_is_wrong() {
    for (status, kind) in [(403, ErrorKind::PermissionDenied), (404, ErrorKind::NotFound)] {
        let double = Double::refusing(status, "", "").await;
        let error = gcs(&double.endpoint).head(&PHOTOS, &name("a")).await.unwrap_err();
        assert_eq!((error.kind(), double.asked()), (kind, 1), "{error:?}");
    }
}

#[tokio::test]
async fn a_store_that_asks_to_slow_down_is_asked_three_times() {
    let double = Double::refusing(429, "SlowDown", "The object exceeded the rate limit.").await;
    let blobs = gcs(&double.endpoint);
    for error in errors(&blobs, |operation| assert_eq!(double.asked(), 3, "{operation}")).await {
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Throttled, Retry::Backoff), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_listening_is_unavailable_for_writes_too_and_soon() {
    let mut started = Instant::now();
    let each_soon = |operation: &str| {
        assert!(started.elapsed() < Duration::from_secs(3), "{operation} took {:?}", started.elapsed());
        started = Instant::now();
    };
    for error in errors(&gcs(&nobody_listening()), each_soon).await {
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff), "{error:?}");
        assert!(error.to_string().contains("check its endpoint and the network"), "{error}");
    }
}

#[tokio::test]
async fn a_key_file_that_is_none_is_told_when_it_is_given() {
    let settings = GcsSettings::new().with_endpoint_url(nobody_listening()).with_service_account(
        r#"{"type":"service_account","private_key":"the-secret-access-key","private_key_id":"1","client_email":"a@b"}"#,
    );
    let error = ObjectBlobs::gcs(&settings).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let told = format!("{error} {error:?}");
    assert!(told.contains("Cloud Storage cannot be set up") && !told.contains(crate::refused::SECRET), "{told}");
    let (blobs, ttl) = (gcs(&nobody_listening()), SignedUrlTtl::new(Duration::from_mins(1)).unwrap());
    let signed = blobs.sign(&PHOTOS, &name("a"), Verb::Get, ttl).await.unwrap();
    assert!(signed.contains("/photos/a?X-Goog-Algorithm=GOOG4-RSA-SHA256&"), "{signed}");
}

#[tokio::test]
async fn a_store_that_is_silent_is_not_waited_for_for_long() {
    let double = Double::silent().await;
    expect_no_waiting_for_silence(&gcs(&double.endpoint)).await;
}
