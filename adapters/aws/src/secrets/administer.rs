//! The other side of Secrets Manager, for development and tests: putting secrets there, and taking away the right to
//! read one.

use anyport_ports::{Error, Result, SecretName};
use aws_sdk_secretsmanager::operation::create_secret::CreateSecretError;
use aws_sdk_secretsmanager::operation::put_resource_policy::PutResourcePolicyError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use aws_smithy_types::Blob;

use super::SecretsManager;
use crate::attempts::{Attempts, Repeat};
use crate::error;

const PUT: &str = "secrets.put";
const DENY: &str = "secrets.deny";

/// Nobody may read it, whatever their own policies allow. Who may change policies can still take this one away.
const NOBODY: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
]}"#;

impl SecretsManager {
    /// Puts a new current version of a secret, which is created if it is not there, and returns its identifier. Text is
    /// kept as text, anything else as bytes.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for an empty value, `PermissionDenied`, `Throttled`, `Unavailable`, `Indeterminate`.
    pub async fn put(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        if value.is_empty() {
            return Err(Error::invalid("Secrets Manager holds no empty secret").during(PUT, name));
        }
        match self.put_version(name, value).await? {
            Some(version) => Ok(version),
            None => self.create(name, value).await,
        }
    }

    /// Takes away everybody's right to read the secret, by a policy of the secret itself.
    ///
    /// # Errors
    ///
    /// `NotFound`, `PermissionDenied`, `Throttled`, `Unavailable`, `Indeterminate`.
    pub async fn deny(&self, name: &SecretName) -> Result<()> {
        let attempts = Attempts::of::<PutResourcePolicyError>(Repeat::Harmless);
        let config = aws_sdk_secretsmanager::Config::builder().interceptor(attempts.clone());
        let request = self.client.put_resource_policy().secret_id(self.name_of(name)).resource_policy(NOBODY);
        let answer = request.customize().config_override(config).send().await;
        answer.map(drop).map_err(|failure| attempts.judge(error::of(DENY, name, &failure)))
    }

    /// Puts a version of a secret that is there; `None` if it is not. The SDK gives the version its identifier, so that a
    /// repeated request puts the same one.
    async fn put_version(&self, name: &SecretName, value: &[u8]) -> Result<Option<String>> {
        let attempts = Attempts::of::<PutSecretValueError>(Repeat::Harmless);
        let config = aws_sdk_secretsmanager::Config::builder().interceptor(attempts.clone());
        let (text, binary) = text_or_binary(value);
        let request = self.client.put_secret_value().secret_id(self.name_of(name));
        let request = request.set_secret_string(text).set_secret_binary(binary);
        match request.customize().config_override(config).send().await {
            Ok(answer) => Ok(Some(answer.version_id.unwrap_or_default())),
            Err(failure)
                if failure.as_service_error().is_some_and(PutSecretValueError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(failure) => Err(attempts.judge(error::of(PUT, name, &failure))),
        }
    }

    async fn create(&self, name: &SecretName, value: &[u8]) -> Result<String> {
        let attempts = Attempts::of::<CreateSecretError>(Repeat::Harmless);
        let config = aws_sdk_secretsmanager::Config::builder().interceptor(attempts.clone());
        let (text, binary) = text_or_binary(value);
        let request = self.client.create_secret().name(self.name_of(name));
        let request = request.set_secret_string(text).set_secret_binary(binary);
        let answer = request.customize().config_override(config).send().await;
        let answer = answer.map_err(|failure| attempts.judge(error::of(PUT, name, &failure)))?;
        Ok(answer.version_id.unwrap_or_default())
    }
}

/// The value as text, if it is text, or as bytes.
fn text_or_binary(value: &[u8]) -> (Option<String>, Option<Blob>) {
    match std::str::from_utf8(value) {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => (None, Some(Blob::new(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_kept_as_text() {
        assert_eq!(text_or_binary(" é\n".as_bytes()), (Some(" é\n".to_owned()), None));
        assert_eq!(text_or_binary(&[0xff]), (None, Some(Blob::new([0xff]))));
    }
}
