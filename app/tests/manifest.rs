//! What the functions may touch, read off their parameters.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

use std::collections::BTreeMap;

use serde_json::Value;

#[test]
fn the_workload_is_sound() {
    app::storefront().validate().expect("it can run");
}

/// The needs of each function, as `access resource`.
fn needs() -> BTreeMap<String, Vec<String>> {
    let manifest = serde_json::to_value(app::storefront().manifest()).expect("JSON");
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
fn functions_may_touch_what_they_need_and_no_more() {
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
    assert_eq!(may("write users"), ["change-user", "create-user", "delete-user", "import-users"]);
}
