//! Functions whose work is done once, however often it is asked for.

use std::time::Duration;

use anyport_ports::idempotency::{KeptHeaders, Lease, OnError, Retention};
use serde::{Deserialize, Serialize};

/// How a function is idempotent.
///
/// | trigger | the key | what must be the same under it |
/// |---|---|---|
/// | HTTP | the header `Idempotency-Key`, of the caller who sent it | path, query, `If-Match` and body |
/// | subscription | the message's `source` and `id` | its type and data |
/// | schedule | the slot | |
///
/// What was done is answered again from a record; see [`anyport_ports::idempotency`] for what that promises, and what not.
///
/// ```
/// # use std::time::Duration;
/// # use anyport_runtimes::{Function, Idempotent, Method, NoContent};
/// # async fn pay() -> Result<NoContent, anyport_ports::Error> { Ok(NoContent) }
/// let pay = Function::http("pay-order", Method::POST, "/payments", pay)
///     .idempotent(Idempotent::required().ttl(Duration::from_hours(48)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotent {
    pub(crate) required: bool,
    pub(crate) ttl: Duration,
    pub(crate) lease: Duration,
    pub(crate) on_error: OnError,
    pub(crate) strict: bool,
    pub(crate) fails_open: bool,
    pub(crate) tenant_claim: Option<String>,
    pub(crate) kept: KeptHeaders,
}

/// How a function is idempotent, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotentManifest {
    /// Whether a request without a key is refused.
    pub required: bool,
    /// How long answers are kept.
    #[serde(with = "crate::duration")]
    pub ttl: Duration,
    /// How long one who does the work may be silent, where the host does not end it by then.
    #[serde(with = "crate::duration")]
    pub lease: Duration,
    /// What becomes of failures: `release`, `store_terminal` or `store_all`.
    pub on_error: String,
}

impl Idempotent {
    /// Every request must have a key: one without is 400.
    pub fn required() -> Self {
        Self {
            required: true,
            ttl: Duration::from_hours(24),
            lease: Duration::from_secs(30),
            on_error: OnError::default(),
            strict: false,
            fails_open: false,
            tenant_claim: None,
            kept: KeptHeaders::default(),
        }
    }

    /// A request without a key is carried out each time it comes. Messages and slots always have one.
    pub fn optional() -> Self {
        Self { required: false, ..Self::required() }
    }

    /// How long answers are kept and given again. Default 24 h; 1 ms to 400 days.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// How long one who does the work may be silent before another does it, where the host does not end it by its
    /// deadline; the lease is renewed while the handler runs. Default 30 s; 1 ms to 24 h.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// What becomes of a failure. By default it is not kept, and the next request under the key tries anew.
    #[must_use]
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.on_error = on_error;
        self
    }

    /// Takes keys in double quotes alone, as structured fields ask for (RFC 9651). By default a bare token is taken as well.
    #[must_use]
    pub fn strict_keys(mut self) -> Self {
        self.strict = true;
        self
    }

    /// While the store cannot be reached the handler runs all the same, and may run twice. By default the call is refused:
    /// 503, or later.
    #[must_use]
    pub fn open_while_unavailable(mut self) -> Self {
        self.fails_open = true;
        self
    }

    /// All callers with the same value of this claim share their keys. By default each caller has keys of its own; what has
    /// no callers shares them among all.
    #[must_use]
    pub fn per_claim(mut self, claim: impl Into<String>) -> Self {
        self.tenant_claim = Some(claim.into());
        self
    }

    /// Keeps this header of answers too. By default those are kept that describe the answer, such as `content-type`,
    /// `location` and `etag`.
    #[must_use]
    pub fn keeping_header(mut self, name: &str) -> Self {
        self.kept = self.kept.and(name);
        self
    }

    /// What is wrong with these settings, in words.
    pub(crate) fn problems(&self) -> Vec<String> {
        let retention = Retention::new(self.ttl).err().map(|error| error.message().to_owned());
        let lease = Lease::new(self.lease).err().map(|error| error.message().to_owned());
        retention.into_iter().chain(lease).map(|problem| format!("it cannot be idempotent: {problem}")).collect()
    }

    pub(crate) fn manifest(&self) -> IdempotentManifest {
        let on_error = match self.on_error {
            OnError::Release => "release",
            OnError::StoreTerminal => "store_terminal",
            OnError::StoreAll => "store_all",
        };
        let on_error = on_error.to_owned();
        IdempotentManifest { required: self.required, ttl: self.ttl, lease: self.lease, on_error }
    }
}
