//! Failures of the SDK and of the services, in the contract's terms.

mod table;

use std::error::Error as StdError;
use std::fmt;

use anyport_ports::{Error, ErrorKind};
use azure_core::error::ErrorKind as SdkErrorKind;
use azure_core::http::RawResponse;
use azure_core::http::headers::HeaderName;
use serde::Deserialize;

pub(crate) use table::{Done, Meaning, meaning};

/// Longest part of a service's own words that is kept.
const MAX_WORDS: usize = 300;

/// How an attempt of a call ended that did not succeed.
#[derive(Debug)]
pub(crate) enum Ending {
    /// No connection was made.
    NotReached(String),
    /// It was sent, or may have been, and no answer came that could be read.
    Lost(String),
    /// The service answered that it does not do it, or not now.
    Answered(Refusal),
    /// No token was to be had, so nothing was sent.
    NoToken(String),
    /// The request could not be made.
    Unmade(String),
}

impl Ending {
    /// How an attempt ended with this error.
    pub(crate) fn of(error: &azure_core::Error) -> Self {
        match error.kind() {
            SdkErrorKind::Connection => Self::NotReached(words(error)),
            SdkErrorKind::HttpResponse { status, error_code, raw_response } => {
                Self::Answered(Refusal::new(u16::from(*status), error_code.as_deref(), raw_response.as_deref()))
            }
            SdkErrorKind::Credential => Self::NoToken(words(error)),
            SdkErrorKind::Other => Self::Unmade(words(error)),
            // It says as little as none. What is wrong with it may be told with a part of it, such as a secret.
            SdkErrorKind::DataConversion => Self::Lost("its answer cannot be read".to_owned()),
            SdkErrorKind::Io => Self::Lost(words(error)),
        }
    }

    /// That of an attempt which was still under way at the deadline.
    pub(crate) fn late() -> Self {
        Self::Lost("no answer came in time".to_owned())
    }

    /// Whether it may have been done, or may yet be.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::Lost(_) => true,
            Self::Answered(refusal) => refusal.meaning().done == Done::Unknown,
            _ => false,
        }
    }

    /// Whether another attempt may succeed.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::NotReached(_) | Self::Lost(_) => true,
            Self::Answered(refusal) => {
                matches!(refusal.meaning().kind, ErrorKind::Throttled | ErrorKind::Unavailable)
            }
            Self::NoToken(_) | Self::Unmade(_) => false,
        }
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Answered(refusal) => refusal.code.as_deref(),
            _ => None,
        }
    }

    /// The error of it, as of a read.
    pub(crate) fn told(self) -> Error {
        match self {
            Self::NotReached(cause) => {
                let message =
                    format!("the service cannot be reached ({cause}): check the account, the endpoint and the network");
                Error::new(ErrorKind::Unavailable, message)
            }
            Self::Lost(cause) => Error::new(ErrorKind::Unavailable, "the service did not answer").caused_by(cause),
            Self::Answered(refusal) => {
                let meaning = refusal.meaning();
                Error::new(meaning.kind, meaning.message).caused_by(refusal)
            }
            Self::NoToken(cause) => {
                Error::new(ErrorKind::Unauthenticated, "no token of Microsoft Entra ID was to be had: see the cause")
                    .caused_by(cause)
            }
            Self::Unmade(cause) => Error::new(ErrorKind::Internal, "the request could not be made").caused_by(cause),
        }
    }
}

/// A service's refusal, without anything that was sent.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    code: Option<String>,
    /// A code within that, which says more (Key Vault).
    inner: Option<String>,
    words: String,
    request: Option<String>,
}

impl Refusal {
    fn new(status: u16, code: Option<&str>, answer: Option<&RawResponse>) -> Self {
        let header = |name| answer?.headers().get_optional_str(&HeaderName::from_static(name)).map(str::to_owned);
        let body = answer.map(|answer| answer.body().as_ref()).unwrap_or_default();
        let Described { code: told, inner, words } = Described::of(body);
        // Of an answer without a code the SDK makes one of the status, which says nothing.
        let given = if answer.is_none() { code.map(str::to_owned) } else { None };
        let code = header("x-ms-error-code").or(told).or(given);
        Self { status, code, inner, words, request: header("x-ms-request-id") }
    }

    fn meaning(&self) -> Meaning {
        meaning(self.inner.as_deref(), self.code.as_deref(), self.status)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (HTTP {})", self.code.as_deref().unwrap_or("no code"), self.status)?;
        if let Some(inner) = &self.inner {
            write!(f, ", {inner}")?;
        }
        if !self.words.is_empty() {
            write!(f, ": {}", self.words)?;
        }
        match &self.request {
            Some(id) => write!(f, " [request {id}]"),
            None => Ok(()),
        }
    }
}

