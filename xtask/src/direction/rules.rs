//! Who may depend on whom, and why. Dependencies of tests are free.

/// A demand on some members of the workspace.
#[derive(Debug)]
pub(crate) struct Rule {
    /// What a violation is reported under.
    pub(crate) name: &'static str,
    /// Whom it binds.
    pub(crate) of: Members,
    /// What it demands.
    pub(crate) demand: Demand,
    /// Direct dependencies that are allowed all the same.
    pub(crate) exceptions: &'static [Exception],
    /// Why; printed with a violation.
    pub(crate) reason: &'static str,
}

/// Workspace members, by their folders.
#[derive(Debug)]
pub(crate) enum Members {
    /// Those in these folders.
    In(&'static [&'static str]),
    /// Those in other folders.
    NotIn(&'static [&'static str]),
}

/// What a rule demands of a member. Names are of packages; one that ends in `*` is a prefix.
#[derive(Debug)]
pub(crate) enum Demand {
    /// It depends directly on these and nothing else.
    DirectlyOnly(&'static [&'static str]),
    /// Of the workspace's own packages it depends directly on these and no others.
    WithinWorkspaceOnly(&'static [&'static str]),
    /// It does not depend directly on any of these.
    NotDirectly(&'static [&'static str]),
    /// It does not depend on any of these, however many steps away.
    NeverReaches(&'static [&'static str]),
    /// It does not depend, however many steps away, on members in both of these folders.
    NotTogether(&'static str, &'static str),
}

/// A dependency that a rule would forbid.
#[derive(Debug)]
pub(crate) struct Exception {
    /// The name of the package that may be depended on.
    pub(crate) dependency: &'static str,
    /// Why it may; printed whenever the rules are checked.
    pub(crate) reason: &'static str,
}

impl Members {
    /// Whether the member in a folder is among them.
    pub(crate) fn holds(&self, folder: &str) -> bool {
        match self {
            Self::In(folders) => matches_any(folders, folder),
            Self::NotIn(folders) => !matches_any(folders, folder),
        }
    }
}

/// Whether a name is the pattern, or begins with what stands before the pattern's final `*`.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |prefix| name.starts_with(prefix))
}

/// Whether a name matches one of several patterns.
pub(crate) fn matches_any(patterns: &[&str], name: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, name))
}

