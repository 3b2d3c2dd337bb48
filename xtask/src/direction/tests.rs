//! Every rule, broken on a graph built by hand, and the real workspace, which breaks none.

use std::path::Path;

use super::graph::Graph;
use super::rules::{RULES, matches};
use super::violations;

/// Workspace members as they stand in the design, each with its right dependencies.
const HOUSE: &[(&str, &str, &[&str])] = &[
    ("ports", "anyport-ports", &["serde", "bytes"]),
    ("domain", "domain", &["anyport-ports", "serde"]),
    ("adapters/memory", "anyport-memory", &["anyport-ports"]),
    ("adapters/sqlite", "anyport-sqlite", &["anyport-ports", "rusqlite", "object_store"]),
    ("adapters/redis", "anyport-redis", &["anyport-ports", "redis"]),
    ("adapters/aws", "anyport-aws", &["anyport-ports", "aws-sdk-dynamodb", "aws-config"]),
    ("adapters/azure", "anyport-azure", &["anyport-ports", "azure_core"]),
    ("adapters/gcp", "anyport-gcp", &["anyport-ports", "google-cloud-pubsub", "firestore"]),
    ("runtimes", "anyport-runtimes", &["anyport-ports", "axum"]),
    ("conformance", "anyport-conformance", &["anyport-ports", "anyport-memory"]),
    ("migrate", "anyport-migrate", &["anyport-ports"]),
    ("app/benches/lambda/baseline", "baseline", &["aws-sdk-dynamodb", "serde"]),
    ("app", "app", &["domain", "anyport-runtimes", "anyport-sqlite"]),
    ("conformance/emulators", "anyport-emulators", &["serde"]),
    ("conformance/fakes", "anyport-fakes", &["axum"]),
    ("cli", "anyport-cli", &["anyport-conformance", "anyport-emulators", "anyport-runtimes", "anyport-memory"]),
    ("xtask", "xtask", &["serde", "anyport-emulators"]),
];

/// Dependencies between packages from outside.
const OUTSIDE: &[(&str, &str)] = &[("axum", "hyper"), ("hyper", "tokio"), ("object_store", "tokio")];

/// Dependencies from one package on another, or rules with the folder that breaks them.
type Pairs = &'static [(&'static str, &'static str)];

fn house() -> Graph {
    let mut graph = Graph::default();
    for (_, _, dependencies) in HOUSE {
        for dependency in *dependencies {
            graph.add(dependency, dependency, None);
        }
    }
    for (from, on) in OUTSIDE {
        graph.add(from, from, None);
        graph.add(on, on, None);
    }
    for (folder, name, _) in HOUSE {
        graph.add(name, name, Some(folder));
    }
    for (_, name, dependencies) in HOUSE {
        for on in *dependencies {
            graph.depend(name, on);
        }
    }
    for (from, on) in OUTSIDE {
        graph.depend(from, on);
    }
    graph
}

/// The house with dependencies planted; packages it does not know yet come from outside.
fn planted(dependencies: &[(&str, &str)]) -> Graph {
    let mut graph = house();
    for (from, on) in dependencies {
        for name in [from, on] {
            if graph.folder(name).is_none() && graph.direct(name).next().is_none() {
                graph.add(name, name, None);
            }
        }
        graph.depend(from, on);
    }
    graph
}

/// The rules broken and by which folder.
fn broken(graph: &Graph) -> Vec<(&'static str, String)> {
    violations(graph, RULES).into_iter().map(|violation| (violation.rule, violation.folder)).collect()
}

#[test]
fn the_house_as_designed_breaks_no_rule() {
    assert_eq!(violations(&house(), RULES), []);
}

