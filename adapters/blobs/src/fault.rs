//! What became of one request: it was not made, not answered, or refused.

use std::error::Error as StdError;
use std::fmt;

use anyport_ports::{Error, ErrorKind};
use object_store::client::HttpError;
use serde::Deserialize;

/// A request that failed, as the error that `object_store` passes up.
#[derive(Debug)]
pub(crate) enum Fault {
    /// There are no credentials to sign it with; it was not made.
    Credentials(ErrorKind, object_store::Error),
    /// The store was not reached.
    NotReached(HttpError),
    /// It may have reached the store, and no whole answer came.
    Lost(HttpError),
    /// The store answered that it did not do it.
    Refused(Refusal),
}

/// A refusal as the store worded it.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Whether it answers a HEAD, and so has no body to hold a code; Azure has one in a header too.
    #[cfg_attr(not(any(feature = "s3", feature = "gcs")), allow(dead_code, reason = "Azure always tells its code"))]
    pub(crate) to_head: bool,
    /// The store's code, where the answer had a body.
    pub(crate) code: String,
    /// The store's message, where the answer had a body.
    pub(crate) message: String,
}

/// The body of a refusal: S3, Azure and Google Cloud Storage write the same.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Refusal {
    /// What an answer of this status and body says.
    pub(crate) fn parse(status: u16, to_head: bool, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let Body { code, message } =
            quick_xml::de::from_str(&text).unwrap_or(Body { code: String::new(), message: String::new() });
        // Azure goes on with the request's id and the time, on lines of their own.
        let message = message.lines().next().unwrap_or_default().to_owned();
        Self { status, to_head, code, message }
    }

    /// As the error of a request.
    pub(crate) fn into_error(self) -> object_store::Error {
        Fault::Refused(self).into_error()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credentials(_, error) => write!(f, "no credentials: {error}"),
            Self::NotReached(error) => write!(f, "the store is not reached: {error}"),
            Self::Lost(error) => write!(f, "no answer: {error}"),
            Self::Refused(refusal) => write!(f, "{refusal}"),
        }
    }
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Credentials(_, error) => Some(error),
            Self::NotReached(error) | Self::Lost(error) => Some(error),
            Self::Refused(_) => None,
        }
    }
}

impl Fault {
    /// As the error of a request.
    pub(crate) fn into_error(self) -> object_store::Error {
        object_store::Error::Generic { store: "object store", source: Box::new(self) }
    }
}

/// What a failed request means for who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It was not done, and asking again is of no use.
    Refused(ErrorKind),
    /// It was not done, since the bucket is not there.
    NoBucket,
    /// It was not done, since the bucket is in another region than was asked.
    #[cfg_attr(not(feature = "s3"), allow(dead_code, reason = "S3 alone has regions of its own for buckets"))]
    Elsewhere,
    /// It was not done, and asking again may help.
    NotDone(ErrorKind),
    /// It may have been done, and asking again may help.
    Unknown,
    /// It was answered with success, in a way that cannot be read.
    Unreadable,
}

/// A provider's table from its statuses and codes to what they mean.
pub(crate) type Table = fn(&Refusal) -> Meaning;

/// What the error of a request means.
pub(crate) fn meaning(error: &object_store::Error, table: Table) -> Meaning {
    match cause(error) {
        Cause::Fault(Fault::Credentials(ErrorKind::Unauthenticated, _)) => Meaning::Refused(ErrorKind::Unauthenticated),
        Cause::Fault(Fault::Credentials(kind, _)) => Meaning::NotDone(*kind),
        Cause::Fault(Fault::NotReached(_)) => Meaning::NotDone(ErrorKind::Unavailable),
        Cause::Fault(Fault::Lost(_)) | Cause::BrokenOff => Meaning::Unknown,
        Cause::Fault(Fault::Refused(refusal)) => table(refusal),
        Cause::Other => Meaning::Unreadable,
    }
}

/// The store's refusal, if the error is one.
pub(crate) fn refusal(error: &object_store::Error) -> Option<&Refusal> {
    match cause(error) {
        Cause::Fault(Fault::Refused(refusal)) => Some(refusal),
        _ => None,
    }
}

/// What the error of a request means, and how to tell it.
pub(crate) fn judge(error: object_store::Error, table: Table) -> (Meaning, Error) {
    let meaning = meaning(&error, table);
    let kind = match meaning {
        Meaning::Refused(kind) | Meaning::NotDone(kind) => kind,
        Meaning::NoBucket => ErrorKind::NotFound,
        Meaning::Elsewhere => ErrorKind::InvalidInput,
        Meaning::Unknown => ErrorKind::Unavailable,
        Meaning::Unreadable => ErrorKind::Internal,
    };
    let message = match cause(&error) {
        _ if meaning == Meaning::NoBucket => "the bucket does not exist: provision it first".to_owned(),
        Cause::Fault(fault) if meaning == Meaning::Elsewhere => {
            format!(
                "the bucket is in another region: set the region, or the endpoint, that it is in ({})",
                advice(fault)
            )
        }
        Cause::Fault(fault) => advice(fault),
        Cause::BrokenOff => "the store's answer broke off".to_owned(),
        Cause::Other => "the store's answer is not understood".to_owned(),
    };
    (meaning, Error::new(kind, message).caused_by(error))
}

/// What lies at the bottom of an error of `object_store`.
enum Cause<'a> {
    Fault(&'a Fault),
    /// Of a body: the errors of requests hold a fault.
    BrokenOff,
    Other,
}

fn cause(error: &object_store::Error) -> Cause<'_> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    let mut found = Cause::Other;
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<Fault>() {
            return Cause::Fault(fault);
        }
        if error.is::<HttpError>() {
            found = Cause::BrokenOff;
        }
        next = error.source();
    }
    found
}

/// What a user can make of it.
fn advice(fault: &Fault) -> String {
    match fault {
        Fault::Credentials(ErrorKind::Unauthenticated, _) => {
            "there are no credentials: give them in the environment, or run with a role".to_owned()
        }
        Fault::Credentials(..) => "who gives the credentials did not answer".to_owned(),
        Fault::NotReached(_) => "the store is not reached: check its endpoint and the network".to_owned(),
        Fault::Lost(_) => "the store did not answer".to_owned(),
        Fault::Refused(refusal) => refusal.to_string(),
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.as_str(), self.message.as_str()) {
            ("", "") => write!(f, "the store answered with status {}", self.status),
            (code, "") => write!(f, "the store answered {code}"),
            (code, message) => write!(f, "the store answered {code}: {message}"),
        }
    }
}
