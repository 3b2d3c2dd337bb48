use anyport_conformance::report::{Report, to_json};
use serde_json::{Value, json};

use crate::sample;

#[test]
fn json_comes_back_the_same() {
    let mut report = sample::report();
    report.adapters[2].endurance = Some(sample::endurance("acme", true));
    let read: Report = serde_json::from_str(&to_json(&report).expect("renders")).expect("parses");
    assert_eq!(read, report);
}

#[test]
fn the_shape_is_the_documented_one() {
    let text = to_json(&sample::report()).expect("renders");
    assert!(text.ends_with("}\n"));
    let json: Value = serde_json::from_str(&text).expect("parses");
    assert_eq!(json["summary"], json!({"passed": 153, "failed": 2, "skipped": 2, "masked": 2}));
    let acme = &json["adapters"][2];
    assert_eq!(acme["name"], "acme");
    assert_eq!(acme["fingerprint"], "77aa01fe9c3d5b6e8f00");
    assert_eq!([&acme["passed"], &acme["failed"], &acme["skipped"], &acme["masked"]], [47, 2, 2, 2]);
    assert!(acme["seconds"].is_f64());
    let masked = acme["checks"].as_array().expect("checks").iter().find(|check| check["clause"] == "BLOB-PUT-2");
    assert_eq!(
        masked.expect("ran")["outcome"],
        json!({"status": "masked", "reason": "the emulator answers <200> whatever the tag"})
    );
    assert_eq!(json["kill_matrix"]["rows"][0]["killed_by_named"], true);
}
