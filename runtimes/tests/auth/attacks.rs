//! Tokens as attackers make them. What they know: the issuer's public keys, a token that held, a token for others.

use anyport_conformance::identity::{Algorithm, SigningKey, compact, hs256, part, public_pem};
use anyport_ports::CallContext;
use anyport_runtimes::auth::{Authenticate as _, Refusal};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::site::{Site, bearer, header, refused};

/// What it is, what is sent, and why it must be refused.
pub(crate) type Attack = (String, HeaderMap, Refusal);

/// All of them, at the site's time.
pub(crate) fn all(site: &Site) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for more in [of_algorithm, of_signature, of_header, of_key_name, of_key_source, of_claims, of_form, of_request] {
        attacks.extend(more(site));
    }
    attacks
}

fn attack(name: impl Into<String>, token: &str, refusal: Refusal) -> Attack {
    (name.into(), bearer(token), refusal)
}

/// A token with this header, signed by the issuer's key of P-256 all the same.
fn headed(site: &Site, header: &str) -> String {
    let key = site.provider.key(Algorithm::ES256);
    compact(header, &site.claims().to_string(), |message| key.sign(message))
}

fn head(algorithm: &str, kid: &str) -> String {
    json!({ "alg": algorithm, "typ": "JWT", "kid": kid }).to_string()
}

fn of_algorithm(site: &Site) -> Vec<Attack> {
    let (claims, mut attacks) = (site.claims().to_string(), Vec::new());
    let key = |algorithm| site.provider.key(algorithm);
    for none in ["none", "None", "NONE", "nOnE", "", "null", " none"] {
        let token = compact(&head(none, key(Algorithm::ES256).kid()), &claims, |_| Vec::new());
        attacks.push(attack(format!("alg {none:?}"), &token, Refusal::Algorithm));
        attacks.push(attack(
            format!("alg {none:?}, signed"),
            &headed(site, &head(none, "ES256-0")),
            Refusal::Algorithm,
        ));
    }
    for algorithm in Algorithm::ALL {
        let public = key(algorithm);
        let jwk = public.jwk();
        let secrets = [
            public_pem(&public).into_bytes(),
            public_pem(&public).trim_end().as_bytes().to_vec(),
            jwk.to_string().into_bytes(),
            site.provider.jwks().to_string().into_bytes(),
            jwk["n"].as_str().or(jwk["x"].as_str()).unwrap().as_bytes().to_vec(),
            public.public().to_vec(),
            Vec::new(),
        ];
        for (at, secret) in secrets.iter().enumerate() {
            for named in ["HS256", "HS384", "HS512", algorithm.as_str()] {
                let token = compact(&head(named, public.kid()), &claims, |message| hs256(secret, message));
                let refusal = if named == algorithm.as_str() { Refusal::Signature } else { Refusal::Algorithm };
                attacks.push(attack(
                    format!("{named} under the public key of {algorithm:?}, as {at}"),
                    &token,
                    refusal,
                ));
            }
        }
        // The signature is good, the header speaks of the key of another kind.
        for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            let kid = key(other).kid().to_owned();
            let sign = |message: &[u8]| public.sign(message);
            let token = compact(&head(algorithm.as_str(), &kid), &claims, sign);
            attacks.push(attack(format!("{algorithm:?} with the key of {other:?}"), &token, Refusal::Algorithm));
            let token = compact(&head(other.as_str(), &kid), &claims, sign);
            attacks.push(attack(format!("signed by {algorithm:?}, said to be {other:?}"), &token, Refusal::Signature));
        }
    }
    for unusual in ["RS512", "PS256", "ES384", "ES256K", "es256", "RSA1_5", "A256KW"] {
        attacks.push(attack(unusual, &headed(site, &head(unusual, "ES256-0")), Refusal::Algorithm));
    }
    attacks
}

fn of_signature(site: &Site) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for algorithm in Algorithm::ALL {
        let good = site.provider.mint(algorithm, &site.claims());
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let (head, _) = signed.split_once('.').unwrap();
        let key = site.provider.key(algorithm);
        let bytes = key.sign(signed.as_bytes());
        let mut first = bytes.clone();
        first[0] ^= 1;
        let mut last = bytes.clone();
        *last.last_mut().unwrap() ^= 0x80;
        for (name, bytes) in [
            ("none", Vec::new()),
            ("its first bit flipped", first),
            ("its last byte changed", last),
            ("cut", bytes[1..].to_vec()),
            ("longer", [bytes.as_slice(), &[0]].concat()),
            ("twice", bytes.repeat(2)),
            ("of zeros", vec![0; bytes.len()]),
            ("of another's key", SigningKey::new(algorithm, key.kid(), 1).sign(signed.as_bytes())),
        ] {
            let token = format!("{signed}.{}", part(bytes));
            attacks.push(attack(format!("{algorithm:?}, a signature {name}"), &token, Refusal::Signature));
        }
        let admin = part(site.claims_but(&json!({ "sub": "admin" })).to_string());
        attacks.push(attack("other claims", &format!("{head}.{admin}.{signature}"), Refusal::Signature));
    }
    attacks
}

