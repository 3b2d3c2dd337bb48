//! A new workload.

use std::path::Path;

use anyhow::ensure;
use serde_json::json;

use super::names::Names;
use super::source::{REPOSITORY, Source};
use super::write::{Files, render};
use crate::paint;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/workspace/", $path))
    };
}

/// Files with a place for the workload's name.
const RENDERED: &[(&str, &str)] = &[
    ("Cargo.toml", template!("Cargo.toml.txt")),
    ("README.md", template!("README.md.txt")),
    ("app/Cargo.toml", template!("app/Cargo.toml.txt")),
    ("app/src/workload.rs", template!("app/src/workload.rs.txt")),
    ("domain/Cargo.toml", template!("domain/Cargo.toml.txt")),
];

/// Files that are the same in every workload.
const COPIED: &[(&str, &str)] = &[
    (".github/workflows/ci.yml", template!("github/ci.yml")),
    (".gitignore", template!("gitignore")),
    ("anyport.toml", template!("anyport.toml.txt")),
    ("app/src/compose.rs", template!("app/src/compose.rs")),
    ("app/src/functions/get_note.rs", template!("app/src/functions/get_note.rs")),
    ("app/src/functions/mod.rs", template!("app/src/functions/mod.rs")),
    ("app/src/functions/put_note.rs", template!("app/src/functions/put_note.rs")),
    ("app/src/lib.rs", template!("app/src/lib.rs")),
    ("app/src/main.rs", template!("app/src/main.rs")),
    ("app/src/settings.rs", template!("app/src/settings.rs")),
    ("app/tests/functions/main.rs", template!("app/tests/functions/main.rs")),
    ("app/tests/functions/notes.rs", template!("app/tests/functions/notes.rs")),
    ("app/tests/functions/site.rs", template!("app/tests/functions/site.rs")),
    ("clippy.toml", template!("clippy.toml")),
    ("domain/src/lib.rs", template!("domain/src/lib.rs")),
    ("domain/src/notes.rs", template!("domain/src/notes.rs")),
    ("rustfmt.toml", template!("rustfmt.toml")),
];

/// Packages of Anyport that the workload depends on, and their folders.
const PACKAGES: &[(&str, &str)] = &[
    ("aws", "adapters/aws"),
    ("blobs", "adapters/blobs"),
    ("memory", "adapters/memory"),
    ("ports", "ports"),
    ("runtimes", "runtimes"),
    ("sqlite", "adapters/sqlite"),
];

/// Names that another package of the workspace or a folder of Cargo has.
const TAKEN: &[&str] = &[
    "anyhow",
    "app",
    "build",
    "deps",
    "domain",
    "examples",
    "incremental",
    "schemars",
    "serde",
    "serde-json",
    "target",
    "thiserror",
    "tokio",
];

/// Writes the workload into a folder of its name.
pub(super) fn run(name: &str, source: &Source) -> anyhow::Result<()> {
    let names = Names::of(name)?;
    let taken = TAKEN.contains(&name) || name.starts_with("anyport");
    ensure!(!taken, "{name:?} is taken in the workspace, by Cargo or by a dependency: choose another");
    let root = Path::new(name);
    ensure!(!root.exists(), "{name} is there already: choose another name, or another folder");
    let anyport: serde_json::Map<_, _> =
        PACKAGES.iter().map(|(package, folder)| ((*package).to_owned(), source.of_package(folder).into())).collect();
    let values = json!({ "name": names.kebab, "repository": REPOSITORY, "anyport": anyport });
    let mut files = Files::below(root);
    for (path, template) in RENDERED {
        files.new_file(*path, render(template, &values)?);
    }
    for (path, content) in COPIED {
        files.new_file(*path, *content);
    }
    if let Some(lock) = source.lock_file() {
        files.new_file("Cargo.lock", std::fs::read_to_string(lock)?);
    }
    let written = files.write()?;
    anstream::println!("{} {} files in {name}, on {}", paint::good("written:"), written.len(), source.told());
    anstream::println!(
        "\nTry:\n  cd {name} && cargo test && cargo run\n  anyport new function create-user --http POST /api/users"
    );
    Ok(())
}
