//! Secrets in Parameter Store: what the contract asks of them, up to the size that a parameter holds.
//!
//! The environment leads to an emulator of Systems Manager: `cargo xtask test` sees to it. Compiled with the feature
//! `parameter-store`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test panics where something is not as it must be")]

use std::sync::Arc;

use anyport_aws::{Aws, AwsSettings, ParameterStore};
use anyport_ports::secrets::{Secret, SecretVersion, Secrets as _};
use anyport_ports::{Clock, ErrorKind, SecretName, Timestamp};
use aws_credential_types::Credentials;
use aws_sdk_ssm::config::{BehaviorVersion, Region};
use aws_sdk_ssm::types::{ParameterTier, ParameterType};

const KEY: SecretName = SecretName::from_static("gateway-key");

/// Nothing in Parameter Store expires.
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }
}

/// The store, and the service itself for who puts secrets there.
struct Account {
    store: ParameterStore,
    service: aws_sdk_ssm::Client,
    parameter: String,
}

impl Account {
    async fn fresh() -> Self {
        let endpoint = std::env::var("AWS_ENDPOINT_URL_SSM");
        let endpoint = endpoint.expect("AWS_ENDPOINT_URL_SSM names no emulator: run the tests with `cargo xtask test`");
        let prefix = format!("s{}-", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let mut settings = AwsSettings::default();
        settings.prefix.clone_from(&prefix);
        let store = Aws::connect(&settings, Arc::new(Still)).await.unwrap().parameter_store();
        let config = aws_sdk_ssm::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .region(Region::new(std::env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".to_owned())))
            .endpoint_url(endpoint)
            .build();
        let service = aws_sdk_ssm::Client::from_conf(config);
        Self { store, service, parameter: format!("/anyport/{prefix}gateway-key") }
    }

    /// Puts a new version, as an operator does; its number.
    async fn puts(&self, value: &[u8], tier: ParameterTier) -> String {
        let put = self.service.put_parameter().name(&self.parameter).value(ParameterStore::text_of(value));
        let put = put.r#type(ParameterType::SecureString).tier(tier).overwrite(true);
        put.send().await.unwrap().version().to_string()
    }

    async fn get(&self, version: SecretVersion) -> Secret {
        self.store.get(&KEY, &version).await.unwrap()
    }
}

fn read(secret: &Secret) -> (&[u8], &str) {
    (secret.value.expose(), &secret.version)
}

#[tokio::test]
async fn text_and_bytes_come_back_exactly_up_to_what_a_parameter_holds() {
    let account = Account::fresh().await;
    let long_text = "k".repeat(8 * 1024);
    // In base64, with what marks it, as long as a parameter can be.
    let long_bytes = vec![0xff; (8 * 1024 - "anyport:base64:".len()) / 4 * 3];
    let all_bytes: Vec<u8> = (0..=u8::MAX).collect();
    for value in [
        b"hunter2".as_slice(),
        "Gr\u{fc}\u{df}e\n".as_bytes(),
        b" padded\n",
        &[0],
        &all_bytes,
        b"{{ssm:other}}",
        b"anyport:base64:AAE=",
        long_text.as_bytes(),
        &long_bytes,
    ] {
        let tier = if value.len() > 3000 { ParameterTier::Advanced } else { ParameterTier::Standard };
        let version = account.puts(value, tier).await;
        let secret = account.get(SecretVersion::Latest).await;
        assert!(read(&secret) == (value, &version), "{} bytes, version {version}", value.len());
        assert!(!format!("{secret:?}").contains("hunter2"), "{secret:?}");
    }
}

#[tokio::test]
async fn a_rotation_changes_what_is_current_and_no_version() {
    let account = Account::fresh().await;
    let mut versions: Vec<(Vec<u8>, String)> = Vec::new();
    for value in [b"one".as_slice(), &[0xff, 0], b"three"] {
        versions.push((value.to_vec(), account.puts(value, ParameterTier::Standard).await));
        assert_eq!(read(&account.get(SecretVersion::Latest).await).0, value);
    }
    for (value, version) in &versions {
        let pinned = account.get(SecretVersion::Pinned(version.clone())).await;
        assert_eq!(read(&pinned), (value.as_slice(), version.as_str()));
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let account = Account::fresh().await;
    let absent = account.store.get(&KEY, &SecretVersion::Latest).await.unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound, "{absent:?}");
    assert!(absent.to_string().contains("gateway-key"), "{absent}");

    account.puts(b"one", ParameterTier::Standard).await;
    let label = account.service.label_parameter_version().name(&account.parameter).labels("current");
    label.parameter_version(1).send().await.unwrap();
    // A label is no version: it moves.
    for version in ["2", "current", "", "-1", "1:1", "01", "99999999999999999999"] {
        let error = account.store.get(&KEY, &SecretVersion::Pinned(version.to_owned())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{version:?}: {error:?}");
    }
}
