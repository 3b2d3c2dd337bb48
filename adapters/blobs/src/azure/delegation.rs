//! Signing in the name of whom Entra knows, by a key that Blob Storage hands out for a while.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use http::{HeaderMap, Method};
use tokio::sync::Mutex;

use super::sas::Grant;
use super::xml::{DelegationKey, read};
use crate::requests::{Endpoint, unusable};

/// The longest that a key is good for.
const VALIDITY: Duration = Duration::days(7);

/// What an account hands out keys for signing by.
pub(super) struct Delegation {
    account: Endpoint,
    /// The last one, until then.
    key: Mutex<Option<(DelegationKey, DateTime<Utc>)>>,
}

impl Delegation {
    pub(super) fn of(account: Endpoint) -> Self {
        Self { account, key: Mutex::default() }
    }

    /// The parameters of a URL that expires then.
    pub(super) async fn sign(&self, grant: &Grant<'_>, expires: DateTime<Utc>) -> object_store::Result<String> {
        let mut known = self.key.lock().await;
        let key = match known.take() {
            Some((key, until)) if until >= expires => (key, until),
            _ => self.ask().await?,
        };
        let key = &known.insert(key).0;
        let bytes = BASE64.decode(&key.value).map_err(unusable)?;
        Ok(grant.by_delegation(key, &bytes))
    }

    async fn ask(&self) -> object_store::Result<(DelegationKey, DateTime<Utc>)> {
        let text = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
        let now = Utc::now();
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo><Start>{}</Start><Expiry>{}</Expiry></KeyInfo>",
            text(now),
            text(now + VALIDITY)
        );
        let query = [("restype", "service"), ("comp", "userdelegationkey")];
        let answer = self.account.send(Method::POST, "", &query, HeaderMap::new(), Bytes::from(body)).await?;
        let key: DelegationKey = read(&answer.body)?;
        let until = DateTime::parse_from_rfc3339(&key.signed_expiry).map_err(unusable)?;
        // As long as a URL may be good at most, the second that is lost to rounding aside.
        Ok((key, until.with_timezone(&Utc) + Duration::seconds(1)))
    }
}

impl fmt::Debug for Delegation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delegation")
    }
}
