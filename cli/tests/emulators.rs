//! `anyport emulators` as its users meet it: with the one that starts fastest, and with those of Azure.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The command on one provider, with its state in a folder of the test's own.
fn emulators_of(provider: &str, action: &str, folder: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anyport"));
    command.args(["emulators", action, provider, "--folder"]).arg(folder).args(more).output().unwrap()
}

/// The command on Redis alone.
fn emulators(action: &str, folder: &Path, more: &[&str]) -> Output {
    emulators_of("redis", action, folder, more)
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap()
}

fn ping(url: &str) -> Option<String> {
    let address = url.strip_prefix("redis://").unwrap();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(b"PING\r\n").unwrap();
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).unwrap();
    Some(String::from_utf8(answer.to_vec()).unwrap())
}

/// Stops what the test started, also when it fails.
struct Down<'a>(&'static str, &'a Path);

impl Drop for Down<'_> {
    fn drop(&mut self) {
        emulators_of(self.0, "down", self.1, &[]);
    }
}

#[test]
fn what_is_up_answers_until_it_is_down() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(emulators("status", folder, &[]).status.code(), Some(1), "nothing was started");
    let down = Down("redis", folder);

    let exports = stdout(&emulators("up", folder, &[]));
    let url = exports.lines().find_map(|line| line.strip_prefix("export REDIS_URL=")).unwrap().to_owned();
    assert_eq!(ping(&url).as_deref(), Some("+PONG\r\n"));
    assert!(exports.contains("export ANYPORT_EMULATORS=redis-server\n"), "{exports}");
    assert!(exports.lines().all(|line| line.starts_with("export ")), "{exports}");

    let again = json(&emulators("up", folder, &["--json"]));
    assert_eq!(again["environment"]["REDIS_URL"], url, "what is up is not started again");
    let status = json(&emulators("status", folder, &["--json"]));
    assert_eq!(status["emulators"][0]["health"], "up");
    assert_eq!(status["emulators"][0]["pid"], again["emulators"][0]["pid"]);

    let stopped = json(&emulators("down", folder, &["--json"]));
    assert_eq!(stopped["stopped"][0]["pid"], again["emulators"][0]["pid"]);
    assert_eq!(ping(&url), None);
    assert_eq!(emulators("status", folder, &[]).status.code(), Some(1));
    assert_eq!(stdout(&emulators("down", folder, &[])), "nothing was running\n");
    drop(down);
}

#[test]
fn one_that_has_died_is_started_anew() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let _down = Down("redis", folder);
    let first = json(&emulators("up", folder, &["--json"]));
    let mut stream =
        TcpStream::connect(first["environment"]["REDIS_URL"].as_str().unwrap().trim_start_matches("redis://")).unwrap();
    stream.write_all(b"SHUTDOWN NOSAVE\r\n").unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "it ends without an answer");

    let second = json(&emulators("up", folder, &["--json"]));
    assert_ne!(second["emulators"][0]["pid"], first["emulators"][0]["pid"]);
    let url = second["environment"]["REDIS_URL"].as_str().unwrap();
    assert_eq!(ping(url).as_deref(), Some("+PONG\r\n"));
}

#[test]
fn each_says_whose_it_is_and_leads_clients_in_their_own_way() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let down = Down("azure", folder);
    let up = json(&emulators_of("azure", "up", folder, &["--json"]));
    let variable = |name: &str| up["environment"][name].as_str().unwrap().to_owned();
    let port = |emulator: &str| {
        let mut all = up["emulators"].as_array().unwrap().iter();
        all.find(|one| one["emulator"] == emulator).unwrap()["port"].as_u64().unwrap()
    };
    assert_eq!(variable("AZURE_COSMOS_ENDPOINT"), format!("http://127.0.0.1:{}", port("cosmos")));
    let queues = format!("http://127.0.0.1:{}/devstoreaccount1", port("azurite-queue"));
    assert_eq!(variable("AZURE_STORAGE_QUEUE_ENDPOINT"), queues);
    assert_eq!(variable("AZURE_KEYVAULT_ENDPOINT"), format!("https://127.0.0.1:{}", port("vault")));
    let authority = std::fs::read_to_string(variable("AZURE_KEYVAULT_CA_FILE")).unwrap();
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"), "{authority}");
    assert_eq!(variable("ANYPORT_EMULATORS"), "cosmos,azurite-queue,azurite-blob,vault");

    let status = json(&emulators_of("azure", "status", folder, &["--json"]));
    let told: Vec<_> =
        status["emulators"].as_array().unwrap().iter().map(|one| (&one["maker"], &one["fake"])).collect();
    let emulator = (&Value::from("Microsoft's emulator"), &Value::from(false));
    assert_eq!(told, [emulator, emulator, emulator, (&Value::from("a fake of ours"), &Value::from(true))]);
    let text = stdout(&emulators_of("azure", "status", folder, &[]));
    let vault = text.lines().find(|line| line.contains("vault")).unwrap();
    assert!(vault.contains("a fake of ours") && vault.contains("up"), "{text}");

    drop(down);
    let ended = |name: &str| TcpStream::connect(("127.0.0.1", u16::try_from(port(name)).unwrap())).is_err();
    assert!(["cosmos", "azurite-queue", "azurite-blob", "vault"].into_iter().all(ended), "one still listens");
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| [".lock", "state.json"].iter().any(|known| name == known)), "{left:?}");
}
