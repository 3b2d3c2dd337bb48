//! What stands for Google Cloud.

use super::{Emulator, JAVA_HEAP, Maker, fake};
use crate::program::Program;
use crate::ready::Probe;
use crate::tools;
use crate::variable::Variable;

// The names that Google's own clients read, where they read one.
const FIRESTORE_HOST: Variable = Variable::host_and_port("FIRESTORE_EMULATOR_HOST");
const PUBSUB_HOST: Variable = Variable::host_and_port("PUBSUB_EMULATOR_HOST");
const STORAGE_HOST: Variable = Variable::url("STORAGE_EMULATOR_HOST", "http");
/// The key that the fake signs and verifies by, made at its start.
const STORAGE_KEY: Variable = Variable::file("GOOGLE_APPLICATION_CREDENTIALS", "service-account.json");
const SECRET_MANAGER_HOST: Variable = Variable::host_and_port("SECRET_MANAGER_EMULATOR_HOST");
const GOOGLE_PUBSUB_HOST: Variable = Variable::host_and_port("ANYPORT_GOOGLE_PUBSUB_EMULATOR_HOST");

/// All of them. Of those that serve the same, the first that this machine has is started.
pub(crate) const EMULATORS: &[&Emulator] = &[&FIRESTORE, &HIDANE, &PUBSUB, &GOOGLE_PUBSUB, &STORAGE, &DRONGO];

/// What its tests use beside them.
pub(crate) const PROGRAMS: &[Program] = &[
    Program { variable: "ANYPORT_GCP_PYTHON", tool: &tools::CLIENTS, beside: None },
    Program { variable: "ANYPORT_CLOUDEVENTS_PYTHON", tool: &tools::CLIENTS, beside: None },
    Program { variable: "ANYPORT_FUNCTIONS_FRAMEWORK", tool: &tools::FUNCTIONS_FRAMEWORK, beside: None },
];

/// Variables that hold for all of them.
pub(crate) const SETTINGS: &[(&str, &str)] = &[("GOOGLE_CLOUD_PROJECT", "anyport-test")];

/// What tells Google's own clients who they are, and whose project they work in.
pub(crate) const ACCOUNT: &[&str] = &["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"];

const FIRESTORE: Emulator = Emulator {
    name: "firestore",
    maker: Maker::Provider("Google"),
    serves: &[FIRESTORE_HOST],
    could_serve: &[],
    tool: &tools::GOOGLE_FIRESTORE,
    probe: Probe::Http("/"),
    arguments: |command, port, _| {
        // Its script runs what JAVA says as a child of its own; `exec` makes it the process that was started, so that
        // one ends with the other.
        command.env("JAVA", format!("exec java {JAVA_HEAP}"));
        command.args(["start", "--host=127.0.0.1", &format!("--port={port}")]);
    },
};

const HIDANE: Emulator = Emulator {
    name: "hidane",
    maker: Maker::Others,
    serves: &[FIRESTORE_HOST],
    could_serve: &[],
    tool: &tools::HIDANE,
    probe: Probe::AnyHttp,
    arguments: |command, port, _| {
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
    },
};

const PUBSUB: Emulator = Emulator {
    name: "pubsub",
    maker: Maker::Ours,
    serves: &[PUBSUB_HOST],
    could_serve: &[],
    tool: &tools::FAKES,
    probe: Probe::AnyHttp,
    arguments: |command, port, folder| fake(command, "pubsub", port, folder),
};

/// A second opinion on what the fake says: with Google's client much of it does not work.
const GOOGLE_PUBSUB: Emulator = Emulator {
    name: "google-pubsub",
    maker: Maker::Provider("Google"),
    serves: &[GOOGLE_PUBSUB_HOST],
    could_serve: &[PUBSUB_HOST],
    tool: &tools::GOOGLE_PUBSUB,
    probe: Probe::Http("/"),
    arguments: |command, port, _| {
        command.env("JAVA_OPTS", JAVA_HEAP);
        command.args(["--host=127.0.0.1", &format!("--port={port}")]);
    },
};

const STORAGE: Emulator = Emulator {
    name: "storage",
    maker: Maker::Ours,
    serves: &[STORAGE_HOST, STORAGE_KEY],
    could_serve: &[],
    tool: &tools::FAKES,
    probe: Probe::AnyHttp,
    arguments: |command, port, folder| fake(command, "storage", port, folder),
};

const DRONGO: Emulator = Emulator {
    name: "drongo",
    maker: Maker::Others,
    serves: &[SECRET_MANAGER_HOST],
    could_serve: &[],
    tool: &tools::DRONGO,
    probe: Probe::AnyHttp,
    arguments: |command, port, _| {
        command.args(["server", "--host", "127.0.0.1", "--port", &port.to_string()]);
    },
};