#[test]
fn the_real_workspace_breaks_no_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let graph = Graph::resolve(root).unwrap();
    assert!(graph.members().any(|(folder, _)| folder == "adapters/memory"));
    let violations: Vec<String> = violations(&graph, RULES).iter().map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn each_rule_is_broken_by_what_it_forbids() {
    // What is planted, and all that must be reported: the rule and the folder.
    let cases: &[(Pairs, Pairs)] = &[
        (&[("anyport-ports", "regex")], &[("ports-are-small-and-pure", "ports")]),
        (&[("anyport-ports", "domain")], &[("ports-are-small-and-pure", "ports")]),
        (&[("domain", "regex")], &[("domain-depends-on-ports", "domain")]),
        (
            &[("domain", "tokio")],
            &[("domain-depends-on-ports", "domain"), ("domain-and-ports-reach-no-outside-world", "domain")],
        ),
        (
            &[("bytes", "deep"), ("deep", "getrandom")],
            &[
                ("domain-and-ports-reach-no-outside-world", "domain"),
                ("domain-and-ports-reach-no-outside-world", "ports"),
            ],
        ),
        (&[("anyport-sqlite", "anyport-memory")], &[("adapters-see-ports-alone", "adapters/sqlite")]),
        (&[("anyport-memory", "domain")], &[("adapters-see-ports-alone", "adapters/memory")]),
        (&[("anyport-runtimes", "anyport-memory")], &[("runtimes-see-ports-alone", "runtimes")]),
        (
            &[("anyport-conformance", "anyport-runtimes")],
            &[
                ("conformance-sees-ports-alone", "conformance"),
                ("adapters-meet-runtimes-in-app-and-cli", "conformance"),
            ],
        ),
        (&[("anyport-conformance", "anyport-sqlite")], &[("conformance-sees-ports-alone", "conformance")]),
        (&[("anyport-migrate", "anyport-aws")], &[("migrate-sees-ports-alone", "migrate")]),
        (&[("baseline", "anyport-ports")], &[("yardsticks-see-nothing-of-the-house", "app/benches/lambda/baseline")]),
        (&[("xtask", "anyport-ports")], &[("xtask-stands-alone", "xtask")]),
        (&[("anyport-emulators", "anyport-ports")], &[("emulators-stand-alone", "conformance/emulators")]),
        (&[("anyport-fakes", "anyport-gcp")], &[("fakes-see-nothing-of-the-house", "conformance/fakes")]),
        (&[("app", "rusqlite")], &[("sqlite-is-its-adapters-own", "app")]),
        (&[("anyport-cli", "redis")], &[("redis-is-its-adapters-own", "cli")]),
        (&[("anyport-runtimes", "aws-sdk-sqs")], &[("aws-is-its-adapters-own", "runtimes")]),
        (&[("anyport-gcp", "azure_storage_queue")], &[("azure-is-its-adapters-own", "adapters/gcp")]),
        (&[("anyport-azure", "google-cloud-pubsub")], &[("gcp-is-its-adapters-own", "adapters/azure")]),
        (&[("app", "object_store")], &[("blob-stores-are-the-adapters-own", "app")]),
    ];
    for (dependencies, expected) in cases {
        let mut found = broken(&planted(dependencies));
        found.sort();
        let mut expected: Vec<_> = expected.iter().map(|(rule, folder)| (*rule, (*folder).to_owned())).collect();
        expected.sort();
        assert_eq!(found, expected, "planted {dependencies:?}");
    }
    let reported: Vec<&str> = cases.iter().flat_map(|(_, all)| *all).map(|(rule, _)| *rule).collect();
    for rule in RULES.iter().filter(|rule| rule.name != "app-and-cli-may-see-all") {
        assert!(reported.contains(&rule.name), "no case breaks {}", rule.name);
    }
}

#[test]
fn a_member_without_a_rule_is_reported() {
    let mut graph = house();
    graph.add("extra", "extra", Some("extra"));
    assert_eq!(broken(&graph), [("every-package-has-a-rule", "extra".to_owned())]);
}

#[test]
fn a_violation_says_what_where_why_and_what_to_do() {
    let graph = planted(&[("bytes", "deep"), ("deep", "getrandom")]);
    let said = violations(&graph, RULES)[1].to_string();
    assert!(said.starts_with("[domain-and-ports-reach-no-outside-world] domain/Cargo.toml: "), "{said}");
    assert!(said.contains("reaches `domain -> anyport-ports -> bytes -> deep -> getrandom`"), "{said}");
    assert!(said.contains("\n    why: no executor"), "{said}");
    assert!(said.contains("\n    to do: take the dependency out"), "{said}");
}

#[test]
fn versions_of_a_crate_are_told_apart() {
    let mut graph = house();
    graph.add("getrandom 0.2", "getrandom", None);
    graph.add("getrandom 0.3", "getrandom", None);
    graph.depend("axum", "getrandom 0.2");
    assert_eq!(broken(&graph), []);
    graph.depend("serde", "getrandom 0.3");
    assert!(broken(&graph).contains(&("domain-and-ports-reach-no-outside-world", "ports".to_owned())));
}

#[test]
fn a_cycle_ends() {
    let mut graph = house();
    graph.depend("serde", "bytes");
    graph.depend("bytes", "serde");
    assert_eq!(broken(&graph), []);
}

#[test]
fn every_rule_and_exception_has_a_reason() {
    for rule in RULES {
        assert!(rule.reason.len() > 20, "{}", rule.name);
        assert!(rule.exceptions.iter().all(|exception| exception.reason.len() > 20), "{}", rule.name);
    }
}

#[test]
fn a_pattern_is_a_name_or_a_prefix() {
    assert!(matches("tokio", "tokio"));
    assert!(!matches("tokio", "tokio-util"));
    assert!(matches("aws-*", "aws-config"));
    assert!(!matches("aws-*", "aws"));
    assert!(matches("*", "anything"));
}
