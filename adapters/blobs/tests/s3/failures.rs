//! What refusals and a store that is not there are made into, and how many requests are made for it.

use std::time::{Duration, Instant};

use anyport_ports::blobs::Blobs as _;
use anyport_ports::{ErrorKind, Retry};

use crate::refused::double::Double;
use crate::refused::{errors, expect_no_waiting_for_silence, nobody_listening};
use crate::{PHOTOS, name, s3};

#[tokio::test]
async fn what_trying_again_cannot_help_is_asked_once_and_told_clearly() {
    let elsewhere = "The bucket must be addressed using the specified endpoint.";
    for (status, code, message, kind, words) in [
        (403, "InvalidAccessKeyId", "The key Id does not exist in our records.", ErrorKind::Unauthenticated, "key Id"),
        (403, "SignatureDoesNotMatch", "Check your key.", ErrorKind::Unauthenticated, "Check your key"),
        (403, "AccessDenied", "Access Denied", ErrorKind::PermissionDenied, "Access Denied"),
        (404, "NoSuchBucket", "No such bucket", ErrorKind::NotFound, "the bucket does not exist: provision it"),
        (301, "PermanentRedirect", elsewhere, ErrorKind::InvalidInput, "in another region: set the region"),
        (400, "AuthorizationHeaderMalformed", "expecting 'eu-west-1'", ErrorKind::InvalidInput, "eu-west-1"),
    ] {
        let double = Double::refusing(status, code, message).await;
        let blobs = s3(&double.endpoint, "");
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
    for (status, kind) in
        [(403, ErrorKind::PermissionDenied), (404, ErrorKind::NotFound), (301, ErrorKind::InvalidInput)]
    {
        let double = Double::refusing(status, "", "").await;
        let error = s3(&double.endpoint, "").head(&PHOTOS, &name("a")).await.unwrap_err();
        assert_eq!((error.kind(), double.asked()), (kind, 1), "{error:?}");
    }
}

#[tokio::test]
async fn a_store_that_asks_to_slow_down_is_asked_three_times() {
    let double = Double::refusing(503, "SlowDown", "Please reduce your request rate.").await;
    let blobs = s3(&double.endpoint, "");
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
    for error in errors(&s3(&nobody_listening(), ""), each_soon).await {
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Backoff), "{error:?}");
        assert!(error.to_string().contains("check its endpoint and the network"), "{error}");
    }
}

#[tokio::test]
async fn a_region_that_is_none_has_no_address() {
    // No resolver looks for a name with a part of more than 63 bytes.
    let region = "no-such-region-".repeat(5);
    let started = Instant::now();
    let blobs = s3(&format!("http://s3.{region}1.amazonaws.com"), "");
    for error in errors(&blobs, |_| ()).await {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(15), "took {:?}", started.elapsed());
}

#[tokio::test]
async fn a_store_that_is_silent_is_not_waited_for_for_long() {
    let double = Double::silent().await;
    expect_no_waiting_for_silence(&s3(&double.endpoint, "")).await;
}
