//! An issuer as its settings and its preset make it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::Clock;
use anyport_ports::outbound::Outbound;
use serde_json::Value;

use super::claims::Rules;
use super::fetch::{Fetch, Source, reachable};
use super::key_set::{KeySet, MAX_SET_BYTES};
use super::keys::{Keys, RemoteKeys, Timing};
use super::{Algorithm, AuthSettings, IssuerSettings, Preset};

/// Most issuers.
const MAX_ISSUERS: usize = 16;

/// An issuer whose tokens are taken.
pub(super) struct Issuer {
    /// What `iss` may say; the first is its name.
    names: Vec<String>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) rules: Rules,
    pub(super) keys: Keys,
}

impl Issuer {
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }
}

/// The issuers, or all that is wrong with the settings.
pub(super) fn issuers(
    settings: &AuthSettings,
    outbound: &Arc<dyn Outbound>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Issuer>, Vec<String>> {
    let mut problems = bounds(settings);
    let timing = Timing { ttl: settings.jwks_ttl, stale: settings.jwks_stale, interval: settings.jwks_interval };
    let mut made = Vec::new();
    for (at, one) in settings.issuers.iter().enumerate() {
        let mut wrong = Vec::new();
        let remote = |source| {
            let fetch = Fetch::new(source, Arc::clone(outbound));
            Keys::Remote(Arc::new(RemoteKeys::new(fetch, timing, Arc::clone(clock))))
        };
        let issuer = issuer(one, remote, &mut wrong);
        problems.extend(wrong.into_iter().map(|problem| format!("issuers[{at}]: {problem}")));
        made.extend(issuer);
    }
    for (at, issuer) in made.iter().enumerate() {
        if made[..at].iter().any(|before| before.is_named(issuer.name())) {
            problems.push(format!("the issuer {} is there twice", issuer.name()));
        }
    }
    if problems.is_empty() { Ok(made) } else { Err(problems) }
}

fn bounds(settings: &AuthSettings) -> Vec<String> {
    let mut problems = Vec::new();
    if settings.issuers.is_empty() {
        problems.push("issuers is empty: name at least one issuer whose tokens are taken".to_owned());
    }
    if settings.issuers.len() > MAX_ISSUERS {
        problems.push(format!("issuers has {}: at most {MAX_ISSUERS}", settings.issuers.len()));
    }
    let mut within = |name: &str, value: Duration, least: Duration, most: Duration| {
        if !(least..=most).contains(&value) {
            let text = humantime::format_duration;
            problems.push(format!("{name} is {}: from {} to {}", text(value), text(least), text(most)));
        }
    };
    within("leeway", settings.leeway, Duration::ZERO, Duration::from_mins(5));
    within("jwks_ttl", settings.jwks_ttl, Duration::from_mins(1), Duration::from_hours(24));
    within("jwks_stale", settings.jwks_stale, Duration::ZERO, Duration::from_hours(7 * 24));
    within("jwks_interval", settings.jwks_interval, Duration::from_secs(1), Duration::from_mins(10));
    problems
}

fn issuer(settings: &IssuerSettings, remote: impl Fn(Source) -> Keys, wrong: &mut Vec<String>) -> Option<Issuer> {
    if settings.audience.is_empty() || settings.audience.iter().any(String::is_empty) {
        wrong.push("audience is missing: name whom tokens must be for, or tokens for others would be taken".to_owned());
    }
    let names = names(settings, wrong);
    let keys = keys(settings, names.first().map(String::as_str), remote, wrong);
    let algorithms = match settings.algorithms.as_slice() {
        [] => Algorithm::DEFAULT.to_vec(),
        allowed => allowed.to_vec(),
    };
    let audience: BTreeSet<_> = settings.audience.iter().cloned().collect();
    let rules = Rules { preset: settings.preset, audience, tenant: settings.tenant.clone() };
    (wrong.is_empty() && !names.is_empty()).then_some(Issuer { names, algorithms, rules, keys: keys? })
}

/// What `iss` may say, the first being the issuer's name.
fn names(settings: &IssuerSettings, wrong: &mut Vec<String>) -> Vec<String> {
    let given = [
        ("issuer", settings.issuer.as_deref(), Preset::Oidc),
        ("region", settings.region.as_deref(), Preset::Cognito),
        ("user_pool", settings.user_pool.as_deref(), Preset::Cognito),
        ("tenant", settings.tenant.as_deref(), Preset::Entra),
    ];
    for (field, value, of) in given {
        match value {
            None | Some("") if of == settings.preset => wrong.push(format!("{field} is missing")),
            Some(_) if of != settings.preset => wrong.push(format!("{field} is not a setting of this preset")),
            _ => {}
        }
    }
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let [issuer, region, pool, tenant] = given.map(|(_, value, _)| value.unwrap_or_default());
    match settings.preset {
        Preset::Oidc => vec![issuer.to_owned()],
        Preset::Google => vec!["https://accounts.google.com".to_owned(), "accounts.google.com".to_owned()],
        Preset::Cognito => {
            if !plain(region) || !plain(pool) {
                wrong.push("region and user_pool are ids: of letters, digits, '-' and '_'".to_owned());
            }
            let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
            vec![format!("https://cognito-idp.{region}.amazonaws.com{suffix}/{pool}")]
        }
        Preset::Entra => {
            if uuid::Uuid::try_parse(tenant).is_err() {
                let why = "with \"common\" and its like, tokens of any tenant would be taken";
                wrong.push(format!("tenant is not the UUID of a tenant: {why}"));
            }
            vec![format!("https://login.microsoftonline.com/{tenant}/v2.0")]
        }
    }
}

fn keys(
    settings: &IssuerSettings,
    name: Option<&str>,
    remote: impl Fn(Source) -> Keys,
    wrong: &mut Vec<String>,
) -> Option<Keys> {
    let source = match (&settings.jwks, &settings.jwks_file, &settings.jwks_uri) {
        (Some(jwks), None, None) => return fixed(KeySet::of(jwks.clone()), "jwks", wrong),
        (None, Some(file), None) => return fixed(read(file), "jwks_file", wrong),
        (None, None, Some(uri)) => Source::Jwks(uri.clone()),
        (None, None, None) => of_preset(settings, name?),
        _ => {
            wrong.push("more than one of jwks_uri, jwks and jwks_file is set".to_owned());
            return None;
        }
    };
    // What is missing has been told already.
    if let (Err(problem), Some(_)) = (reachable(source.url()), name.filter(|name| !name.is_empty())) {
        wrong.push(format!("{:?} {problem}", source.url()));
    }
    Some(remote(source))
}

fn of_preset(settings: &IssuerSettings, issuer: &str) -> Source {
    match settings.preset {
        Preset::Cognito => Source::Jwks(format!("{issuer}/.well-known/jwks.json")),
        Preset::Entra => {
            let tenant = settings.tenant.as_deref().unwrap_or_default();
            Source::Jwks(format!("https://login.microsoftonline.com/{tenant}/discovery/v2.0/keys"))
        }
        Preset::Google => Source::Jwks("https://www.googleapis.com/oauth2/v3/certs".to_owned()),
        Preset::Oidc => Source::discovery(issuer),
    }
}

fn fixed(keys: Result<KeySet, String>, field: &str, wrong: &mut Vec<String>) -> Option<Keys> {
    keys.map(Keys::Fixed).map_err(|problem| wrong.push(format!("{field}: {problem}"))).ok()
}

fn read(file: &Path) -> Result<KeySet, String> {
    let cannot = |error| format!("{} cannot be read: {error}", file.display());
    let size = std::fs::metadata(file).map_err(cannot)?.len();
    if size > MAX_SET_BYTES as u64 {
        return Err(format!("{} is {size} bytes: at most {MAX_SET_BYTES}", file.display()));
    }
    let json: Value = serde_json::from_slice(&std::fs::read(file).map_err(cannot)?)
        .map_err(|_| format!("{} is not JSON", file.display()))?;
    KeySet::of(json)
}

#[cfg(test)]
mod tests {
    use anyport_ports::outbound::NoOutbound;
    use serde_json::json;

    use super::*;

    fn made(settings: Value) -> Result<Vec<Issuer>, Vec<String>> {
        let settings: AuthSettings = serde_json::from_value(settings).unwrap();
        issuers(&settings, &NoOutbound::port(), &(Arc::new(crate::SystemClock) as Arc<dyn Clock>))
    }

    fn source(settings: &Value) -> (String, String) {
        let issuers = made(json!({ "issuers": [settings] })).map_err(|problems| problems.join("; ")).unwrap();
        match &issuers[0].keys {
            Keys::Remote(remote) => (issuers[0].name().to_owned(), remote.url().to_owned()),
            Keys::Fixed(_) => panic!("the keys are fixed"),
        }
    }

    #[test]
    fn presets_know_their_issuers_and_where_the_keys_are() {
        let cognito =
            json!({ "preset": "cognito", "region": "eu-central-1", "user_pool": "eu-central-1_Ab", "audience": ["c"] });
        let pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab";
        assert_eq!(source(&cognito), (pool.to_owned(), format!("{pool}/.well-known/jwks.json")));
        let tenant = "8d5f5c8e-0b5a-4f6e-9a52-0f3a5f3f4b11";
        let at = format!("https://login.microsoftonline.com/{tenant}");
        let entra = source(&json!({ "preset": "entra", "tenant": tenant, "audience": ["api"] }));
        assert_eq!(entra, (format!("{at}/v2.0"), format!("{at}/discovery/v2.0/keys")));
        let google = source(&json!({ "preset": "google", "audience": ["https://api.example"] }));
        assert_eq!(google.1, "https://www.googleapis.com/oauth2/v3/certs");
        let oidc = source(&json!({ "issuer": "https://idp.example/realm/", "audience": ["api"] }));
        assert_eq!(oidc.0, "https://idp.example/realm/");
        assert_eq!(oidc.1, "https://idp.example/realm/.well-known/openid-configuration");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let problems = made(json!({
            "leeway": "1h",
            "jwks_ttl": "1s",
            "issuers": [
                { "preset": "cognito", "user_pool": "a/b", "audience": ["c"] },
                { "preset": "entra", "tenant": "common", "audience": [] },
                { "issuer": "http://idp.example", "audience": ["a"] },
                { "issuer": "urn:x", "audience": ["a"], "jwks": { "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] } },
                { "preset": "google", "issuer": "https://x.example", "audience": ["a"] },
                { "issuer": "https://a.example", "audience": ["a"], "jwks_uri": "https://a.example/k", "jwks_file": "/k" },
                { "issuer": "https://b.example", "audience": ["a"] },
                { "issuer": "https://b.example", "audience": ["b"] },
            ],
        }))
        .err()
        .unwrap()
        .join("\n");
        for told in [
            "leeway is 1h",
            "jwks_ttl is 1s",
            "issuers[0]: region is missing",
            "issuers[0]: region and user_pool are ids",
            "issuers[1]: audience is missing",
            "issuers[1]: tenant is not the UUID",
            "issuers[2]: \"http://idp.example/.well-known/openid-configuration\" is not an https URL",
            "issuers[3]: jwks: none of its 1 keys is a public key",
            "issuers[4]: issuer is not a setting of this preset",
            "issuers[5]: more than one of jwks_uri, jwks and jwks_file is set",
            "the issuer https://b.example is there twice",
        ] {
            assert!(problems.contains(told), "{told:?} is not in:\n{problems}");
        }
        assert!(made(json!({})).is_err_and(|problems| problems[0].starts_with("issuers is empty")));
    }
}
