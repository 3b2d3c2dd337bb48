//! What calls a new function, as the command line says it.

use anyhow::{Context as _, bail, ensure};
use anyport_ports::Name;

/// What calls a function.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// Requests.
    Http { method: String, path: String, parameters: Vec<String> },
    /// Messages.
    Subscription { topic: String, name: String },
    /// The clock.
    Schedule { cron: String },
    /// New blobs.
    Blob { bucket: String, prefix: String },
    /// Changes of documents.
    Changes { collection: String },
}

/// The methods that a function can be called by.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

impl Trigger {
    /// `POST /api/users/{id}`.
    pub(super) fn http(method: &str, path: &str) -> anyhow::Result<Self> {
        let method = method.to_ascii_uppercase();
        ensure!(METHODS.contains(&method.as_str()), "{method} is no method: it is one of {}", METHODS.join(", "));
        ensure!(path.starts_with('/'), "the path {path:?} must begin with '/'");
        ensure!(path.is_ascii() && !path.contains(['?', '#', ' ', '"', '\\']), "{path:?} is not the path of a route");
        let mut parameters: Vec<String> = Vec::new();
        for segment in path.split('/') {
            let Some(parameter) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
                ensure!(
                    !segment.contains(['{', '}']),
                    "{segment:?}: a parameter takes a whole segment, as in /users/{{id}}"
                );
                continue;
            };
            let plain =
                parameter.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            let named = plain && parameter.starts_with(|first: char| first.is_ascii_lowercase()) && parameter != "name";
            ensure!(named, "{parameter:?} cannot name a parameter: a-z, 0-9 and '_', and not \"name\"");
            ensure!(!parameters.iter().any(|other| other == parameter), "the path has {{{parameter}}} twice");
            parameters.push(parameter.to_owned());
        }
        Ok(Self::Http { method, path: path.to_owned(), parameters })
    }

    /// `topic/subscription`.
    pub(super) fn subscription(text: &str) -> anyhow::Result<Self> {
        let (topic, name) = text.split_once('/').context("write it as TOPIC/SUBSCRIPTION: user-events/mail")?;
        resource("topic", topic)?;
        resource("subscription", name)?;
        Ok(Self::Subscription { topic: topic.to_owned(), name: name.to_owned() })
    }

    /// A cron pattern of five or six fields.
    pub(super) fn schedule(cron: &str) -> anyhow::Result<Self> {
        let fields = cron.split_whitespace().count();
        ensure!(
            (5..=6).contains(&fields),
            "{cron:?} has {fields} fields: a cron pattern has five, or six with seconds in front"
        );
        ensure!(!cron.contains(['"', '\\']), "{cron:?} is no cron pattern");
        Ok(Self::Schedule { cron: cron.to_owned() })
    }

    /// `bucket/prefix`.
    pub(super) fn blob(text: &str) -> anyhow::Result<Self> {
        let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
        resource("bucket", bucket)?;
        if prefix.contains(['"', '\\']) || prefix.chars().any(char::is_control) {
            bail!("{prefix:?} is not what names of blobs begin with");
        }
        Ok(Self::Blob { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }

    /// A collection.
    pub(super) fn changes(collection: &str) -> anyhow::Result<Self> {
        resource("collection", collection)?;
        Ok(Self::Changes { collection: collection.to_owned() })
    }
}

fn resource(what: &str, name: &str) -> anyhow::Result<()> {
    Name::new(name).map(drop).map_err(|error| anyhow::anyhow!("the {what}: {}", error.message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_and_bad_ones_refused() {
        let Trigger::Http { method, parameters, .. } =
            Trigger::http("post", "/api/users/{user_id}/orders/{order}").unwrap()
        else {
            panic!("a route")
        };
        assert_eq!((method.as_str(), parameters), ("POST", vec!["user_id".to_owned(), "order".to_owned()]));
        for (method, path) in
            [("FETCH", "/a"), ("GET", "a"), ("GET", "/a{b}"), ("GET", "/{b}/{b}"), ("GET", "/{B}"), ("GET", "/{name}")]
        {
            assert!(Trigger::http(method, path).is_err(), "{method} {path}");
        }
    }

    #[test]
    fn resources_have_names_that_every_provider_takes() {
        assert!(Trigger::subscription("user-events/mail").is_ok() && Trigger::subscription("user-events").is_err());
        assert!(
            Trigger::blob("uploads/csv/").is_ok() && Trigger::blob("uploads").is_ok() && Trigger::blob("U/x").is_err()
        );
        assert!(Trigger::schedule("0 3 * * *").is_ok() && Trigger::schedule("daily").is_err());
        assert!(Trigger::changes("notes").is_ok() && Trigger::changes("No").is_err());
    }
}