impl StdError for Refusal {}

/// What the body of a refusal says.
#[derive(Default)]
struct Described {
    code: Option<String>,
    inner: Option<String>,
    words: String,
}

impl Described {
    /// Key Vault answers in JSON, Storage in XML.
    fn of(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Answer {
            error: Detail,
        }
        #[derive(Deserialize)]
        struct Detail {
            code: Option<String>,
            message: Option<String>,
            innererror: Option<Box<Detail>>,
        }
        if let Ok(Answer { error }) = serde_json::from_slice(body) {
            let inner = error.innererror.and_then(|inner| inner.code);
            return Self { code: error.code, inner, words: first_line(&error.message.unwrap_or_default()) };
        }
        let xml = String::from_utf8_lossy(body);
        let between = |open: &str, close: &str| {
            let (_, after) = xml.split_once(open)?;
            Some(after.split_once(close)?.0)
        };
        let code = between("<Code>", "</Code>").map(str::to_owned);
        Self { code, inner: None, words: first_line(between("<Message>", "</Message>").unwrap_or_default()) }
    }
}

/// Storage goes on with the request's id, which stands in a header, and with what it would have signed.
fn first_line(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default().trim();
    line[..line.floor_char_boundary(MAX_WORDS)].to_owned()
}

/// The error and its causes, from the outermost in.
pub(crate) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

/// Each cause's own words, bounded. `Debug` would show whole answers.
pub(crate) fn words(error: &azure_core::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in causes(error) {
        let words = first_line(&cause.to_string());
        if told.last() != Some(&words) {
            told.push(words);
        }
    }
    told.join(": ")
}

#[cfg(test)]
mod tests {
    use azure_core::http::headers::Headers;

    use super::*;

    fn refusal(status: u16, code: Option<&'static str>, body: &'static str) -> Ending {
        let mut headers = Headers::new();
        headers.insert("x-ms-request-id", "r-1");
        if let Some(code) = code {
            headers.insert("x-ms-error-code", code);
        }
        let raw_response = Some(Box::new(RawResponse::from_bytes(status.into(), headers, body)));
        let kind = SdkErrorKind::HttpResponse { status: status.into(), error_code: Some("text".into()), raw_response };
        Ending::of(&azure_core::Error::with_message(kind, format!("{status}: {body}")))
    }

    #[test]
    fn storage_says_why_in_a_header_and_in_xml() {
        let body = "\u{feff}<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to \
                    authenticate the request.\nRequestId:r\nTime:t</Message><AuthenticationErrorDetail>The MAC \
                    signature found 'c2VjcmV0' is not ...</AuthenticationErrorDetail></Error>";
        for code in [Some("AuthenticationFailed"), None] {
            let error = refusal(403, code, body).told().during("messages.receive", "orders/fulfil");
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            let told = format!("{error:?}");
            for part in
                ["messages.receive orders/fulfil", "AZURE_STORAGE_KEY", "AuthenticationFailed", "request.", "r-1"]
            {
                assert!(told.contains(part), "{told}");
            }
            assert!(!told.contains("c2VjcmV0") && !told.contains("Time:"), "{told}");
        }
    }

    #[test]
    fn key_vault_says_why_in_json() {
        let body = r#"{"error": {"code": "Forbidden", "message": "Operation get is not allowed on a disabled secret.",
                       "innererror": {"code": "SecretDisabled"}}}"#;
        let error = refusal(403, None, body).told();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.message().contains("disabled"), "{error}");
        let told = format!("{error:?}");
        assert!(told.contains("Forbidden (HTTP 403), SecretDisabled: Operation get"), "{told}");
    }

    #[test]
    fn what_the_service_failed_to_do_is_lost_and_what_it_refused_is_not() {
        assert!(refusal(500, None, "").is_lost());
        assert!(refusal(500, Some("InternalError"), "").is_lost());
        assert!(!refusal(503, Some("ServerBusy"), "").is_lost());
        assert!(!refusal(404, Some("QueueNotFound"), "").is_lost());
        for (kind, lost, again) in [
            (SdkErrorKind::Connection, false, true),
            (SdkErrorKind::Io, true, true),
            (SdkErrorKind::DataConversion, true, true),
            (SdkErrorKind::Credential, false, false),
            (SdkErrorKind::Other, false, false),
        ] {
            let ending = Ending::of(&azure_core::Error::with_message(kind.clone(), "words"));
            assert_eq!((ending.is_lost(), ending.may_pass()), (lost, again), "{kind}");
        }
    }

    #[test]
    fn causes_are_told_once_each() {
        let error = azure_core::Error::with_message(SdkErrorKind::Credential, "no\nmore").with_context("outer");
        assert_eq!(words(&error), "outer: no");
    }
}
