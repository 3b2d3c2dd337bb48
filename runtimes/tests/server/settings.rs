//! Settings: where they come from, and that everything wrong is told at once.

use std::net::SocketAddr;
use std::time::Duration;

use anyport_runtimes::logs::LogSettings;
use anyport_runtimes::server::ServerSettings;
use anyport_runtimes::settings::{InvalidSettings, Sources};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    server: ServerSettings,
    log: LogSettings,
    store: Store,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Store {
    path: String,
    pool: u16,
    synchronous: bool,
}

fn load(file: &str, variables: &[(&str, &str)]) -> Result<Settings, InvalidSettings> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anyport.toml");
    std::fs::write(&path, file).unwrap();
    let sources =
        variables.iter().fold(Sources::default().file(path), |sources, (name, value)| sources.variable(*name, *value));
    let defaults = json!({
        "server": ServerSettings::default(),
        "log": LogSettings::default(),
        "store": { "pool": 4, "synchronous": true },
    });
    sources.load(&defaults)
}

#[test]
fn the_environment_is_over_the_file_is_over_the_defaults() {
    let file = "[store]\npath = 'a'\npool = 5\n[server]\ngrace = '1m'\naddress = '127.0.0.1:1'";
    let variables = [
        ("ANYPORT_STORE__PATH", "5"),
        ("ANYPORT_STORE__SYNCHRONOUS", "false"),
        ("ANYPORT_SERVER__ADDRESS", "127.0.0.1:2"),
        ("ANYPORT_RUNTIME", "server"),
        ("OTHER", "x"),
    ];
    let settings = load(file, &variables).unwrap();
    assert_eq!(settings.store, Store { path: "5".to_owned(), pool: 5, synchronous: false });
    assert_eq!(settings.server.address, SocketAddr::from(([127, 0, 0, 1], 2)));
    assert_eq!(
        (settings.server.grace, settings.server.body_timeout),
        (Duration::from_mins(1), Duration::from_secs(30))
    );
}

#[test]
fn everything_wrong_is_told_at_once_and_no_value_is_shown() {
    let file =
        "[store]\npool = 'hunter2'\nsynchronous = true\ncolour = 'red'\n[server]\ngrace = 'soon'\naddress = 'no:99999'";
    let variables = [
        ("ANYPORT_LOG__FORMAT", "hunter2"),
        ("ANYPORT_SERVER__MAX_CONNECTIONS", "0"),
        ("ANYPORT_STRANGE__X", "hunter2"),
    ];
    let told = load(file, &variables).unwrap_err();
    let text = told.to_string();
    for (part, source) in [
        ("store.path is missing", "ANYPORT_STORE__PATH"),
        ("store.pool is wrong", "anyport.toml"),
        ("store.colour is not a known setting", "anyport.toml"),
        ("server.grace is wrong", "anyport.toml"),
        ("server.address cannot be read", "anyport.toml"),
        ("log.format is wrong", "environment variable ANYPORT_LOG__FORMAT"),
        ("server.max_connections is wrong", "environment variable ANYPORT_SERVER__MAX_CONNECTIONS"),
        ("strange is not a known setting", ""),
    ] {
        let problem = told.problems.iter().find(|problem| problem.starts_with(part));
        assert!(problem.is_some_and(|problem| problem.contains(source)), "{part}\nnot in:\n{text}");
    }
    assert_eq!(told.problems.len(), 8, "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_file_that_is_no_toml_does_not_hide_the_rest() {
    let told = load("this is not toml", &[("ANYPORT_STORE__POOL", "many")]).unwrap_err().to_string();
    assert!(
        told.contains("anyport.toml") && told.contains("store.path is missing") && told.contains("store.pool is wrong"),
        "{told}"
    );
}
