//! The issuer's keys: fetched once for all, changed, and while the issuer is not itself.

use std::time::{Duration, Instant};

use anyport_conformance::identity::{Algorithm, Condition, compact};
use anyport_ports::CallContext;
use anyport_runtimes::auth::{Authenticate as _, Refusal, Unauthorized};
use futures_util::future::join_all;
use serde_json::json;

use crate::site::{ISSUER, Site, authenticator, bearer, is_unavailable, refused};

const INTERVAL: Duration = Duration::from_secs(10);
const TTL: Duration = Duration::from_hours(1);
const STALE: Duration = Duration::from_hours(24);

/// A token of a key that the issuer does not have.
fn unknown(site: &Site, kid: &str) -> String {
    let (key, header) = (site.provider.key(Algorithm::ES256), json!({ "alg": "ES256", "kid": kid }));
    compact(&header.to_string(), &site.claims().to_string(), |message| key.sign(message))
}

/// Waits, in virtual time, until the keys were fetched so often, and what was fetched is in use.
async fn fetched(site: &Site, times: usize) {
    while site.provider.fetches() < times {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_unknown_keys_makes_one_fetch_an_interval() {
    let site = Site::new();
    for round in 0..5 {
        let tokens: Vec<_> = (0..200).map(|at| unknown(&site, &format!("storm-{round}-{at}"))).collect();
        for result in join_all(tokens.iter().map(|token| site.check(token))).await {
            assert_eq!(result, refused(Refusal::UnknownKey));
        }
        assert_eq!(site.provider.fetches(), round + 1);
        assert!(site.check(&site.token()).await.is_ok(), "who has a token that holds is not kept out");
        site.clock.advance(INTERVAL);
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_callers_wait_for_one_fetch() {
    let site = Site::new();
    site.provider.be(Condition::Slow(Duration::from_secs(1)));
    let token = site.token();
    let began = tokio::time::Instant::now();
    let results = join_all((0..100).map(|_| site.check(&token))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!((site.provider.fetches(), began.elapsed().as_secs()), (1, 2), "the configuration, then the keys");
}

#[tokio::test(start_paused = true)]
async fn new_keys_are_known_after_an_interval_and_withdrawn_ones_are_not_trusted() {
    let site = Site::new();
    let old = site.token();
    assert!(site.check(&old).await.is_ok());
    site.provider.rotate();
    let new = site.token();
    assert_eq!(site.check(&new).await, refused(Refusal::UnknownKey), "it was fetched a moment ago");
    site.clock.advance(INTERVAL);
    assert!(site.check(&new).await.is_ok());
    assert_eq!(site.check(&old).await, refused(Refusal::UnknownKey));
    assert_eq!(site.provider.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_no_key_has_is_not_asked_for_again_for_a_minute() {
    let site = Site::new();
    let nobody = unknown(&site, "nobody");
    for (after, fetches) in [(0, 1), (10, 1), (49, 1), (1, 2), (30, 2)] {
        site.clock.advance(Duration::from_secs(after));
        assert_eq!(site.check(&nobody).await, refused(Refusal::UnknownKey));
        assert_eq!(site.provider.fetches(), fetches, "{after} s later");
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_issuer_is_down_known_keys_keep_working_and_others_are_for_later() {
    let site = Site::new();
    site.provider.be(Condition::Down);
    let result = site.check(&site.token()).await;
    assert_eq!(result, Err(Unauthorized::Unavailable { retry_after: INTERVAL }));
    site.clock.advance(Duration::from_secs(4));
    let result = site.check(&site.token()).await;
    assert_eq!(result, Err(Unauthorized::Unavailable { retry_after: Duration::from_secs(6) }));

    site.provider.be(Condition::Well);
    site.clock.advance(INTERVAL);
    assert!(site.check(&site.token()).await.is_ok(), "it is back");

    for condition in
        [Condition::Down, Condition::Status(500), Condition::Garbage, Condition::Flood, Condition::Status(302)]
    {
        site.provider.be(condition);
        site.clock.advance(TTL);
        assert!(site.check(&site.token()).await.is_ok(), "{condition:?}");
        tokio::time::sleep(Duration::from_secs(10)).await;
        site.clock.advance(INTERVAL);
        assert!(is_unavailable(&site.check(&unknown(&site, "new")).await), "{condition:?}");
    }
    site.clock.advance(STALE);
    assert!(is_unavailable(&site.check(&site.token()).await), "keys are not trusted for ever");
    site.provider.be(Condition::Well);
    site.clock.advance(INTERVAL);
    assert!(site.check(&site.token()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn old_keys_are_fetched_again_in_the_background() {
    let site = Site::new();
    assert!(site.check(&site.token()).await.is_ok());
    site.clock.advance(TTL);
    let old = site.token();
    site.provider.rotate();
    site.provider.be(Condition::Slow(Duration::from_secs(2)));
    let began = tokio::time::Instant::now();
    for _ in 0..10 {
        assert!(site.check(&old).await.is_ok());
    }
    assert_eq!(began.elapsed(), Duration::ZERO, "nobody waits for it");
    fetched(&site, 2).await;
    assert_eq!(site.check(&old).await, refused(Refusal::UnknownKey));
    assert!(site.check(&site.token()).await.is_ok());
    assert_eq!(site.provider.fetches(), 2);
}

#[tokio::test(start_paused = true)]
async fn callers_who_hang_up_do_not_keep_the_keys_from_being_known() {
    let site = Site::new();
    site.provider.be(Condition::Slow(Duration::from_secs(1)));
    let token = site.token();
    for _ in 0..3 {
        let hung_up = tokio::time::timeout(Duration::from_millis(100), site.check(&token)).await;
        assert!(hung_up.is_err());
    }
    assert!(site.check(&token).await.is_ok());
    assert_eq!(site.provider.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_beyond_a_calls_deadline_or_five_seconds() {
    let site = Site::new();
    site.provider.be(Condition::Slow(Duration::from_mins(1)));
    let (token, began) = (site.token(), tokio::time::Instant::now());
    let call = CallContext::none().with_deadline(Instant::now() + Duration::from_secs(2));
    assert!(is_unavailable(&site.authenticator.authenticate(&bearer(&token), &call).await));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(is_unavailable(&site.check(&token).await));
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_keep_the_keys_from_being_fetched() {
    let site = Site::new();
    site.provider.be(Condition::Down);
    assert!(is_unavailable(&site.check(&site.token()).await));
    site.provider.be(Condition::Well);
    site.clock.set_back(Duration::from_hours(24));
    assert!(site.check(&site.token()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn two_issuers_do_not_vouch_for_each_other() {
    let site = Site::new();
    let other = Site::new();
    assert!(site.check(&site.token()).await.is_ok());
    // The other issuer's keys have the same names.
    assert_eq!(site.check(&other.token()).await, refused(Refusal::Signature));
    let hijacked = json!({ "issuers": [{ "issuer": format!("{ISSUER}/tenant"), "audience": ["api"] }] });
    let settings = serde_json::from_value(hijacked).unwrap();
    let checking = authenticator(&settings, site.provider.clone(), &site.clock);
    let token = site.provider.mint(Algorithm::ES256, &site.claims_but(&json!({ "iss": format!("{ISSUER}/tenant") })));
    let result = checking.authenticate(&bearer(&token), &CallContext::none()).await;
    assert!(is_unavailable(&result), "{result:?}");
}
