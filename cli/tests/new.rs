//! What `anyport new` writes compiles, is formatted, passes its own tests, and runs.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]
#![expect(
    clippy::print_stdout,
    reason = "what the commands print is how a failure is understood, and how long they take"
)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Instant;

fn anyport(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_anyport")).args(arguments).current_dir(folder).output().unwrap();
    println!("anyport {arguments:?}\n{}{}", text(&output.stdout), text(&output.stderr));
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Cargo in the new workspace, which is built beside this one: it is the next build's too.
fn cargo(folder: &Path) -> Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("scaffold");
    let mut command = Command::new("cargo");
    command.current_dir(folder).env("CARGO_TARGET_DIR", target).env_remove("CARGO_MANIFEST_DIR");
    command
}

fn passes(command: &mut Command) {
    let started = Instant::now();
    let output = command.output().unwrap();
    println!("{command:?}: {:.1} s\n{}{}", started.elapsed().as_secs_f64(), text(&output.stdout), text(&output.stderr));
    assert!(output.status.success());
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Dependencies are compiled once, and run for a moment.
const FAST_TO_BUILD: [&str; 2] = ["--config", "profile.dev.package.'*'.opt-level=0"];

/// One of each trigger.
const FUNCTIONS: [&[&str]; 6] = [
    &["create-user", "--http", "POST", "/api/user/create"],
    &["show-user", "--http", "GET", "/api/users/{tenant}/{user_id}"],
    &["send-mail", "--subscription", "user-events/mail"],
    &["clean-up", "--schedule", "0 3 * * *"],
    &["read-upload", "--blob", "uploads/csv/"],
    &["audit-note", "--changes", "notes"],
];

#[test]
fn principle_b11_a_new_workload_with_functions_of_every_trigger_is_formatted_passes_its_tests_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let written = anyport(folder.path(), &["new", "shop"]);
    assert!(written.status.success());
    assert!(text(&written.stdout).contains("by path"), "where Anyport is found is told");
    let shop = folder.path().join("shop");
    for function in FUNCTIONS {
        assert!(anyport(&shop, &[&["new", "function"], function].concat()).status.success());
    }
    passes(cargo(&shop).args(["fmt", "--all", "--check"]));
    passes(cargo(&shop).args(["test", "--workspace", "--offline"]).args(FAST_TO_BUILD));
    passes(cargo(&shop).args(["build", "--offline"]).args(FAST_TO_BUILD));

    let findings = anyport(&shop, &["review"]);
    assert!(findings.status.success(), "what is written keeps to the rules that handlers are reviewed by");

    let started = Instant::now();
    let program =
        PathBuf::from(cargo(&shop).get_envs().find(|(name, _)| *name == "CARGO_TARGET_DIR").unwrap().1.unwrap());
    // The settings are its own: `cargo xtask test` has variables of this project in the environment.
    let mut server = Command::new(program.join("debug/shop"));
    server
        .current_dir(&shop)
        .env_clear()
        .env("ANYPORT_SERVER__ADDRESS", "127.0.0.1:0")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut server = Running(server.spawn().unwrap());
    let mut told = String::new();
    BufReader::new(server.0.stderr.take().unwrap()).read_line(&mut told).unwrap();
    let address =
        told.split(['/', ';']).find(|part| part.starts_with("127.0.0.1:")).unwrap_or_else(|| panic!("{told}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::new();
        let notes = format!("http://{address}/api/notes/first");
        let put = client.put(&notes).header("content-type", "application/json").body(r#"{"text":"hello"}"#);
        assert_eq!(put.send().await.unwrap().status(), 204);
        let note = client.get(&notes).send().await.unwrap().text().await.unwrap();
        assert_eq!(note, r#"{"id":"first","text":"hello"}"#);
    });
    println!("started and asked: {:.1} s", started.elapsed().as_secs_f64());
    drop(server);
    // Its own packages have another path each time: what is kept of them serves nobody.
    passes(cargo(&shop).args(["clean", "--offline", "--package", "shop", "--package", "domain"]));
}

#[test]
fn nothing_is_written_over_and_what_is_wrong_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert!(anyport(folder.path(), &["new", "shop"]).status.success());
    let shop = folder.path().join("shop");
    assert!(anyport(&shop, &["new", "function", "clean-up", "--schedule", "0 3 * * *"]).status.success());
    let workload = std::fs::read_to_string(shop.join("app/src/workload.rs")).unwrap();
    for (here, arguments, why) in [
        (folder.path(), &["new", "shop"][..], "is there already"),
        (folder.path(), &["new", "domain"], "is taken"),
        (folder.path(), &["new", "tokio"], "is taken"),
        (folder.path(), &["new", "build"], "is taken"),
        (folder.path(), &["new", "test"], "word of Rust"),
        (folder.path(), &["new", "std"], "word of Rust"),
        (folder.path(), &["new", "core"], "word of Rust"),
        (folder.path(), &["new", "Shop"], "not a resource name"),
        (folder.path(), &["new", "other", "--anyport-path", "/nowhere"], "is not there"),
        (folder.path(), &["new", "function", "x-y", "--schedule", "0 3 * * *"], "not a Cargo workspace"),
        (&shop, &["new", "function", "clean-up", "--schedule", "0 3 * * *"], "already"),
        (&shop, &["new", "function", "match", "--schedule", "0 3 * * *"], "word of Rust"),
        (&shop, &["new", "function", "get-it", "--http", "GET", "users"], "must begin with '/'"),
        (&shop, &["new", "function", "get-it"], "required"),
        (&shop, &["new", "function", "get-it", "--schedule", "x", "--changes", "notes"], "cannot be used with"),
    ] {
        let output = anyport(here, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(why), "{arguments:?}: {}", text(&output.stderr));
    }
    assert_eq!(std::fs::read_to_string(shop.join("app/src/workload.rs")).unwrap(), workload);
    assert!(!folder.path().join("other").exists());
}
