//! What is told where there are no credentials, or none that can be used. The environment is what tells of them, so that
//! each case is a process of its own: this test, called by itself.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyport_gcp::{PubSubMessages, SecretManager, ServiceSettings};
use anyport_ports::ErrorKind;

/// Set in the process of a case.
const CASE: &str = "ANYPORT_TEST_CASE";

#[tokio::test]
async fn credentials_that_cannot_be_used_are_told_at_once() {
    if std::env::var_os(CASE).is_some() {
        return case().await;
    }
    let folder = std::env::temp_dir().join(format!("anyport-credentials-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    for (name, text) in
        [("absent", None), ("empty", Some("")), ("no-json", Some("{")), ("odd", Some(r#"{"type":"odd"}"#))]
    {
        let file = folder.join(name);
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        run(name, &file, &folder);
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Calls this test anew, with this file for credentials and nothing else to be found.
fn run(name: &str, file: &Path, home: &Path) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "credentials_that_cannot_be_used_are_told_at_once"])
        .env_clear()
        .env(CASE, name)
        .env("HOME", home)
        .env("GOOGLE_APPLICATION_CREDENTIALS", file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
}

async fn case() {
    let began = Instant::now();
    let settings = ServiceSettings { project: Some("shop".to_owned()), ..ServiceSettings::default() };
    let errors =
        [PubSubMessages::connect(&settings).await.unwrap_err(), SecretManager::connect(&settings).await.unwrap_err()];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error:?}");
        assert!(error.to_string().contains("GOOGLE_APPLICATION_CREDENTIALS"), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(5));
}
