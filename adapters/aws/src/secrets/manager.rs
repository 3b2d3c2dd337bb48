//! Secrets in Secrets Manager.

use std::fmt;

use anyport_ports::secrets::{Secret, SecretValue, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use async_trait::async_trait;
use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use bytes::Bytes;

use crate::connection::Aws;
use crate::error;

const GET: &str = "secrets.get";

/// Longest name of a secret.
const MAX_NAME_BYTES: usize = 512;

/// How long a version's identifier is. Asked for another, the service speaks of a malformed request.
const VERSION_LENGTH: std::ops::RangeInclusive<usize> = 32..=64;

/// Secrets in Secrets Manager. The secret `api-key` is called `{prefix}api-key`; its current version is the one with the
/// stage `AWSCURRENT`, and a version is pinned by its `VersionId`. Text and binary secrets come as their bytes.
///
/// Secrets Manager deletes versions without a stage once there are more than a hundred: a pinned version stays readable
/// after a rotation, not for ever. A secret scheduled for deletion is `NotFound`.
#[derive(Clone)]
pub struct SecretsManager {
    aws: Aws,
    pub(super) client: aws_sdk_secretsmanager::Client,
}

impl SecretsManager {
    /// What the secret is called.
    pub(super) fn name_of(&self, name: &SecretName) -> String {
        self.aws.naming().of(name.as_str(), MAX_NAME_BYTES)
    }
}

impl Aws {
    /// Secrets in Secrets Manager.
    pub fn secrets(&self) -> SecretsManager {
        SecretsManager { aws: self.clone(), client: aws_sdk_secretsmanager::Client::new(self.sdk()) }
    }
}

impl fmt::Debug for SecretsManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsManager").field("aws", &self.aws).finish_non_exhaustive()
    }
}

#[async_trait]
impl Secrets for SecretsManager {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let request = self.client.get_secret_value().secret_id(self.name_of(name));
        let request = match version {
            SecretVersion::Latest => request.version_stage("AWSCURRENT"),
            SecretVersion::Pinned(id) if VERSION_LENGTH.contains(&id.len()) => request.version_id(id),
            SecretVersion::Pinned(_) => return Err(no_version(name)),
        };
        match request.send().await {
            Ok(answer) => secret(answer).map_err(|error| error.during(GET, name)),
            Err(failure) if failure.as_service_error().is_some_and(is_gone) => {
                let message = "it is scheduled for deletion: restore it, or wait and create it anew";
                Err(Error::new(ErrorKind::NotFound, message).during(GET, name))
            }
            Err(failure) => Err(error::of(GET, name, &failure)),
        }
    }
}

fn no_version(name: &SecretName) -> Error {
    Error::new(ErrorKind::NotFound, "the secret has no such version").during(GET, name)
}

/// Whether the secret is on its way out: the one state in which a sound request to read it is "invalid".
fn is_gone(refusal: &GetSecretValueError) -> bool {
    refusal.is_invalid_request_exception()
        && refusal.message().is_some_and(|message| {
            message.contains("marked for deletion")
                || message.contains("marked deleted")
                || message.contains("scheduled for deletion")
        })
}

fn secret(answer: GetSecretValueOutput) -> Result<Secret> {
    let value = match (answer.secret_string, answer.secret_binary) {
        (Some(text), _) => Bytes::from(text),
        (None, Some(binary)) => Bytes::from(binary.into_inner()),
        (None, None) => return Err(Error::new(ErrorKind::Internal, "the service's answer holds no value")),
    };
    let version = answer.version_id.unwrap_or_default();
    Ok(Secret { value: SecretValue::new(value), version })
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::types::error::InvalidRequestException;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[test]
    fn text_and_binary_come_as_their_bytes() {
        let answer = GetSecretValueOutput::builder().version_id("v");
        let text = secret(answer.clone().secret_string(" é\n").build()).unwrap();
        assert_eq!((text.value.expose(), text.version.as_str()), (" é\n".as_bytes(), "v"));
        let binary = secret(answer.clone().secret_binary(aws_smithy_types::Blob::new([0, 0xff])).build()).unwrap();
        assert_eq!(binary.value.expose(), [0, 0xff]);
        assert_eq!(secret(answer.build()).unwrap_err().kind(), ErrorKind::Internal);
    }

    #[test]
    fn a_secret_on_its_way_out_is_told_from_other_invalid_requests() {
        let refusal = |message: &str| {
            let meta = ErrorMetadata::builder().message(message).build();
            GetSecretValueError::InvalidRequestException(InvalidRequestException::builder().meta(meta).build())
        };
        let marked = "You can't perform this operation on the secret because it was marked for deletion.";
        assert!(is_gone(&refusal(marked)));
        assert!(!is_gone(&refusal("You provided a VersionStage that is not associated to the provided VersionId.")));
    }
}
