//! `If-Match`: changes under the condition that the state is the one the client read.

use anyport_ports::documents::{Condition, Version};
use anyport_ports::handles::Ports;
use http::header::IF_MATCH;
use http::{HeaderMap, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::{FromInvocation, Parameter, Setup};
use crate::function::kind::{Http, HttpInvocation};
use crate::problem::Problem;

/// What a version may not hold as it stands within the quotes of an entity tag.
const NOT_IN_TAG: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%').add(b'\\');

/// Longest `If-Match`, in bytes.
const MAX_BYTES: usize = 4096;

/// The `If-Match` header: one strong entity tag as an `ETag` gave it, or `*`.
///
/// As a parameter it is required: a request without it is refused with 428. `Option<IfMatch>` takes both. A weak tag,
/// one without quotes, or a list of several is 400: a change is made to one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: there is a document, of whatever version.
    Any,
    /// The document has this version.
    Version(Version),
}

impl IfMatch {
    /// The condition to write under.
    pub fn condition(self) -> Condition {
        match self {
            Self::Any => Condition::Present,
            Self::Version(version) => Condition::Version(version),
        }
    }

    fn parse(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let refuse = |what: &str| {
            let detail = format!("If-Match {what}: give one ETag as it was received, in double quotes, or *");
            Err(Problem::bad_request("invalid_if_match", detail))
        };
        let mut values = headers.get_all(IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return refuse("is there more than once");
        }
        let Ok(text) = value.to_str() else { return refuse("is not visible ASCII") };
        let text = text.trim();
        if text == "*" {
            return Ok(Some(Self::Any));
        }
        if text.len() > MAX_BYTES {
            return refuse("is too long");
        }
        if text.starts_with("W/") {
            return refuse("holds a weak ETag");
        }
        let Some(tag) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return refuse("is not in double quotes");
        };
        if tag.contains('"') {
            return refuse("holds several ETags");
        }
        if tag.is_empty() {
            return refuse("holds an empty ETag");
        }
        // A tag that was never given is well-formed all the same: it matches no document.
        Ok(Some(Self::Version(Version::new(percent_decode_str(tag).decode_utf8_lossy()))))
    }
}

/// The strong entity tag that stands for a version.
pub(crate) fn entity_tag(version: &Version) -> HeaderValue {
    let tag = format!("\"{}\"", utf8_percent_encode(version.as_str(), NOT_IN_TAG));
    // Percent-encoded text is visible ASCII, which every header value may hold.
    HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

impl FromInvocation<Http> for Option<IfMatch> {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::IfMatch { required: false }
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), invocation: &mut HttpInvocation, _ports: &Ports) -> Result<Self, Problem> {
        IfMatch::parse(&invocation.headers)
    }
}

impl FromInvocation<Http> for IfMatch {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::IfMatch { required: true }
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), invocation: &mut HttpInvocation, _ports: &Ports) -> Result<Self, Problem> {
        Self::parse(&invocation.headers)?.ok_or_else(|| {
            let detail = "If-Match is missing: read the resource and send its ETag, so that no other change is lost";
            Problem::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required", detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Result<Option<IfMatch>, u16> {
        let mut headers = HeaderMap::new();
        headers.insert(IF_MATCH, HeaderValue::from_str(value).unwrap());
        IfMatch::parse(&headers).map_err(|problem| problem.status)
    }

    #[test]
    fn every_version_comes_back_from_its_tag() {
        for version in ["1", "a b", "\"quoted\"", "100%", "ä\u{1}\u{7f}", "a\\b,c"] {
            let version = Version::new(version);
            let tag = entity_tag(&version);
            assert_eq!(parse(tag.to_str().unwrap()), Ok(Some(IfMatch::Version(version))));
        }
    }

    #[test]
    fn only_one_strong_tag_is_taken() {
        for bad in ["x", "W/\"x\"", "\"a\", \"b\"", "\"", "\"\"", ""] {
            assert_eq!(parse(bad), Err(400), "{bad}");
        }
        assert_eq!(parse("*"), Ok(Some(IfMatch::Any)));
        assert_eq!(IfMatch::parse(&HeaderMap::new()), Ok(None));
    }
}
