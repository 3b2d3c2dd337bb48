//! Fetching an issuer's keys.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyport_ports::CallContext;
use anyport_ports::outbound::{Method, Outbound, Request, Target};
use bytes::Bytes;
use http::Uri;
use serde::Deserialize;

use super::key_set::{KeySet, MAX_SET_BYTES};

/// How long one fetch may take, discovery included.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// Where keys are found.
pub(super) enum Source {
    /// There.
    Jwks(String),
    /// Where the issuer's configuration says (OpenID Connect Discovery 1.0).
    Discovery {
        /// The issuer, which the configuration must name.
        issuer: String,
        /// The configuration.
        url: String,
    },
}

impl Source {
    pub(super) fn discovery(issuer: &str) -> Self {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        Self::Discovery { issuer: issuer.to_owned(), url }
    }

    pub(super) fn url(&self) -> &str {
        match self {
            Self::Jwks(url) | Self::Discovery { url, .. } => url,
        }
    }
}

/// Whether keys may come from there: over https, or from this machine. If not, why, to follow the URL in a sentence.
pub(super) fn reachable(url: &str) -> Result<(), String> {
    let parsed = url.parse::<Uri>().ok();
    let authority = parsed.as_ref().and_then(Uri::authority).filter(|authority| !authority.as_str().contains('@'));
    let scheme = parsed.as_ref().and_then(Uri::scheme_str);
    match (scheme, authority) {
        (Some("https"), Some(_)) => Ok(()),
        (Some("http"), Some(authority)) if is_loopback(authority.host()) => Ok(()),
        _ => Err("is not an https URL (http is for loopback addresses)".to_owned()),
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Fetches keys.
pub(super) struct Fetch {
    source: Source,
    outbound: Arc<dyn Outbound>,
}

#[derive(Deserialize)]
struct Configuration {
    issuer: String,
    jwks_uri: String,
}

impl Fetch {
    pub(super) fn new(source: Source, outbound: Arc<dyn Outbound>) -> Self {
        Self { source, outbound }
    }

    pub(super) fn url(&self) -> &str {
        self.source.url()
    }

    /// The keys as they are now, or why they cannot be had, in words.
    pub(super) async fn keys(&self) -> Result<KeySet, String> {
        let keys = async {
            match &self.source {
                Source::Jwks(url) => KeySet::read(&self.get(url).await?),
                Source::Discovery { issuer, url } => {
                    let configuration: Configuration = serde_json::from_slice(&self.get(url).await?)
                        .map_err(|_| "the issuer's configuration lacks issuer or jwks_uri".to_owned())?;
                    if configuration.issuer != *issuer {
                        return Err("the issuer's configuration is of another issuer".to_owned());
                    }
                    reachable(&configuration.jwks_uri).map_err(|problem| format!("jwks_uri {problem}"))?;
                    KeySet::read(&self.get(&configuration.jwks_uri).await?)
                }
            }
        };
        tokio::time::timeout(TIMEOUT, keys).await.unwrap_or_else(|_| Err(format!("no answer within {TIMEOUT:?}")))
    }

    async fn get(&self, url: &str) -> Result<Bytes, String> {
        let request = Request::new(Method::Get, Target::Url(url.to_owned()))
            .header("accept", "application/json")
            .timeout(TIMEOUT);
        // What is fetched is for every caller: it is not of the call that happens to come first.
        let call = CallContext::none().with_deadline(Instant::now() + TIMEOUT);
        let response = self.outbound.send(&request, &call).await.map_err(|error| error.to_string())?;
        if response.status != 200 {
            return Err(format!("the issuer answered {}", response.status));
        }
        if response.body.len() > MAX_SET_BYTES {
            return Err(format!("the issuer answered {} bytes: at most {MAX_SET_BYTES}", response.body.len()));
        }
        Ok(response.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_over_https_or_from_this_machine() {
        for good in ["https://idp.example/k", "http://127.0.0.1:8080/k", "http://[::1]:80/k", "http://localhost/k"] {
            assert_eq!(reachable(good), Ok(()), "{good}");
        }
        for bad in [
            "http://idp.example/k",
            "ftp://idp.example",
            "https://u:p@idp.example/k",
            "http://127.0.0.1.example/k",
            "/k",
            "",
        ] {
            assert!(reachable(bad).is_err(), "{bad}");
        }
    }
}