fn of_header(site: &Site) -> Vec<Attack> {
    let with = |more: Value| {
        let mut header = json!({ "alg": "ES256", "kid": "ES256-0" });
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        headed(site, &header.to_string())
    };
    vec![
        attack("crit", &with(json!({ "crit": ["exp"] })), Refusal::Critical),
        attack("an empty crit", &with(json!({ "crit": [] })), Refusal::Critical),
        attack("an unencoded payload", &with(json!({ "b64": false, "crit": ["b64"] })), Refusal::Critical),
        attack("a logout token", &with(json!({ "typ": "logout+jwt" })), Refusal::Type),
        attack("a proof of possession", &with(json!({ "typ": "dpop+jwt" })), Refusal::Type),
        attack("typ that is no text", &with(json!({ "typ": 1 })), Refusal::Type),
        attack("alg twice", &headed(site, r#"{"alg":"none","alg":"ES256","kid":"ES256-0"}"#), Refusal::Malformed),
        attack("alg in a list", &with(json!({ "alg": ["ES256"] })), Refusal::Algorithm),
        attack("no alg", &headed(site, r#"{"kid":"ES256-0"}"#), Refusal::Algorithm),
    ]
}

fn of_key_name(site: &Site) -> Vec<Attack> {
    let long = "k".repeat(257);
    let names = [
        "nobody",
        "../../../../etc/passwd",
        "/dev/null",
        "ES256-0/../ES256-0",
        "ES256-0\u{0}",
        " ES256-0",
        "es256-0",
        "' OR 1=1 --",
        "$(id)",
        "https://evil.example/keys",
        "",
        &long,
    ];
    let mut attacks: Vec<_> = names
        .iter()
        .map(|kid| attack(format!("kid {kid:?}"), &headed(site, &head("ES256", kid)), Refusal::UnknownKey))
        .collect();
    attacks.push(attack("kid 0", &headed(site, r#"{"alg":"ES256","kid":0}"#), Refusal::UnknownKey));
    attacks
}

/// Keys that the token brings along or points at.
fn of_key_source(site: &Site) -> Vec<Attack> {
    let own = SigningKey::new(Algorithm::ES256, "ES256-0", 0);
    let evil = "https://evil.example/keys";
    [
        ("jwk", json!(own.jwk())),
        ("jku", json!(evil)),
        ("x5u", json!(evil)),
        ("x5c", json!(["TUlJQg=="])),
        ("iss", json!(evil)),
    ]
    .into_iter()
    .map(|(name, value)| {
        let header = json!({ "alg": "ES256", "kid": own.kid(), name: value });
        let token = compact(&header.to_string(), &site.claims().to_string(), |message| own.sign(message));
        attack(name, &token, Refusal::Signature)
    })
    .collect()
}

fn of_claims(site: &Site) -> Vec<Attack> {
    let now = site.clock.seconds();
    let mut attacks: Vec<_> = [
        (json!({ "exp": now - 30 }), Refusal::Expired),
        (json!({ "exp": 0 }), Refusal::Expired),
        (json!({ "exp": null }), Refusal::Expired),
        (json!({ "exp": (now + 300).to_string() }), Refusal::Malformed),
        (json!({ "exp": -1 }), Refusal::Malformed),
        (json!({ "exp": 1e300 }), Refusal::Malformed),
        (json!({ "exp": [now + 300] }), Refusal::Malformed),
        (json!({ "nbf": now + 31 }), Refusal::NotYetValid),
        (json!({ "nbf": "soon" }), Refusal::Malformed),
        (json!({ "iat": now + 31 }), Refusal::NotYetValid),
        (json!({ "aud": "billing" }), Refusal::Audience),
        (json!({ "aud": "ap" }), Refusal::Audience),
        (json!({ "aud": "api " }), Refusal::Audience),
        (json!({ "aud": null }), Refusal::Audience),
        (json!({ "aud": [] }), Refusal::Audience),
        (json!({ "aud": ["billing", ["api"]] }), Refusal::Audience),
        (json!({ "aud": { "api": true } }), Refusal::Audience),
        (json!({ "iss": "https://evil.example" }), Refusal::Issuer),
        (json!({ "iss": "https://idp.example/" }), Refusal::Issuer),
        (json!({ "iss": "https://idp.example.evil.example" }), Refusal::Issuer),
        (json!({ "iss": "HTTPS://IDP.EXAMPLE" }), Refusal::Issuer),
        (json!({ "iss": ["https://idp.example"] }), Refusal::Issuer),
        (json!({ "iss": null }), Refusal::Issuer),
        (json!({ "sub": null }), Refusal::Subject),
        (json!({ "sub": "" }), Refusal::Subject),
        (json!({ "sub": 7 }), Refusal::Subject),
        (json!({ "sub": "s".repeat(257) }), Refusal::Subject),
    ]
    .into_iter()
    .map(|(changes, refusal)| {
        let token = site.provider.mint(Algorithm::EdDSA, &site.claims_but(&changes));
        attack(changes.to_string(), &token, refusal)
    })
    .collect();
    // What a name that is there twice means depends on who reads it.
    let twice = site.claims().to_string().replacen('{', r#"{"sub":"admin","#, 1);
    let key = site.provider.key(Algorithm::ES256);
    let token = compact(&head("ES256", key.kid()), &twice, |message| key.sign(message));
    attacks.push(attack("sub twice", &token, Refusal::Malformed));
    attacks
}

fn of_form(site: &Site) -> Vec<Attack> {
    let good = site.token();
    let parts: Vec<_> = good.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("{good}") };
    let of = |header: &[u8], claims: &[u8]| format!("{}.{}.{signature}", part(header), part(claims));
    let head = head("ES256", "ES256-0");
    [
        ("one part", (*header).to_owned()),
        ("two parts", format!("{header}.{claims}")),
        ("four parts", format!("{good}.{signature}")),
        ("five parts, as encrypted ones have", format!("{header}..{claims}.{signature}.{signature}")),
        ("empty parts", "..".to_owned()),
        ("padding", format!("{header}=.{claims}.{signature}")),
        ("the other alphabet", format!("{header}.{claims}.+/{}", &signature[2..])),
        ("a space within", format!("{header}.{claims} .{signature}")),
        ("a header that is a list", of(b"[]", b"{}")),
        ("a header that is cut", of(b"{\"alg\":\"ES256\"", b"{}")),
        ("claims that are text", of(head.as_bytes(), b"\"alice\"")),
        ("claims with more behind", of(head.as_bytes(), b"{}{}")),
        ("claims that are not UTF-8", of(head.as_bytes(), b"{\"sub\":\"\xff\"}")),
        ("claims without end", of(head.as_bytes(), "[".repeat(5000).as_bytes())),
        ("deep claims", of(head.as_bytes(), format!("{{\"a\":{}", "[".repeat(2000)).as_bytes())),
    ]
    .into_iter()
    .map(|(name, token)| attack(name, &token, Refusal::Malformed))
    .collect()
}

fn of_request(site: &Site) -> Vec<Attack> {
    let good = site.token();
    let mut two = bearer(&good);
    two.append(AUTHORIZATION, format!("Bearer {good}").parse().unwrap());
    let mut basic_too = header("Basic YWxpY2U6c2VjcmV0");
    basic_too.append(AUTHORIZATION, format!("Bearer {good}").parse().unwrap());
    let huge = site.provider.mint(Algorithm::ES256, &site.claims_but(&json!({ "x": "x".repeat(8 * 1024) })));
    let mut bytes = HeaderMap::new();
    bytes.insert(AUTHORIZATION, http::HeaderValue::from_bytes(b"Bearer \xff\xfe").unwrap());
    vec![
        ("two headers".to_owned(), two, Refusal::Header),
        ("two headers, of two schemes".to_owned(), basic_too, Refusal::Header),
        ("Basic".to_owned(), header("Basic YWxpY2U6c2VjcmV0"), Refusal::Header),
        ("DPoP".to_owned(), header(&format!("DPoP {good}")), Refusal::Header),
        ("no scheme".to_owned(), header(&good), Refusal::Header),
        ("no token".to_owned(), header("Bearer"), Refusal::Header),
        ("an empty token".to_owned(), header("Bearer  "), Refusal::Header),
        ("an empty header".to_owned(), header(""), Refusal::Header),
        ("no ASCII".to_owned(), bytes, Refusal::Header),
        ("two tokens".to_owned(), header(&format!("Bearer {good}, Bearer {good}")), Refusal::Malformed),
        attack("a huge token", &huge, Refusal::TooLarge),
        attack("64 KiB", &"a".repeat(64 * 1024), Refusal::TooLarge),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_attack_is_refused_for_its_own_reason_and_fetches_nothing() {
    let site = Site::new();
    assert_eq!(site.check(&site.token()).await.unwrap().subject(), "alice");
    let attacks = all(&site);
    assert!(attacks.len() > 150, "{}", attacks.len());
    for (name, headers, refusal) in attacks {
        let result = site.authenticator.authenticate(&headers, &CallContext::none()).await;
        assert_eq!(result, refused(refusal), "{name}");
    }
    assert_eq!(site.provider.fetches(), 1, "no token makes the keys be fetched again right away");
}
