//! Versions of secrets that an operator takes out of use, in whatever the environment leads to: `cargo xtask test` sees to
//! an emulator of Secret Manager.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test panics where something is not as it must be")]

use anyport_gcp::{SecretManager, ServiceSettings};
use anyport_ports::secrets::{SecretVersion, Secrets as _};
use anyport_ports::{ErrorKind, Result, SecretName};
use google_cloud_auth::credentials::anonymous;
use google_cloud_secretmanager_v1::client::SecretManagerService;

const KEY: SecretName = SecretName::from_static("gateway-key");

/// The emulator, and the service's own client for the operator.
async fn fresh() -> (SecretManager, SecretManagerService) {
    let host = std::env::var("SECRET_MANAGER_EMULATOR_HOST");
    let host = host.expect("SECRET_MANAGER_EMULATOR_HOST names no emulator: run the tests with `cargo xtask test`");
    let settings = ServiceSettings {
        project: Some("anyport".to_owned()),
        prefix: format!("s{}-", &uuid::Uuid::new_v4().simple().to_string()[..12]),
        endpoint: None,
    };
    let secrets = SecretManager::connect(&settings).await.unwrap();
    let operator = SecretManagerService::builder()
        .with_endpoint(format!("http://{host}"))
        .with_credentials(anonymous::Builder::new().build());
    (secrets, operator.build().await.unwrap())
}

async fn read(secrets: &SecretManager, version: &SecretVersion) -> Result<String> {
    let secret = secrets.get(&KEY, version).await?;
    Ok(format!("{} {}", secret.version, secret.value.expose_text()?))
}

#[tokio::test]
async fn what_is_out_of_use_is_not_found_until_it_is_in_use_again() {
    let (secrets, operator) = fresh().await;
    for value in ["old", "new"] {
        secrets.put(&KEY, value.as_bytes()).await.unwrap();
    }
    let pinned = |number: &str| SecretVersion::Pinned(number.to_owned());
    let version = |number: u8| format!("{}/versions/{number}", secrets.name_of(&KEY));
    assert_eq!(read(&secrets, &pinned("1")).await.unwrap(), "1 old");

    operator.disable_secret_version().set_name(version(1)).send().await.unwrap();
    assert_eq!(read(&secrets, &pinned("1")).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(read(&secrets, &SecretVersion::Latest).await.unwrap(), "2 new");
    operator.enable_secret_version().set_name(version(1)).send().await.unwrap();
    assert_eq!(read(&secrets, &pinned("1")).await.unwrap(), "1 old");

    operator.destroy_secret_version().set_name(version(1)).send().await.unwrap();
    assert_eq!(read(&secrets, &pinned("1")).await.unwrap_err().kind(), ErrorKind::NotFound);
    operator.destroy_secret_version().set_name(version(2)).send().await.unwrap();
    assert_eq!(read(&secrets, &SecretVersion::Latest).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn prefixes_keep_the_secrets_of_two_environments_apart() {
    let (one, other) = (fresh().await.0, fresh().await.0);
    one.put(&KEY, b"mine").await.unwrap();
    assert_eq!(read(&other, &SecretVersion::Latest).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(read(&one, &SecretVersion::Latest).await.unwrap(), "1 mine");
}
