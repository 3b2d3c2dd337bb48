//! Starting: what is wrong is told at once, all of it, and nothing is touched.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::storefront_server::{Server, app};

/// What a command that fails says on standard error; it says nothing on standard output.
fn complaint(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn principle_p5_wrong_settings_are_told_all_at_once_and_nothing_is_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("anyport.toml"), "documents = \"paper\"\n[log]\nfilter = 1\n").expect("a file");
    let mut command = app(folder.path());
    command.env("ANYPORT_SERVER__ADDRESS", "nowhere").env("ANYPORT_SERVER__GRACES", "1s");
    let complaint = complaint(&mut command);
    for part in
        ["documents is wrong", "log.filter", "anyport.toml", "ANYPORT_SERVER__ADDRESS", "server.graces is not a known"]
    {
        assert!(complaint.contains(part), "{part}: {complaint}");
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_schedule_that_is_none_is_told_and_nothing_is_touched() {
    let folder = tempfile::tempdir().expect("a folder");
    let complaint = complaint(app(folder.path()).env("ANYPORT_SCHEDULES__EXPIRY", "daily"));
    for part in ["schedules is wrong", "\"daily\" is not a cron pattern"] {
        assert!(complaint.contains(part), "{part}: {complaint}");
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn a_file_of_another_kind_is_told_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("data/storefront.db");
    fs::create_dir(folder.path().join("data")).expect("a folder");
    fs::write(&file, "a diary, not a database ".repeat(100)).expect("a file");
    let complaint = complaint(&mut app(folder.path()));
    assert!(complaint.starts_with("error: ") && complaint.contains("storefront.db"), "{complaint}");
    assert_eq!(fs::read_to_string(&file).expect("the file"), "a diary, not a database ".repeat(100));
}

#[test]
fn arguments_are_answered_without_a_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let complaint = complaint(app(folder.path()).arg("--port"));
    assert!(complaint.contains("--help"), "{complaint}");
    for (argument, part) in
        [("--help", "ANYPORT_SERVER__ADDRESS"), ("--manifest", "\"place-order\""), ("--openapi", "3.1.0")]
    {
        let output = app(folder.path()).arg(argument).output().expect("it starts");
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains(part), "{output:?}");
    }
    assert!(!folder.path().join("data").exists());
}

#[test]
fn the_first_start_makes_a_key_that_its_owner_alone_can_read_and_the_next_keeps_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("data/secrets/receipt-key/1");
    assert!(Server::start(folder.path()).stop().success());
    let first = fs::read(&key).expect("a key");
    assert_eq!(first.len(), 32);
    assert_eq!(fs::metadata(&key).expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(Server::start(folder.path()).stop().success());
    assert_eq!(fs::read(&key).expect("a key"), first);
    assert!(!folder.path().join("data/secrets/receipt-key/2").exists());
}

#[test]
fn principle_p1_adapters_that_are_not_bound_are_not_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = app(folder.path());
    // Whoever opened these would fail, or wait.
    command.env("REDIS_URL", "redis://127.0.0.1:1").env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    command.env("AWS_PROFILE", "no-such-profile").env("ANYPORT_HTTP__SERVICES__PAYMENTS__URL", "http://127.0.0.1:1");
    let server = Server::spawn(&mut command);
    server.get("/readyz").expect(200);
    assert!(server.stop().success());
}

#[test]
fn a_machine_that_is_its_own_issuer_gives_tokens_that_it_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = || {
        let mut command = app(folder.path());
        command.env_remove("ANYPORT_AUTH__ISSUERS");
        command
    };
    let server = Server::spawn(&mut own());
    let output = own().args(["--token", "ada"]).output().expect("it starts");
    let token = String::from_utf8(output.stdout).expect("a token");
    let asked = |bearer: &str| server.get_as("/api/users/ada/totals", bearer);
    // The token holds, and there is no such user.
    assert_eq!(asked(&format!("Bearer {}", token.trim())).problem(404), "user_not_found");
    assert_eq!(server.get_as("/api/users/eve/totals", &format!("Bearer {}", token.trim())).problem(403), "not_yours");
    assert_eq!(asked("Bearer x").problem(401), "invalid_token");
    assert!(server.stop().success());
}
