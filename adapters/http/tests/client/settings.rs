//! Settings.

use anyport_http::{HttpClient, HttpSettings, ServiceSettings};
use anyport_ports::ErrorKind;

use super::{PAYMENTS, millis};

fn refusal(service: ServiceSettings) -> String {
    let error = HttpClient::new(&HttpSettings::default().service(PAYMENTS, service)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    format!("{error:?}")
}

#[test]
fn settings_are_read_as_people_write_them() {
    let json = serde_json::json!({ "services": { "payments": {
        "url": "https://payments.example/v1/", "timeout": "1m 30s", "attempts": 2, "breaker": { "pause": "500ms" },
    } } });
    let settings: HttpSettings = serde_json::from_value(json).unwrap();
    let payments = &settings.services[&PAYMENTS];
    assert_eq!((payments.timeout, payments.attempt_timeout), (millis(90_000), millis(5000)));
    assert_eq!((payments.attempts, payments.breaker.pause, payments.breaker.calls), (2, millis(500), 10));
    HttpClient::new(&settings).unwrap();
    let again: HttpSettings = serde_json::from_value(serde_json::to_value(&settings).unwrap()).unwrap();
    assert_eq!(again.services[&PAYMENTS].timeout, payments.timeout);
    assert!(serde_json::from_str::<HttpSettings>(r#"{"services":{"payments":{"attempt":2}}}"#).is_err());
}

#[test]
fn settings_that_make_no_sense_are_named() {
    let at = |change: fn(&mut ServiceSettings)| {
        let mut settings = ServiceSettings::at("http://payments.internal");
        change(&mut settings);
        settings
    };
    for (settings, says) in [
        (at(|s| s.attempts = 0), "attempts of the service payments is 0: it must be in 1..=10"),
        (at(|s| s.timeout = millis(0)), "timeout of the service payments is 0ns"),
        (at(|s| s.retry_percent = 101), "retry_percent"),
        (at(|s| s.max_response_bytes = 0), "max_response_bytes"),
        (at(|s| s.breaker.failure_percent = 0), "breaker.failure_percent"),
        (at(|s| s.breaker.window = millis(1)), "breaker.window"),
        (at(|s| s.url = String::new()), "url of the service payments"),
        (at(|s| s.url = "https://x/?key=s3cret".to_owned()), "has a query"),
        (at(|s| s.url = "https://u:s3cret@x/".to_owned()), "holds credentials"),
    ] {
        let refusal = refusal(settings);
        assert!(refusal.contains(says) && !refusal.contains("s3cret"), "{refusal}");
    }
    let mut settings = HttpSettings::default();
    settings.proxy = Some("not a s3cret".to_owned());
    let refusal = format!("{:?} {settings:?}", HttpClient::new(&settings).unwrap_err());
    assert!(refusal.contains("http.proxy") && !refusal.contains("s3cret"), "{refusal}");
    let mut settings = ServiceSettings::at("https://u:s3cret@x");
    settings.attempts = 2;
    assert!(!format!("{settings:?}").contains("s3cret"));
}
