//! Secrets in Systems Manager's Parameter Store.

use std::fmt;

use anyport_ports::secrets::{Secret, SecretValue, SecretVersion, Secrets};
use anyport_ports::{Error, ErrorKind, Result, SecretName};
use async_trait::async_trait;
use aws_sdk_ssm::types::Parameter;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;

use crate::connection::Aws;
use crate::error;

const GET: &str = "secrets.get";

/// Where the parameters stand: names of their own could begin with `aws` or `ssm`, which the service keeps for itself.
const PATH: &str = "/anyport/";

/// Longest name of a parameter below its path.
const MAX_NAME_BYTES: usize = 512;

/// Begins a value that is not the secret itself but its bytes in base64.
const ESCAPE: &str = "anyport:base64:";

/// Secrets in Parameter Store: cheaper than Secrets Manager, and narrower. The secret `api-key` is the parameter
/// `/anyport/{prefix}api-key`, a `SecureString`; its versions are numbers, of which the service keeps the last hundred.
///
/// **It does not keep the whole contract**, and so is no subject of its suite: SEC-GET-1 holds for values of any bytes, but
/// only up to what a parameter holds, which is text of 4 KiB, or 8 KiB in the advanced tier. What is no text stands there
/// in base64 behind `anyport:base64:`, which [`ParameterStore::text_of`] writes, and may have three quarters of that. The
/// service refuses what is larger when it is put there. A workload whose secrets may be larger needs [`SecretsManager`],
/// which holds 64 KiB. The other clauses are kept.
///
/// [`SecretsManager`]: crate::SecretsManager
#[derive(Clone)]
pub struct ParameterStore {
    aws: Aws,
    client: aws_sdk_ssm::Client,
}

impl Aws {
    /// Secrets in Parameter Store.
    pub fn parameter_store(&self) -> ParameterStore {
        ParameterStore { aws: self.clone(), client: aws_sdk_ssm::Client::new(self.sdk()) }
    }
}

impl ParameterStore {
    /// The text to put as a parameter's value so that it is read as these bytes: themselves if they are text, else escaped.
    pub fn text_of(value: &[u8]) -> String {
        match std::str::from_utf8(value) {
            // The service reads `{{` as a reference to another parameter.
            Ok(text) if is_plain(text) => text.to_owned(),
            _ => format!("{ESCAPE}{}", BASE64.encode(value)),
        }
    }
}

fn is_plain(text: &str) -> bool {
    let shown = |char: char| !char.is_control() || matches!(char, '\t' | '\n' | '\r');
    !text.starts_with(ESCAPE) && !text.contains("{{") && text.chars().all(shown) && text.trim() == text
}

impl fmt::Debug for ParameterStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParameterStore").field("aws", &self.aws).finish_non_exhaustive()
    }
}

#[async_trait]
impl Secrets for ParameterStore {
    async fn get(&self, name: &SecretName, version: &SecretVersion) -> Result<Secret> {
        let at = |error: Error| error.during(GET, name);
        let mut parameter = format!("{PATH}{}", self.aws.naming().of(name.as_str(), MAX_NAME_BYTES));
        if let SecretVersion::Pinned(number) = version {
            // Anything else behind the colon would be taken for a label, which moves, or for a malformed request.
            if number.parse::<u32>().map(|parsed| parsed.to_string()).as_ref() != Ok(number) {
                return Err(at(Error::new(ErrorKind::NotFound, "the secret has no such version")));
            }
            parameter = format!("{parameter}:{number}");
        }
        let answer = self.client.get_parameter().name(parameter).with_decryption(true).send().await;
        let answer = answer.map_err(|failure| error::of(GET, name, &failure))?;
        let found = answer.parameter.ok_or_else(|| Error::new(ErrorKind::Internal, "the answer holds no parameter"));
        secret(found.map_err(at)?).map_err(at)
    }
}

fn secret(parameter: Parameter) -> Result<Secret> {
    let version = parameter.version.to_string();
    let text = parameter.value.unwrap_or_default();
    let value = match text.strip_prefix(ESCAPE) {
        None => Bytes::from(text),
        Some(escaped) => Bytes::from(BASE64.decode(escaped).map_err(|_| {
            // The cause would show a byte of the value.
            Error::new(
                ErrorKind::Internal,
                format!("the parameter begins with {ESCAPE:?}, and what follows is no base64"),
            )
        })?),
    };
    Ok(Secret { value: SecretValue::new(value), version })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Secret> {
        secret(Parameter::builder().value(text).version(7).build())
    }

    #[test]
    fn any_bytes_come_back_and_text_reads_as_itself() {
        let values: [&[u8]; 8] = [
            b"plain",
            "Gr\u{fc}\u{df}e".as_bytes(),
            b" padded ",
            &[0],
            &[0xff, 0xfe],
            b"{{ssm:other}}",
            b"anyport:base64:",
            b"anyport:base64:AAE=",
        ];
        for value in values {
            let secret = read(&ParameterStore::text_of(value)).unwrap();
            assert_eq!((secret.value.expose(), secret.version.as_str()), (value, "7"));
        }
        assert_eq!(ParameterStore::text_of(b"line\nfeed"), "line\nfeed");
        assert_eq!(read("base64:AAE=").unwrap().value.expose(), b"base64:AAE=");
    }

    #[test]
    fn a_broken_escape_is_told_and_not_shown() {
        let error = read("anyport:base64:p@ssword").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(!format!("{error:?}").contains("p@ss"), "{error:?}");
    }
}
