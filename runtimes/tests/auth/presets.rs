//! The ways of identity providers.

use anyport_conformance::identity::{Algorithm, IdentityProvider};
use anyport_ports::CallContext;
use anyport_ports::outbound::NoOutbound;
use anyport_runtimes::auth::{Authenticate as _, Refusal, Unauthorized};
use serde_json::{Value, json};

use crate::site::{NOW, authenticator, bearer, but, claims, fixed, wall_clock};

const TENANT: &str = "8d5f5c8e-0b5a-4f6e-9a52-0f3a5f3f4b11";

/// The issuer of the caller that a token of these claims proves, under these settings.
async fn ask(settings: Value, changes: Value) -> Result<String, Unauthorized> {
    let provider = IdentityProvider::new("https://unused.example");
    let checking = authenticator(&fixed(&provider, settings), NoOutbound::port(), &wall_clock());
    let token = provider.mint(Algorithm::RS256, &but(claims(NOW), &changes));
    let result = checking.authenticate(&bearer(&token), &CallContext::none()).await;
    result.map(|principal| principal.issuer().to_owned())
}

#[tokio::test]
async fn cognito_names_the_client_in_access_tokens_and_its_id_tokens_are_for_clients() {
    let settings = json!({ "preset": "cognito", "region": "eu-central-1", "user_pool": "eu-central-1_Ab", "audience": ["client"] });
    let pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab";
    let access = |client: &str| json!({ "iss": pool, "aud": null, "client_id": client, "token_use": "access" });
    let id = json!({ "iss": pool, "aud": "client", "client_id": "client", "token_use": "id" });
    assert_eq!(ask(settings.clone(), access("client")).await.as_deref(), Ok(pool));
    assert_eq!(ask(settings.clone(), access("other")).await, Err(Unauthorized::Invalid(Refusal::Audience)));
    assert_eq!(ask(settings.clone(), id).await, Err(Unauthorized::Invalid(Refusal::Use)));
    let no_use = json!({ "iss": pool, "client_id": "client" });
    assert_eq!(ask(settings, no_use).await, Err(Unauthorized::Invalid(Refusal::Use)));
}

#[tokio::test]
async fn entra_names_the_tenant_twice() {
    let settings = json!({ "preset": "entra", "tenant": TENANT, "audience": ["api"] });
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let token = |tenant: &str| json!({ "iss": issuer, "tid": tenant, "scope": null, "scp": "orders:read" });
    assert_eq!(ask(settings.clone(), token(TENANT)).await.as_deref(), Ok(issuer.as_str()));
    let other = "00000000-0b5a-4f6e-9a52-0f3a5f3f4b11";
    assert_eq!(ask(settings.clone(), token(other)).await, Err(Unauthorized::Invalid(Refusal::Use)));
    let first_version = json!({ "iss": format!("https://sts.windows.net/{TENANT}/"), "tid": TENANT });
    assert_eq!(ask(settings, first_version).await, Err(Unauthorized::Invalid(Refusal::Issuer)));
}

#[tokio::test]
async fn google_spells_itself_in_two_ways_and_is_one_issuer() {
    let settings = json!({ "preset": "google", "audience": ["api"] });
    for spelled in ["https://accounts.google.com", "accounts.google.com"] {
        let issuer = ask(settings.clone(), json!({ "iss": spelled })).await;
        assert_eq!(issuer.as_deref(), Ok("https://accounts.google.com"), "{spelled}");
    }
    let other = json!({ "iss": "http://accounts.google.com" });
    assert_eq!(ask(settings, other).await, Err(Unauthorized::Invalid(Refusal::Issuer)));
}

#[tokio::test]
async fn algorithms_are_those_of_the_settings() {
    let settings = |algorithms: Value| json!({ "issuer": "urn:i", "audience": ["api"], "algorithms": algorithms });
    let urn = json!({ "iss": "urn:i" });
    assert!(ask(settings(json!(["RS256"])), urn.clone()).await.is_ok());
    assert_eq!(ask(settings(json!(["EdDSA"])), urn).await, Err(Unauthorized::Invalid(Refusal::Algorithm)));
}
