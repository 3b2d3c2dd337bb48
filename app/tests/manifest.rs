//! What the functions may touch, read off their parameters.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

#[test]
fn the_workload_is_sound() {
    app::storefront(&app::Schedules::default()).validate().expect("it can run");
}

/// The needs of each function, as `access resource`.
fn needs() -> BTreeMap<String, Vec<String>> {
    let manifest = serde_json::to_value(app::storefront(&app::Schedules::default()).manifest()).expect("JSON");
    let functions = manifest["functions"].as_array().expect("functions");
    let of = |function: &Value| {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let needs = function["needs"].as_array().expect("needs");
        let mut needs: Vec<_> =
            needs.iter().map(|need| format!("{} {}", text(&need["access"]), text(&need["name"]))).collect();
        needs.sort();
        (text(&function["name"]), needs)
    };
    functions.iter().map(of).collect()
}

#[test]
fn principle_c2_functions_may_touch_what_they_need_and_no_more() {
    let needs = needs();
    assert_eq!(needs["get-user"], ["read users"]);
    assert_eq!(needs["get-order"], ["read orders", "read users"]);
    assert_eq!(needs["place-order"], ["publish order-events", "read orders", "read users", "write orders"]);
    assert_eq!(needs["fulfil-order"], ["read orders", "read receipt-key", "write receipts"]);
    assert_eq!(needs["get-receipt"], ["read orders", "read receipts", "read users", "sign receipts"]);
    assert_eq!(needs["start-import"], ["sign imports", "write import-results"]);
    assert_eq!(needs["expire-unpaid-orders"], ["read orders", "write orders"]);
    let may = |what: &str| {
        let functions = needs.iter().filter(|(_, needs)| needs.iter().any(|need| need == what));
        functions.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(may("read receipt-key"), ["fulfil-order"]);
    assert_eq!(may("call payments"), ["pay-order"]);
    assert_eq!(may("publish order-events"), ["place-order", "relay-order-events"]);
    assert_eq!(may("write users"), ["change-user", "create-user", "delete-user", "import-users"]);
}

#[test]
fn principle_b3_what_must_exist_is_services_that_a_provider_manages() {
    let resources = app::storefront(&app::Schedules::default()).resources();
    let kinds: Vec<_> =
        serde_json::to_value(&resources).expect("JSON").as_object().expect("kinds").keys().cloned().collect();
    assert_eq!(kinds, ["buckets", "collections", "secrets", "subscriptions", "topics"]);
}

#[test]
fn principle_b2_the_manifest_is_the_same_each_time_and_names_each_thing_once() {
    let manifest = || serde_json::to_string(&app::storefront(&app::Schedules::default()).manifest()).expect("JSON");
    assert_eq!(manifest(), manifest());
    let resources = app::storefront(&app::Schedules::default()).resources();
    let mut twice = resources.clone();
    twice.merge(resources.clone());
    assert_eq!(twice, resources);
}

#[test]
fn principle_b13_limits_and_dead_letters_stand_in_the_manifest() {
    let manifest = serde_json::to_value(app::storefront(&app::Schedules::default()).manifest()).expect("JSON");
    for function in manifest["functions"].as_array().expect("functions") {
        for limit in ["timeout", "memory_mib", "concurrency", "body_bytes"] {
            assert!(!function["limits"][limit].is_null(), "{limit} of {function}");
        }
    }
    for subscription in manifest["resources"]["subscriptions"].as_array().expect("subscriptions") {
        assert!(subscription["max_attempts"].as_u64().is_some_and(|attempts| attempts > 0), "{subscription}");
    }
}

#[test]
fn principle_b5_each_function_asks_for_ports_by_what_they_do_and_names_no_provider() {
    let manifest = serde_json::to_string(&app::storefront(&app::Schedules::default()).manifest()).expect("JSON");
    for provider in ["aws", "dynamo", "sqs", "redis", "sqlite", "azure", "google"] {
        assert!(!manifest.to_lowercase().contains(provider), "{provider}");
    }
}

/// Files of the sources that name an adapter's package.
fn naming_adapters(folder: &Path, found: &mut Vec<String>) {
    const ADAPTERS: [&str; 6] =
        ["anyport_aws", "anyport_blobs", "anyport_http", "anyport_memory", "anyport_redis", "anyport_sqlite"];
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            naming_adapters(&path, found);
        } else if let Ok(source) = std::fs::read_to_string(&path)
            && ADAPTERS.iter().any(|adapter| source.contains(adapter))
        {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
            found.push(path.strip_prefix(root).expect("below").to_string_lossy().into_owned());
        }
    }
}

#[test]
fn principle_d_adapters_are_named_in_the_composition_root_alone() {
    let mut found = Vec::new();
    naming_adapters(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.sort();
    // The settings hold what a client is made with, and make none.
    assert_eq!(
        found,
        [
            "compose/adapters/aws.rs",
            "compose/adapters/azure.rs",
            "compose/adapters/gcp.rs",
            "compose/adapters/mod.rs",
            "compose/outbound.rs",
            "settings.rs",
        ]
    );
}
