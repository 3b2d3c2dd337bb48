//! What failures on the way are made into.

use anyport_ports::secrets::{SecretVersion, Secrets as _};
use anyport_ports::{Error, ErrorKind, SecretName};
use serde_json::json;

use crate::double::{Double, Reply, SECRET};

const KEY: SecretName = SecretName::from_static("gateway-key");

/// The error of reading the secret, and how often the service was asked.
async fn read(version: SecretVersion, reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Error, usize) {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&asked);
    let double = Double::start(move |_, _, _| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        reply()
    });
    let error = double.await.aws.secrets().get(&KEY, &version).await.unwrap_err();
    assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
    (error, asked.load(std::sync::atomic::Ordering::SeqCst))
}

#[tokio::test]
async fn what_trying_again_cannot_help_is_asked_once_and_told_clearly() {
    let marked = "You can't perform this operation on the secret because it was marked for deletion.";
    for (code, message, kind, words) in [
        ("UnrecognizedClientException", "", ErrorKind::Unauthenticated, "AWS_ACCESS_KEY_ID"),
        ("AccessDeniedException", "", ErrorKind::PermissionDenied, "policies"),
        ("DecryptionFailure", "", ErrorKind::PermissionDenied, "encryption key"),
        ("ResourceNotFoundException", "", ErrorKind::NotFound, "does not exist"),
        ("InvalidRequestException", marked, ErrorKind::NotFound, "scheduled for deletion"),
        ("InvalidRequestException", "otherwise", ErrorKind::Internal, "refused"),
    ] {
        let reply = move || Reply::Json(400, json!({"__type": code, "message": message}));
        let (error, asked) = read(SecretVersion::Latest, reply).await;
        assert_eq!((error.kind(), asked), (kind, 1), "{code}: {error:?}");
        assert!(error.to_string().starts_with("secrets.get gateway-key: "), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_asked_three_times() {
    let (error, asked) = read(SecretVersion::Latest, || Reply::Hangup).await;
    assert_eq!((error.kind(), asked), (ErrorKind::Unavailable, 3), "{error:?}");
}

#[tokio::test]
async fn a_version_that_can_be_none_is_absent_and_not_asked_for() {
    for version in [String::new(), "no version".to_owned(), "v".repeat(65)] {
        let (error, asked) = read(SecretVersion::Pinned(version), || Reply::Hangup).await;
        assert_eq!((error.kind(), asked), (ErrorKind::NotFound, 0));
    }
}