/// The rules, from the inside of the house to its outside.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "ports-are-small-and-pure",
        of: Members::In(&["ports"]),
        demand: Demand::DirectlyOnly(&[
            "async-trait",
            "base64",
            "bytes",
            "futures-core",
            "futures-util",
            "percent-encoding",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
            "tracing",
        ]),
        exceptions: &[],
        reason: "every workload and every adapter builds on the contract: what it needs, all of them carry",
    },
    Rule {
        name: "domain-depends-on-ports",
        of: Members::In(&["domain"]),
        demand: Demand::DirectlyOnly(&[
            "anyport-ports",
            "async-trait",
            "bytes",
            "csv-core",
            "futures-core",
            "futures-util",
            "hmac",
            "serde",
            "serde_json",
            "sha2",
            "thiserror",
        ]),
        exceptions: &[],
        reason: "the workload asks for what it needs through ports, so that any adapter can provide it",
    },
    Rule {
        name: "domain-and-ports-reach-no-outside-world",
        of: Members::In(&["domain", "ports"]),
        demand: Demand::NeverReaches(&[
            "aws-*",
            "axum",
            "axum-*",
            "azure_*",
            "chrono",
            "firestore",
            "getrandom",
            "google-cloud-*",
            "hyper",
            "hyper-*",
            "object_store",
            "rand",
            "rand_*",
            "redis",
            "reqwest",
            "rusqlite",
            "time",
            "tokio",
            "tokio-*",
            "uuid",
        ]),
        exceptions: &[],
        reason: "no executor, server, client, clock or randomness: time and identifiers come through ports, \
                 so that the same input always gives the same outcome, on any runtime",
    },
    Rule {
        name: "adapters-see-ports-alone",
        of: Members::In(&["adapters/*"]),
        demand: Demand::WithinWorkspaceOnly(&["anyport-ports"]),
        exceptions: &[],
        reason: "an adapter that knows another adapter, the workload or a runtime cannot be swapped by itself",
    },
    Rule {
        name: "runtimes-see-ports-alone",
        of: Members::In(&["runtimes"]),
        demand: Demand::WithinWorkspaceOnly(&["anyport-ports"]),
        exceptions: &[],
        reason: "a runtime never implies an adapter: any of the one works with any of the other",
    },
    Rule {
        name: "conformance-sees-ports-alone",
        of: Members::In(&["conformance"]),
        demand: Demand::WithinWorkspaceOnly(&["anyport-ports"]),
        exceptions: &[Exception {
            dependency: "anyport-memory",
            reason: "the reference model the suite compares against, and that the seeded faults decorate",
        }],
        reason: "a suite that knows an adapter could prove what only that adapter does",
    },
    Rule {
        name: "migrate-sees-ports-alone",
        of: Members::In(&["migrate"]),
        demand: Demand::WithinWorkspaceOnly(&["anyport-ports"]),
        exceptions: &[],
        reason: "what moves between any two adapters knows neither",
    },
    Rule {
        name: "xtask-stands-alone",
        of: Members::In(&["xtask"]),
        demand: Demand::WithinWorkspaceOnly(&[]),
        exceptions: &[Exception {
            dependency: "anyport-emulators",
            reason: "the tools and emulators that tests need, which stand alone themselves: written once for the \
                     chores and the command",
        }],
        reason: "the chores must build when the product does not",
    },
    Rule {
        name: "emulators-stand-alone",
        of: Members::In(&["conformance/emulators"]),
        demand: Demand::WithinWorkspaceOnly(&[]),
        exceptions: &[],
        reason: "the chores build on them, and must build when the product does not",
    },
    Rule {
        name: "fakes-see-nothing-of-the-house",
        of: Members::In(&["conformance/fakes"]),
        demand: Demand::WithinWorkspaceOnly(&[]),
        exceptions: &[],
        reason: "a fake that shares code with the adapter it is held against would share its mistakes",
    },
    Rule {
        name: "yardsticks-see-nothing-of-the-house",
        of: Members::In(&["app/benches/*"]),
        demand: Demand::WithinWorkspaceOnly(&[]),
        exceptions: &[],
        reason: "what is written by hand on a provider's client, to measure the house against, must owe it nothing",
    },
    Rule {
        name: "app-and-cli-may-see-all",
        of: Members::In(&["app", "cli"]),
        demand: Demand::WithinWorkspaceOnly(&["*"]),
        exceptions: &[],
        reason: "the composition root and the command put the parts together",
    },
    Rule {
        name: "adapters-meet-runtimes-in-app-and-cli",
        of: Members::NotIn(&["app", "cli"]),
        demand: Demand::NotTogether("adapters/*", "runtimes"),
        exceptions: &[],
        reason: "parts are put together in one place, where a reader finds it",
    },
    Rule {
        name: "sqlite-is-its-adapters-own",
        of: Members::NotIn(&["adapters/sqlite"]),
        demand: Demand::NotDirectly(&["rusqlite", "libsqlite3-sys", "sqlx", "sqlx-*"]),
        exceptions: &[],
        reason: "a provider's client is the business of its one adapter",
    },
    Rule {
        name: "redis-is-its-adapters-own",
        of: Members::NotIn(&["adapters/redis"]),
        demand: Demand::NotDirectly(&["redis", "fred"]),
        exceptions: &[],
        reason: "a provider's client is the business of its one adapter",
    },
    Rule {
        name: "aws-is-its-adapters-own",
        of: Members::NotIn(&["adapters/aws", "app/benches/*"]),
        demand: Demand::NotDirectly(&["aws-config", "aws-sdk-*", "aws-smithy-*"]),
        exceptions: &[],
        reason: "a provider's client is the business of its one adapter",
    },
    Rule {
        name: "azure-is-its-adapters-own",
        of: Members::NotIn(&["adapters/azure"]),
        demand: Demand::NotDirectly(&["azure_*"]),
        exceptions: &[],
        reason: "a provider's client is the business of its one adapter",
    },
    Rule {
        name: "gcp-is-its-adapters-own",
        of: Members::NotIn(&["adapters/gcp"]),
        demand: Demand::NotDirectly(&["firestore", "google-cloud-*", "gcloud-*"]),
        exceptions: &[],
        reason: "a provider's client is the business of its one adapter",
    },
    Rule {
        name: "blob-stores-are-the-adapters-own",
        of: Members::NotIn(&["adapters/*"]),
        demand: Demand::NotDirectly(&["object_store"]),
        exceptions: &[],
        reason: "blob stores are used through the port, whose limits and errors are the same everywhere",
    },
];
