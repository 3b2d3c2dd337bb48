//! What was answered, as it is kept.

use std::fmt;

use bytes::Bytes;

/// The headers that are kept unless others are named.
const USUAL: [&str; 9] = [
    "cache-control",
    "content-disposition",
    "content-language",
    "content-type",
    "etag",
    "last-modified",
    "link",
    "location",
    "retry-after",
];

/// Headers that tell of one connection, one caller or one moment: never kept.
const NEVER: [&str; 8] = [
    "authorization",
    "connection",
    "content-length",
    "date",
    "proxy-authorization",
    "set-cookie",
    "te",
    "transfer-encoding",
];

/// The headers of an answer that are kept with it; all others are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptHeaders(Vec<String>);

impl KeptHeaders {
    /// Another one. A name that must not be kept, as `set-cookie`, is passed over.
    #[must_use]
    pub fn and(mut self, name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        if !NEVER.contains(&name.as_str()) && !self.0.contains(&name) {
            self.0.push(name);
        }
        self
    }

    /// Whether this one is kept, in whatever case it is written.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|kept| kept.eq_ignore_ascii_case(name))
    }
}

impl Default for KeptHeaders {
    /// What describes the answer: its type, language, disposition, caching and retry advice, validators, location and links.
    fn default() -> Self {
        Self(USUAL.map(str::to_owned).into())
    }
}

/// The body of an answer that was kept.
#[derive(Clone, PartialEq, Eq)]
pub enum StoredBody {
    /// All of it.
    Kept(Bytes),
    /// The work was done and answered, but the body could not be kept, or is kept no longer: the work must not be done
    /// again, and its answer cannot be given again.
    Lost {
        /// How many bytes it had.
        length: u64,
    },
}

/// An answer, to be given again to whoever asks again.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredResponse {
    /// The status, as in HTTP; 204 for work that answers nothing.
    pub status: u16,
    /// Names, in lower case, and values of the headers kept, in their order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: StoredBody,
}

impl StoredResponse {
    /// An answer without headers.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: Vec::new(), body: StoredBody::Kept(body.into()) }
    }

    /// That of work which answers nothing, as of an event.
    pub fn done() -> Self {
        Self::new(204, Bytes::new())
    }

    /// With those of these headers that are to be kept.
    #[must_use]
    pub fn with_headers<'a>(
        mut self,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        kept: &KeptHeaders,
    ) -> Self {
        let headers = headers.into_iter().filter(|(name, _)| kept.contains(name));
        self.headers.extend(headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())));
        self
    }

    /// The body, if it was kept.
    pub fn bytes(&self) -> Option<&Bytes> {
        match &self.body {
            StoredBody::Kept(bytes) => Some(bytes),
            StoredBody::Lost { .. } => None,
        }
    }
}

impl fmt::Debug for StoredBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept(bytes) => write!(f, "Kept({} bytes)", bytes.len()),
            Self::Lost { length } => write!(f, "Lost({length} bytes)"),
        }
    }
}

impl fmt::Debug for StoredResponse {
    /// Headers and bodies may hold personal data: only names and sizes are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        write!(f, "StoredResponse({}, {names:?}, {:?})", self.status, self.body)
    }
}

/// What becomes of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnError {
    /// The claim is released, and whoever asks again tries anew.
    #[default]
    Release,
    /// A failure of the caller (4xx) is kept and replayed, save those that ask to come again (408, 409, 425, 429); any
    /// other is released.
    StoreTerminal,
    /// Every failure is kept and replayed.
    StoreAll,
}

impl OnError {
    /// Whether a failure of this status is kept.
    pub fn keeps(self, status: u16) -> bool {
        match self {
            Self::Release => false,
            Self::StoreTerminal => (400..500).contains(&status) && !matches!(status, 408 | 409 | 425 | 429),
            Self::StoreAll => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_headers_are_kept() {
        let headers =
            [("Content-Type", "text/plain"), ("Set-Cookie", "s3cret"), ("X-Total", "3"), ("Link", "a"), ("Link", "b")];
        let kept = StoredResponse::new(200, "s3cret").with_headers(headers, &KeptHeaders::default());
        let names =
            |response: &StoredResponse| response.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&kept), ["content-type", "link", "link"]);
        let more = KeptHeaders::default().and("X-Total").and("Set-Cookie");
        assert_eq!(
            names(&StoredResponse::done().with_headers(headers, &more)),
            ["content-type", "x-total", "link", "link"]
        );
        assert!(!format!("{kept:?}").contains("s3cret"));
    }

    #[test]
    fn failures_are_kept_as_was_chosen() {
        let kept = |on_error: OnError| [400, 404, 409, 422, 429, 500, 503].map(|status| on_error.keeps(status));
        assert_eq!(kept(OnError::default()), [false; 7]);
        assert_eq!(kept(OnError::StoreTerminal), [true, true, false, true, false, false, false]);
        assert_eq!(kept(OnError::StoreAll), [true; 7]);
    }
}
