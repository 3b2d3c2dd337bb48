//! The command as its users meet it: exit codes, output, reports.

#![expect(clippy::unwrap_used, reason = "a test panics where something is not as it must be")]

use std::process::{Command, Output};

use anyport_conformance::harness::DEFAULT_SEED;
use anyport_conformance::report::{Report, to_markdown_table};
use anyport_conformance::run::at_best;
use anyport_conformance::suite::Suite;

fn anyport(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_anyport")).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn help_teaches_and_shows_examples() {
    let help = stdout(&anyport(&["--help"]));
    for command in ["new", "review", "dev", "conformance", "mutants", "emulators", "manifest"] {
        assert!(help.contains(command), "{help}");
    }
    assert!(help.contains("anyport review   "), "{help}");
    let help = stdout(&anyport(&["conformance", "--help"]));
    assert!(help.contains("--adapter memory --adapter sqlite"), "{help}");
    assert!(help.contains("--provider aws --provider redis"), "{help}");
    let help = stdout(&anyport(&["review", "--help"]));
    assert!(help.contains("// anyport review: allow handler-branches: ") && help.contains("handler-world"), "{help}");
    let help = stdout(&anyport(&["emulators", "--help"]));
    assert!(help.contains("eval \"$(anyport emulators up aws redis)\""), "{help}");
}

#[test]
fn a_passing_run_ends_with_0_and_writes_every_report() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let arguments = ["conformance", "--adapter", "memory", "--adapter", "sqlite", "--filter", "DOC-CAS", "--report"];
    let output = anyport(&[&arguments[..], &[report.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = stdout(&output);
    assert!(text.contains("every clause holds on every adapter"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours though this is no terminal: {text:?}");

    let json = std::fs::read_to_string(report.join("report.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["summary"], serde_json::json!({"passed": 10, "failed": 0, "skipped": 0, "masked": 0}));
    let names: Vec<_> = json["adapters"].as_array().unwrap().iter().map(|adapter| &adapter["name"]).collect();
    assert_eq!(names, ["memory", "sqlite"]);
    for adapter in json["adapters"].as_array().unwrap() {
        assert_eq!(adapter["passed"], 5);
        assert_eq!(adapter["fingerprint"], json["adapters"][0]["fingerprint"]);
        assert!(adapter["seconds"].is_f64());
    }
    for (file, content) in [("index.html", "DOC-CAS-1"), ("junit.xml", "DOC-CAS-1"), ("report.md", "| sqlite | 5/5 |")]
    {
        assert!(std::fs::read_to_string(report.join(file)).unwrap().contains(content), "{file}");
    }
}

#[test]
fn what_cannot_run_ends_with_2_and_says_why() {
    for (arguments, why) in [
        (&["conformance", "--adapter", "oracle"][..], "no adapter \"oracle\": there are memory, sqlite"),
        (&["conformance", "--provider", "oracle"][..], "invalid value 'oracle'"),
        (&["conformance", "--filter", "DOC-NONE"][..], "no check matches"),
        (
            &["emulators", "up", "oracle"][..],
            "no emulators stand for \"oracle\": there are some for aws, azure, gcp, redis",
        ),
        (&["conformance", "--seed", "x"][..], "invalid value 'x'"),
        (&["manifest", "--package", "none-such"][..], "no package \"none-such\""),
        (&["review", "none-such"][..], "none-such cannot be read"),
        (&["review", "Cargo.toml"][..], "Cargo.toml is not Rust"),
    ] {
        let output = anyport(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(error.contains(why), "{arguments:?}: {error}");
    }
}

#[test]
fn principle_b12_handlers_that_hold_logic_or_build_clients_are_found() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/review");
    let review = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anyport"));
        command.arg("review").args(arguments).current_dir(folder).output().unwrap()
    };
    let found = review(&["good.rs", "bad.rs"]);
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    let golden = std::fs::read_to_string(format!("{folder}/findings.txt")).unwrap();
    assert_eq!(stdout(&found), golden, "it is:\n{}", stdout(&found));

    let found = review(&["--json", "."]);
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    let findings: serde_json::Value = serde_json::from_str(&stdout(&found)).unwrap();
    let findings = findings.as_array().unwrap();
    let told = |finding: &serde_json::Value| {
        let text = |name: &str| finding[name].as_str().unwrap().to_owned();
        let file = text("file");
        format!("{}:{} {}\n  {}: {}\n", &file[2..], finding["line"], text("rule"), text("function"), text("message"))
    };
    assert!(findings.iter().all(|finding| golden.contains(&told(finding))), "{findings:?}");
    assert!(golden.ends_with(&format!(" in 2 files, {} findings\n", findings.len())), "{golden}");

    let clean = review(&["good.rs"]);
    assert_eq!((clean.status.code(), stdout(&clean).as_str()), (Some(0), "9 handlers in 1 files, 0 findings\n"));
}

#[test]
fn the_handlers_of_the_storefront_keep_to_the_rules() {
    let output = anyport(&["review", concat!(env!("CARGO_MANIFEST_DIR"), "/../app/src/functions")]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(!stdout(&output).starts_with("0 handlers"), "{}", stdout(&output));
}

/// That each check passes on each adapter is shown by the tests of `conformance.rs`, which are one for each of them.
#[test]
fn principle_a2_the_table_in_the_readme_is_of_the_checks_that_run_and_of_one_behaviour() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let adapters = anyport_cli::adapters::all();
    let reports = runtime.block_on(async {
        let mut reports = Vec::new();
        for adapter in &adapters {
            reports.push(at_best(adapter, &Suite::complete(), DEFAULT_SEED).await);
        }
        reports
    });
    let table = to_markdown_table(&Report::new(DEFAULT_SEED, "now", reports, None));
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    assert!(
        readme.contains(&format!("<!-- anyport conformance -->\n\n{table}\n\n<!-- /anyport conformance -->")),
        "run `cargo run -p anyport-cli -- conformance --update README.md`: the table is to be\n{table}"
    );
}

#[test]
fn the_table_of_a_run_goes_between_the_lines_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.md");
    std::fs::write(&file, "before\n<!-- anyport conformance -->\n<!-- /anyport conformance -->\nafter\n").unwrap();
    let output = anyport(&["conformance", "--adapter", "memory", "--update", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let updated = std::fs::read_to_string(&file).unwrap();
    assert!(updated.starts_with("before\n<!--") && updated.ends_with("-->\nafter\n"), "{updated}");
    let row = updated.lines().find(|line| line.starts_with("| memory | ")).unwrap();
    assert!(row.contains(&format!(" | {} | 0 | 0 | 0 | ", Suite::complete().clauses().len())), "{row}");
}
