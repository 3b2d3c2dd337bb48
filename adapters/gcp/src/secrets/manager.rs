//! Reading secrets.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyport_ports::secrets::{Secret, SecretValue, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use async_trait::async_trait;
use google_cloud_gax::error::rpc::Code;
use google_cloud_gax::options::RequestOptionsBuilder as _;
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_secretmanager_v1::client::SecretManagerService;
use google_cloud_secretmanager_v1::model::AccessSecretVersionResponse;

use super::crc32c;
use crate::access::{Access, Service, ServiceSettings, variable};
use crate::error::Failure;
use crate::error::attempts::{Ended, run};

const GET: &str = "secrets.get";

const SECRET_MANAGER: Service =
    Service { emulator: "SECRET_MANAGER_EMULATOR_HOST", url: "https://secretmanager.googleapis.com" };

/// Longest name of a secret, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// Secrets in Secret Manager: the secret `api-key` is called `{prefix}api-key` there, and its versions are the service's
/// numbers. Values are any bytes up to 64 KiB. Of a version that was disabled or destroyed no value is left to give: it is
/// `NotFound`, as one that never was. Clones share connections.
#[derive(Clone)]
pub struct SecretManager {
    access: Access,
    pub(super) client: SecretManagerService,
}

impl SecretManager {
    /// Finds project and credentials.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if no project is set anywhere or the prefix is no prefix; `Unauthenticated` if there are no
    /// credentials.
    pub async fn connect(settings: &ServiceSettings) -> Result<Self> {
        let access = Access::find(settings, &SECRET_MANAGER, variable)?;
        let client = SecretManagerService::builder()
            .with_endpoint(access.endpoint.clone())
            .with_credentials(access.credentials.clone())
            // It tells only the last of its failures.
            .with_retry_policy(NeverRetry)
            .build()
            .await
            .map_err(|error| Failure::of_builder(error).told(GET, "Secret Manager"))?;
        Ok(Self { access, client })
    }

    /// The project, by its full name.
    pub(super) fn project(&self) -> String {
        format!("projects/{}", self.access.project)
    }

    /// What the secret is called within the project.
    pub(super) fn id_of(&self, name: &SecretName) -> String {
        self.access.naming.of(name.as_str(), MAX_NAME_BYTES)
    }

    /// The full name of the secret: `projects/shop/secrets/prod-api-key`.
    pub fn name_of(&self, name: &SecretName) -> String {
        format!("{}/secrets/{}", self.project(), self.id_of(name))
    }
}

impl fmt::Debug for SecretManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretManager").field("access", &self.access).finish_non_exhaustive()
    }
}

#[async_trait]
impl Secrets for SecretManager {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let version = match version {
            SecretVersion::Latest => "latest",
            SecretVersion::Pinned(number) if is_number(number) => number,
            // Anything else would be taken for an alias, which moves, or for a malformed name.
            SecretVersion::Pinned(_) => return Err(no_version(name)),
        };
        let full = &format!("{}/versions/{version}", self.name_of(name));
        let answer: Result<AccessSecretVersionResponse, Ended> = run(Duration::ZERO, |time| async move {
            let request = self.client.access_secret_version().set_name(full).with_attempt_timeout(time);
            request.send().await.map_err(|error| Failure::of_client(Arc::new(error)))
        })
        .await;
        match answer {
            Ok(answer) => secret(answer).map_err(|error| error.during(GET, name)),
            Err(ended) if ended.failure.code() == Some(Code::FailedPrecondition) => Err(no_version(name)),
            Err(ended) => Err(ended.failure.told(GET, name)),
        }
    }
}

fn no_version(name: &SecretName) -> Error {
    let message = "the secret has no such version, or it was disabled or destroyed";
    Error::new(ErrorKind::NotFound, message).during(GET, name)
}

/// Whether this is a version as the service writes it.
fn is_number(version: &str) -> bool {
    version.parse::<u64>().is_ok_and(|number| number > 0 && number.to_string() == version)
}

fn secret(answer: AccessSecretVersionResponse) -> Result<Secret> {
    let Some(payload) = answer.payload else {
        return Err(Error::new(ErrorKind::Internal, "the service's answer holds no value"));
    };
    let sum = payload.data_crc32c;
    if sum.is_some_and(|sum| sum != i64::from(crc32c::checksum(&payload.data))) {
        // As if it had been cut: another answer may be whole.
        let message = "the value does not have the checksum that came with it: it was altered on its way";
        return Err(Error::new(ErrorKind::Unavailable, message));
    }
    let version = answer.name.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Secret { value: SecretValue::new(payload.data), version })
}

#[cfg(test)]
mod tests {
    use google_cloud_secretmanager_v1::model::SecretPayload;

    use super::*;

    fn answer(data: &'static [u8], sum: Option<i64>) -> AccessSecretVersionResponse {
        let payload = SecretPayload::new().set_data(data).set_or_clear_data_crc32c(sum);
        AccessSecretVersionResponse::new().set_name("projects/1/secrets/key/versions/7").set_payload(payload)
    }

    #[test]
    fn a_value_is_checked_where_it_can_be() {
        for sum in [None, Some(0xe306_9283)] {
            let secret = secret(answer(b"123456789", sum)).unwrap();
            assert_eq!((secret.value.expose(), secret.version.as_str()), (&b"123456789"[..], "7"));
        }
        let error = secret(answer(b"123456780", Some(0xe306_9283))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(!format!("{error:?}").contains("12345678"));
        assert_eq!(secret(AccessSecretVersionResponse::new()).unwrap_err().kind(), ErrorKind::Internal);
    }

    #[test]
    fn only_numbers_pin_a_version() {
        assert!(is_number("1") && is_number("18446744073709551615"));
        for other in ["", "0", "01", "+1", "latest", "1/versions/2", "no version", "18446744073709551616"] {
            assert!(!is_number(other), "{other}");
        }
    }
}
