//! What can be set.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use anyport_ports::outbound::MAX_RESPONSE_BYTES;
use anyport_ports::{Error, Result, ServiceName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The services that a workload calls, and how.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HttpSettings {
    /// The services, by their names.
    #[schemars(with = "BTreeMap<String, ServiceSettings>")]
    pub services: BTreeMap<ServiceName, ServiceSettings>,
    /// The proxy that all calls go through: `http://proxy.internal:3128`. Default: none, whatever the environment says.
    pub proxy: Option<String>,
}

impl HttpSettings {
    /// With this service.
    #[must_use]
    pub fn service(mut self, name: ServiceName, settings: ServiceSettings) -> Self {
        self.services.insert(name, settings);
        self
    }
}

impl fmt::Debug for HttpSettings {
    /// The proxy's URL may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings").field("services", &self.services).finish_non_exhaustive()
    }
}

/// Where a service is, and how it is called.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ServiceSettings {
    /// What its paths are appended to: `https://payments.example/v1`.
    pub url: String,
    /// How long a call may take, all attempts together, if the caller's deadline is not sooner. Default 10 s.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "String")]
    pub timeout: Duration,
    /// How long one attempt may take. Default 5 s.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "String")]
    pub attempt_timeout: Duration,
    /// Attempts of one call, the first included: 1 to 10. Default 3.
    pub attempts: u32,
    /// The first pause before a retry, at most; each later one is twice as long. Default 100 ms.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "String")]
    pub pause: Duration,
    /// The longest pause, unless the service asks for a longer one. Default 2 s.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "String")]
    pub longest_pause: Duration,
    /// The share of calls, in percent, that may be retries: 0 to 100. Default 20.
    pub retry_percent: u8,
    /// Retries each second beyond that share, for a service that is called seldom. Default 1.
    pub retries_per_second: u32,
    /// The largest response that is read, in bytes: at most 8 MiB, the default.
    pub max_response_bytes: usize,
    /// When it is not called for a while.
    pub breaker: BreakerSettings,
}

impl ServiceSettings {
    /// A service at this URL, called as by default.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Refuses settings that make no sense, by the name of the service that they are for.
    pub(crate) fn check(&self, service: &str) -> Result<()> {
        const HOUR: Duration = Duration::from_hours(1);
        let positive = Duration::from_millis(1)..=HOUR;
        let durations = [
            ("timeout", self.timeout, &positive),
            ("attempt_timeout", self.attempt_timeout, &positive),
            ("pause", self.pause, &positive),
            ("longest_pause", self.longest_pause, &positive),
            ("breaker.window", self.breaker.window, &(Duration::from_secs(1)..=HOUR)),
            ("breaker.pause", self.breaker.pause, &positive),
        ];
        for (field, value, allowed) in durations {
            within(service, field, &value, allowed)?;
        }
        within(service, "attempts", &self.attempts, &(1..=10))?;
        within(service, "retry_percent", &self.retry_percent, &(0..=100))?;
        within(service, "retries_per_second", &self.retries_per_second, &(0..=1000))?;
        within(service, "max_response_bytes", &self.max_response_bytes, &(1..=MAX_RESPONSE_BYTES))?;
        within(service, "breaker.failure_percent", &self.breaker.failure_percent, &(1..=100))?;
        within(service, "breaker.calls", &self.breaker.calls, &(1..=1_000_000))
    }
}

fn within<T: PartialOrd + fmt::Debug>(
    service: &str,
    field: &str,
    value: &T,
    allowed: &RangeInclusive<T>,
) -> Result<()> {
    if allowed.contains(value) {
        return Ok(());
    }
    Err(Error::invalid(format!("{field} of the service {service} is {value:?}: it must be in {allowed:?}")))
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            url: String::new(),
            timeout: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(5),
            attempts: 3,
            pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(2),
            retry_percent: 20,
            retries_per_second: 1,
            max_response_bytes: MAX_RESPONSE_BYTES,
            breaker: BreakerSettings::default(),
        }
    }
}

impl fmt::Debug for ServiceSettings {
    /// Somebody may have put a password into the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceSettings")
            .field("timeout", &self.timeout)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("attempts", &self.attempts)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}

/// When a service is not called for a while, and how long.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BreakerSettings {
    /// The share of attempts, in percent, that fail before it opens: 1 to 100. Default 50.
    pub failure_percent: u8,
    /// Attempts in the window before the share counts. Default 10.
    pub calls: u32,
    /// The time over which attempts are counted. Default 30 s.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "String")]
    pub window: Duration,
    /// How long nothing is sent before one call tries again. Default 5 s.
    #[serde(with = "humantime_serde")]
    #[schemars(with = "String")]
    pub pause: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failure_percent: 50, calls: 10, window: Duration::from_secs(30), pause: Duration::from_secs(5) }
    }
}
