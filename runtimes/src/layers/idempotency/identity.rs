//! What makes two calls the same.

use anyport_ports::idempotency::{Fingerprint, IdempotencyKey, MAX_KEY_CHARS, Scope};
use http::HeaderMap;
use http::header::IF_MATCH;

use super::Plan;
use crate::auth::Principal;
use crate::function::Idempotent;
use crate::function::kind::HttpInvocation;
use crate::problem::Problem;

/// The header of the key (IETF draft, The Idempotency-Key HTTP Header Field).
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Under what the work is known, and what it is.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(super) key: IdempotencyKey,
    pub(super) fingerprint: Fingerprint,
    /// To whom the key belongs; `None`: to all alike.
    tenant: Option<String>,
}

impl Identity {
    /// Within what the key means this.
    pub(super) fn scope(&self, plan: &Plan) -> Scope {
        let scope = Scope::new(&*plan.app, &*plan.function);
        match &self.tenant {
            Some(tenant) => scope.of_tenant(tenant),
            None => scope,
        }
    }

    /// Of a request; `None` if it has no key and needs none.
    pub(crate) fn of_request(request: &HttpInvocation, settings: &Idempotent) -> Result<Option<Self>, Problem> {
        let Some(key) = key(&request.headers, settings)? else { return Ok(None) };
        let path = request.path.iter().fold(String::new(), |path, (name, text)| format!("{path}/{name}={text}"));
        let mut fingerprint =
            Fingerprint::of_payload(&request.body).and("path", path.as_bytes()).and("query", request.query.as_bytes());
        for condition in request.headers.get_all(IF_MATCH) {
            fingerprint = fingerprint.and("if-match", condition.as_bytes());
        }
        let tenant = request.principal.as_ref().map(|principal| tenant(principal, settings));
        Ok(Some(Self { key, fingerprint, tenant }))
    }

    /// Of an event, which is everyone's alike.
    pub(crate) fn of_event(key: IdempotencyKey, fingerprint: Fingerprint) -> Self {
        Self { key, fingerprint, tenant: None }
    }
}

fn key(headers: &HeaderMap, settings: &Idempotent) -> Result<Option<IdempotencyKey>, Problem> {
    // However a gateway joins what was sent twice, it is told alike.
    let refuse = || {
        let detail = format!(
            "the header Idempotency-Key is not one key: send it once, as a string in double quotes of 1 to {MAX_KEY_CHARS} \
             characters"
        );
        Problem::bad_request("invalid_idempotency_key", detail)
    };
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        if settings.required {
            let detail = "the header Idempotency-Key is missing: send one that is new for each operation, and the same when \
                          you repeat it";
            return Err(Problem::bad_request("idempotency_key_missing", detail));
        }
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(refuse());
    }
    let text = value.to_str().map_err(|_| refuse())?;
    let read = if settings.strict { IdempotencyKey::from_field } else { IdempotencyKey::from_field_leniently };
    read(text).map(Some).map_err(|_| refuse())
}

/// The lengths keep the parts apart, whatever they hold.
fn tenant(principal: &Principal, settings: &Idempotent) -> String {
    let issuer = principal.issuer();
    let claim = settings.tenant_claim.as_deref().and_then(|name| Some((name, principal.claim(name)?)));
    match claim {
        Some((name, value)) => format!("{}:{issuer}{}:{name}{value}", issuer.len(), name.len()),
        None => format!("{}:{issuer}{}", issuer.len(), principal.subject()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    #[test]
    fn callers_share_their_keys_by_a_claim_alone() {
        let claims = |tenant: &str| Map::from_iter([("tid".to_owned(), Value::from(tenant))]);
        let who = |issuer: &str, subject: &str| Principal::new(issuer, subject).with_claims(claims("t1"));
        let (own, shared) = (Idempotent::required(), Idempotent::required().per_claim("tid"));
        assert_ne!(tenant(&who("i", "alice"), &own), tenant(&who("i", "bob"), &own));
        assert_ne!(tenant(&who("i", "1:x"), &own), tenant(&who("i1:", "x"), &own));
        assert_eq!(tenant(&who("i", "alice"), &shared), tenant(&who("i", "bob"), &shared));
        assert_ne!(tenant(&who("i", "alice"), &shared), tenant(&who("j", "alice"), &shared));
        let without = Principal::new("i", "alice");
        assert_eq!(tenant(&without, &shared), tenant(&without, &own), "who has no such claim has keys of its own");
    }
}
