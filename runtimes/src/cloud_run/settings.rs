//! The settings of the host.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// From SIGTERM to SIGKILL.
const KILLED_AFTER: Duration = Duration::from_secs(10);

/// What is left of that to what comes after the drain: telemetry.
pub(super) const AFTER_DRAIN: Duration = Duration::from_secs(1);

/// Longest timeout that Cloud Run has for requests.
const LONGEST_REQUEST: Duration = Duration::from_hours(1);

/// How functions run on Cloud Run. Durations are written as text: `30s`, `500ms`, `1h`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CloudRunSettings {
    /// What the names of topics, subscriptions and buckets begin with: `staging-`. Default: nothing.
    pub prefix: String,
    /// The address that is listened on, at the port that `PORT` tells (8080 without it). Default `0.0.0.0`, which is where
    /// Cloud Run looks for the container.
    #[schemars(with = "String")]
    pub bind: IpAddr,
    /// How long requests in flight may take to end after SIGTERM, at most 9 s: Cloud Run kills the container after 10 s.
    /// Default 8 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub grace: Duration,
    /// The timeout of requests that the service has on Cloud Run, at most 1 h. Default 300 s, which is Cloud Run's own.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub request_timeout: Duration,
    /// How long before that a function is stopped, so that its answer is still sent; a fifth of the timeout if that is less.
    /// Default 500 ms.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub deadline_margin: Duration,
    /// How long a connection may take to send the head of a request. Default 10 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub header_timeout: Duration,
    /// How long a body may take to arrive. Default 30 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub body_timeout: Duration,
    /// Most connections at once; others wait to be accepted. Default 1,024.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_connections: u32,
    /// The pause before a failed event is tried again that is asked for; it doubles with each attempt. Default 1 s.
    #[serde(with = "crate::duration")]
    #[schemars(schema_with = "crate::duration::schema")]
    pub retry_base: Duration,
    /// Who keeps messages that can never be done. Default `host`.
    pub settlement: Settlement,
    /// Whether the service has its CPU between requests as well (instance-based billing), so that answers need not wait for
    /// telemetry. Default false.
    pub cpu_always_allocated: bool,
    /// Who may push events here.
    pub push: PushSettings,
}

/// Who keeps messages that can never be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// The subscription, by its dead-letter policy: they are not acknowledged, until it gives them up. Those of a subscription
    /// without such a policy, which would come again for days, are put on record in the runtime's collection, and
    /// acknowledged.
    #[default]
    Host,
    /// The adapter for Google Cloud, which must be the one that carries messages: they go to the dead letters at once.
    GcpAdapter,
}

/// Who may push events to the functions that events call. Durations are written as text: `30s`, `1h`.
///
/// ```toml
/// [cloud_run.push]
/// audience = ["https://storefront-abcdef-ew.a.run.app"]
/// service_accounts = ["pusher@my-project.iam.gserviceaccount.com"]
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PushSettings {
    /// Who checks the signatures of tokens. Default `token`: this process does.
    pub verified_by: VerifiedBy,
    /// Whom tokens must be for: what push subscriptions, triggers, jobs and queues have as the audience.
    pub audience: Vec<String>,
    /// The e-mail addresses of the service accounts that may push.
    pub service_accounts: Vec<String>,
    /// Where Google's keys are, instead of where Google has them. For tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// A file that holds them instead, a JSON Web Key Set. For tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_file: Option<PathBuf>,
    /// The keys themselves. For tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// The origins of senders of CloudEvents that are let in when they ask (`WebHook-Request-Origin`); `*` is any. They need a
    /// token all the same. Default: none.
    pub allowed_origins: Vec<String>,
    /// Names of functions that are no more: who sends them CloudEvents is told to stop, by 410.
    pub retired: Vec<String>,
}

/// Who checks the signatures of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerifiedBy {
    /// This process. A token without its signature is refused.
    #[default]
    Token,
    /// Cloud Run, by the IAM policy of the service, which then must let nobody in without a token: it replaces the signature
    /// by `SIGNATURE_REMOVED_BY_GOOGLE`. Issuer, audience, account and time are checked here all the same, and so is a
    /// signature that is there.
    Platform,
}

impl Default for CloudRunSettings {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            bind: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            grace: Duration::from_secs(8),
            request_timeout: Duration::from_mins(5),
            deadline_margin: Duration::from_millis(500),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            max_connections: 1024,
            retry_base: Duration::from_secs(1),
            settlement: Settlement::Host,
            cpu_always_allocated: false,
            push: PushSettings::default(),
        }
    }
}

impl CloudRunSettings {
    /// Everything that is wrong with what no schema tells of, in words.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let text = humantime::format_duration;
        let longest = KILLED_AFTER.saturating_sub(AFTER_DRAIN);
        if self.grace > longest {
            problems.push(format!(
                "grace is {}: at most {}, since the container is killed soon after",
                text(self.grace),
                text(longest)
            ));
        }
        if self.request_timeout.is_zero() || self.request_timeout > LONGEST_REQUEST {
            let most = text(LONGEST_REQUEST);
            problems.push(format!(
                "request_timeout is {}: more than nothing, and at most {most}",
                text(self.request_timeout)
            ));
        }
        problems
    }

    /// How long a function may take, so that its answer is still sent.
    pub(super) fn time_of_calls(&self) -> Duration {
        self.request_timeout.saturating_sub(self.deadline_margin.min(self.request_timeout / 5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_platform() {
        let settings = CloudRunSettings::default();
        assert_eq!((settings.bind.to_string().as_str(), settings.request_timeout), ("0.0.0.0", Duration::from_mins(5)));
        assert_eq!(settings.time_of_calls(), Duration::from_millis(299_500));
        assert!(settings.problems().is_empty());
        let short = CloudRunSettings { request_timeout: Duration::from_secs(1), ..settings.clone() };
        assert_eq!(short.time_of_calls(), Duration::from_millis(800), "not half of so little");
        let read: CloudRunSettings = serde_json::from_value(serde_json::to_value(&settings).unwrap()).unwrap();
        assert_eq!(read, settings);
    }

    #[test]
    fn what_the_platform_would_cut_off_is_refused() {
        let grace = Duration::from_secs(10);
        let settings = CloudRunSettings { grace, request_timeout: Duration::ZERO, ..CloudRunSettings::default() };
        let problems = settings.problems();
        assert!(
            problems[0].starts_with("grace is 10s") && problems[1].starts_with("request_timeout is 0s"),
            "{problems:?}"
        );
    }
}
