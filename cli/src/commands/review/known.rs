//! What is recognised by its path.

use super::Rule;

/// Packages whose types belong into the composition root. Those that end with `_` stand for all that begin so.
const CLIENTS: &[&str] = &[
    "anyport_aws",
    "anyport_blobs",
    "anyport_http",
    "anyport_memory",
    "anyport_redis",
    "anyport_sqlite",
    "aws_config",
    "aws_sdk_",
    "azure_",
    "bb8_",
    "deadpool",
    "deadpool_",
    "diesel",
    "fred",
    "google_cloud_",
    "hyper",
    "hyper_util",
    "lapin",
    "mongodb",
    "object_store",
    "rdkafka",
    "redis",
    "reqwest",
    "rusqlite",
    "sea_orm",
    "sqlx",
    "tokio_postgres",
    "ureq",
];

/// What makes a client, whatever its package.
const MAKERS: &[&str] = &["Client::builder", "Client::default", "Client::from_conf", "Client::from_env", "Client::new"];

/// What answers otherwise each time. Those that end with `::` stand for all that is in them.
const WORLD: &[&str] = &[
    "Instant::now",
    "Local::now",
    "OffsetDateTime::now_utc",
    "SystemTime::now",
    "Utc::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "Zoned::now",
    "env::args",
    "env::var",
    "env::var_os",
    "env::vars",
    "fastrand::",
    "getrandom::",
    "rand::",
];

/// The file system.
const FILES: &[&str] = &["File::create", "File::open", "OpenOptions::new", "fs::"];

/// Methods that panic, taken as functions.
const PANICS: &[&str] = &["Option::expect", "Option::unwrap", "Result::expect", "Result::unwrap"];

/// Frameworks and hosts.
const FRAMEWORKS: &[&str] = &[
    "actix_web",
    "aws_lambda_events",
    "axum",
    "axum_extra",
    "http",
    "hyper",
    "lambda_http",
    "lambda_runtime",
    "poem",
    "rocket",
    "tower_http",
    "warp",
];

/// Types whose content one call can change for the next.
const SHARED: &[&str] = &["Atomic", "Cell", "LazyCell", "LazyLock", "Mutex", "Once", "RefCell", "RwLock"];

/// The rule that a handler breaks which uses this, and what to say of it.
pub(super) fn of_path(full: &str) -> Option<(Rule, String)> {
    // A name that nothing was imported for is the handler's own.
    let (package, _) = full.split_once("::")?;
    let of_client = |known: &&str| package == *known || (known.ends_with('_') && package.starts_with(*known));
    if CLIENTS.iter().any(of_client) || is_one(full, MAKERS) {
        Some((Rule::HandlerClient, format!("it uses {full}")))
    } else if is_one(full, WORLD) {
        Some((Rule::HandlerWorld, format!("it asks {full}")))
    } else if is_one(full, FILES) {
        Some((Rule::HandlerFiles, format!("it uses {full}")))
    } else if is_one(full, PANICS) {
        Some((Rule::HandlerPanic, format!("it uses {full}")))
    } else {
        None
    }
}

/// Whether the path is one of a framework or a host.
pub(super) fn is_framework(full: &str) -> bool {
    full.split_once("::").is_some_and(|(package, _)| FRAMEWORKS.contains(&package))
}

/// Whether one call can change for the next what is in a type of this name.
pub(super) fn is_shared(name: &str) -> bool {
    SHARED.iter().any(|known| name == *known || (matches!(*known, "Atomic" | "Once") && name.starts_with(known)))
}

/// Whether a path ends with one of these, or goes through one.
fn is_one(full: &str, all: &[&str]) -> bool {
    let around = format!("::{full}");
    all.iter().any(|known| {
        let known_within = format!("::{known}");
        if known.ends_with("::") { around.contains(&known_within) } else { around.ends_with(&known_within) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_by_their_segments() {
        let rule = |full| of_path(full).map(|(rule, _)| rule);
        assert_eq!(rule("aws_sdk_s3::Client"), Some(Rule::HandlerClient));
        assert_eq!(rule("crate::billing::Client::new"), Some(Rule::HandlerClient));
        assert_eq!(rule("std::time::SystemTime::now"), Some(Rule::HandlerWorld));
        assert_eq!(rule("rand::rng"), Some(Rule::HandlerWorld));
        assert_eq!(rule("tokio::fs::read"), Some(Rule::HandlerFiles));
        assert_eq!(rule("Option::unwrap"), Some(Rule::HandlerPanic));
        for fine in ["redis", "crate::redis::keys", "domain::PatientClient::new", "brand::rand", "domain::offs::x"] {
            assert_eq!(rule(fine), None, "{fine}");
        }
        assert!(is_shared("AtomicU64") && is_shared("OnceLock") && is_shared("Mutex") && !is_shared("MutexName"));
    }
}
