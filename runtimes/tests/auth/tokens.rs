//! Tokens that hold.

use std::time::Duration;

use anyport_conformance::identity::{Algorithm, compact};
use anyport_ports::CallContext;
use anyport_runtimes::auth::{Authenticate as _, Refusal, Unauthorized, identify};
use http::HeaderMap;
use serde_json::json;

use crate::site::{Site, bearer, header, refused};

#[tokio::test(start_paused = true)]
async fn a_token_that_holds_tells_who_calls() {
    let site = Site::new();
    for algorithm in Algorithm::ALL {
        let principal = site.check(&site.provider.mint(algorithm, &site.claims())).await.unwrap();
        assert_eq!((principal.issuer(), principal.subject()), (site.provider.issuer(), "alice"));
        assert_eq!(principal.scopes().collect::<Vec<_>>(), ["orders:read", "orders:write"]);
        assert_eq!(principal.claim("aud"), Some(&json!("api")));
    }
    let now = site.clock.seconds();
    for changes in [
        json!({ "aud": ["billing", "other-api"] }),
        json!({ "exp": now - 29 }),
        json!({ "exp": 1_767_225_600.5 }),
        json!({ "exp": u64::MAX }),
        json!({ "nbf": now + 30, "iat": now + 30 }),
        json!({ "iat": null, "scope": null }),
        json!({ "sub": "s".repeat(256) }),
    ] {
        let token = site.provider.mint(Algorithm::EdDSA, &site.claims_but(&changes));
        assert!(site.check(&token).await.is_ok(), "{changes}");
    }
    assert_eq!(site.provider.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn scopes_are_read_as_issuers_write_them() {
    let site = Site::new();
    for (changes, scopes) in [
        (json!({ "scope": "b a" }), vec!["a", "b"]),
        (json!({ "scope": null, "scp": "b  a" }), vec!["a", "b"]),
        (json!({ "scope": null, "scp": ["a", 7, "b"] }), vec!["a", "b"]),
        (json!({ "scope": "", "scp": "a" }), vec!["a"]),
        (json!({ "scope": 7 }), vec![]),
    ] {
        let token = site.provider.mint(Algorithm::ES256, &site.claims_but(&changes));
        assert_eq!(site.check(&token).await.unwrap().scopes().collect::<Vec<_>>(), scopes, "{changes}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_standards_leave_open_is_taken() {
    let site = Site::new();
    let claims = site.claims().to_string();
    let key = site.provider.key(Algorithm::EdDSA);
    for header in [
        json!({ "alg": "EdDSA", "kid": key.kid() }),
        json!({ "alg": "Ed25519", "kid": key.kid(), "typ": "at+JWT" }),
        json!({ "alg": "EdDSA", "kid": key.kid(), "typ": "application/at+jwt", "cty": "anything" }),
        // One key alone fits.
        json!({ "alg": "EdDSA" }),
    ] {
        let token = compact(&header.to_string(), &claims, |message| key.sign(message));
        assert!(site.check(&token).await.is_ok(), "{header}");
    }
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let headers = header(&format!("{scheme} {}", site.token()));
        assert!(site.authenticator.authenticate(&headers, &CallContext::none()).await.is_ok(), "{scheme}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_may_be_absent_is_still_refused_with_a_bad_token() {
    let (site, call) = (Site::new(), CallContext::none());
    let ask = |required, headers: HeaderMap| {
        let (authenticator, call) = (site.authenticator.clone(), call.clone());
        async move { identify(&*authenticator, required, &headers, &call).await }
    };
    assert_eq!(ask(false, HeaderMap::new()).await, Ok(None));
    assert_eq!(ask(true, HeaderMap::new()).await, Err(Unauthorized::Missing));
    assert!(ask(false, bearer(&site.token())).await.unwrap().is_some());
    assert_eq!(ask(false, bearer("nonsense")).await, Err(Unauthorized::Invalid(Refusal::Malformed)));
    assert_eq!(ask(false, header("Basic x")).await, Err(Unauthorized::Invalid(Refusal::Header)));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_held_does_not_hold_for_ever() {
    let site = Site::new();
    let token = site.token();
    assert!(site.check(&token).await.is_ok());
    site.clock.advance(Duration::from_secs(329));
    assert!(site.check(&token).await.is_ok());
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(site.check(&token).await, refused(Refusal::Expired));
}
