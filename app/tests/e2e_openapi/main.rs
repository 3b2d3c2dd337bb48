//! The OpenAPI document tells the truth: schemathesis, which makes requests from it, right ones and wrong ones, finds no
//! answer that the document does not foresee.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

#[path = "../storefront_server/mod.rs"]
mod storefront_server;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use storefront_server::{Server, tokens};

/// Requests made for each operation in each of the phases that make them at random.
const EXAMPLES: &str = "50";

/// The same requests in every run.
const SEED: &str = "20250101";

#[test]
fn schemathesis_finds_nothing() {
    let program = schemathesis();
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path());
    let document = without_default(server.get("/openapi.json").expect(200).json());
    let description = folder.path().join("openapi.json");
    std::fs::write(&description, document.to_string()).expect("a file");

    let mut command = Command::new(program);
    // The environment could name a proxy or settings of another project; what it writes goes where the server's data is.
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path))).env("HOME", folder.path());
    command.env("PYTHONUTF8", "1").current_dir(folder.path()).stdin(Stdio::null());
    command.arg("--config-file").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemathesis.toml"));
    command.arg("run").arg(description).arg("--url").arg(format!("http://{}", server.address()));
    // Whoever asks is one of the users that the examples name; without a token, or with a wrong one, nobody is.
    command.arg("--header").arg(format!("Authorization: {}", tokens::bearer("ada")));
    command.args(["--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"]);
    command.args(["--max-examples", EXAMPLES, "--seed", SEED, "--generation-database", "none", "--no-color"]);
    let output = command.output().expect("schemathesis starts");
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    println!("{told}");
    assert!(output.status.success(), "schemathesis found something: see above");
    let operations = count_operations(&document);
    assert!(told.contains(&format!("{operations} selected / {operations} total")), "it left out operations: see above");

    server.terminate();
    let (status, log) = server.ended();
    assert!(status.success(), "{status}");
    let is_bad = |line: &&Value| line["level"] == "ERROR" || line["status"].as_u64() >= Some(500);
    let bad: Vec<_> = log.iter().filter(is_bad).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

/// The document with 409 for `default`, which stands for what the domain may refuse and would allow every status: a status
/// that is neither in the document nor a conflict is then found.
fn without_default(mut document: Value) -> Value {
    for operation in document["paths"].as_object_mut().expect("paths").values_mut().flat_map(operations) {
        let secured = operation.get("security").is_some();
        let responses = operation["responses"].as_object_mut().expect("responses");
        let default = responses.remove("default").expect("a default response");
        responses.insert("409".to_owned(), default.clone());
        // A caller may be refused what is another's, and a payment may be declined.
        if secured {
            responses.insert("403".to_owned(), default.clone());
            responses.insert("402".to_owned(), default);
        }
    }
    document
}

fn operations(path: &mut Value) -> impl Iterator<Item = &mut Value> {
    path.as_object_mut().expect("operations").values_mut()
}

/// The program that `cargo xtask test` installed.
fn schemathesis() -> PathBuf {
    let program = std::env::var_os("ANYPORT_SCHEMATHESIS").map_or_else(installed, PathBuf::from);
    assert!(program.is_file(), "schemathesis is not installed at {}: run `cargo xtask test`", program.display());
    program
}

/// Where it is, if this test is run without `cargo xtask test`.
fn installed() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder").join("tools/schemathesis");
    let scripts = home.join(if cfg!(windows) { "Scripts" } else { "bin" });
    scripts.join("schemathesis").with_extension(std::env::consts::EXE_EXTENSION)
}

fn count_operations(document: &Value) -> usize {
    let paths = document["paths"].as_object().expect("paths");
    paths.values().map(|path| path.as_object().expect("operations").len()).sum()
}
