//! Failures of the SDK and the services, in the contract's terms.

mod table;

use std::error::Error as StdError;
use std::fmt;

use anyport_ports::{Error, ErrorKind};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

pub(crate) use table::{Done, is_contention, meaning};

/// The error of a call that failed, as of a read. A write asks [`Attempts::judge`](crate::attempts::Attempts::judge)
/// in addition whether it may have been done all the same.
pub(crate) fn of<E>(operation: &'static str, resource: impl fmt::Display, error: &SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let described = match error {
        SdkError::ServiceError(refusal) => {
            let (refusal, status) = (refusal.err(), refusal.raw().status().as_u16());
            let meaning = meaning(refusal.code(), status);
            Error::new(meaning.kind, meaning.message).caused_by(Refusal::new(refusal.meta(), status))
        }
        error if caused_by::<CredentialsError>(error) => {
            let message = "no usable AWS credentials were found: see the cause";
            Error::new(ErrorKind::Unauthenticated, message).caused_by(chain(error))
        }
        SdkError::ConstructionFailure(_) => {
            Error::new(ErrorKind::Internal, "the request could not be made").caused_by(chain(error))
        }
        SdkError::TimeoutError(_) => {
            Error::new(ErrorKind::Unavailable, "the service did not answer in time").caused_by(chain(error))
        }
        SdkError::ResponseError(_) => {
            Error::new(ErrorKind::Unavailable, "the service's answer was cut short or cannot be read")
                .caused_by(chain(error))
        }
        _ => {
            let message = format!(
                "the service cannot be reached ({}): check the region, the endpoint and the network",
                root(error)
            );
            Error::new(ErrorKind::Unavailable, message).caused_by(chain(error))
        }
    };
    described.during(operation, resource)
}

/// A service's refusal, without anything that was sent.
#[derive(Debug)]
struct Refusal(String);

impl Refusal {
    fn new(meta: &aws_smithy_types::error::ErrorMetadata, status: u16) -> Self {
        let mut text = format!("{} (HTTP {status})", meta.code().unwrap_or("no code"));
        if let Some(message) = meta.message() {
            text.push_str(": ");
            text.push_str(message);
        }
        if let Some(id) = meta.extra("aws_request_id") {
            text.push_str(" [request ");
            text.push_str(id);
            text.push(']');
        }
        Self(text)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Refusal {}

/// The error and its causes, from the outermost in.
pub(crate) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

fn caused_by<T: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    causes(error).any(<dyn StdError>::is::<T>)
}

/// Each cause's own words. `Debug` would show whole requests and answers.
fn chain(error: &(dyn StdError + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn root(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    type Failure = SdkError<ErrorMetadata, HttpResponse>;

    fn answer(status: u16) -> HttpResponse {
        HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from("a secret body"))
    }

    #[test]
    fn a_refusal_tells_its_code_and_what_to_do_and_nothing_that_was_sent() {
        let meta =
            ErrorMetadata::builder().code("UnrecognizedClientException").message("The token is invalid.").build();
        let error = of("documents.get", "users/u1", &Failure::service_error(meta, answer(400)));
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        let told = format!("{error:?}");
        for part in
            ["documents.get users/u1", "AWS_ACCESS_KEY_ID", "UnrecognizedClientException", "The token is invalid."]
        {
            assert!(told.contains(part), "{told}");
        }
        assert!(!told.contains("secret body"), "{told}");
    }

    #[test]
    fn what_never_arrived_or_never_answered_is_unavailable() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        for error in [
            Failure::dispatch_failure(ConnectorError::io(refused.into())),
            Failure::timeout_error("too late"),
            Failure::response_error("cut", answer(200)),
        ] {
            let error = of("documents.get", "", &error);
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(!format!("{error:?}").contains("secret body"), "{error:?}");
        }
    }

    #[test]
    fn missing_credentials_are_told_from_a_missing_network() {
        let missing = CredentialsError::not_loaded("no provider had any");
        let error = Failure::dispatch_failure(ConnectorError::other(missing.into(), None));
        assert_eq!(of("documents.get", "", &error).kind(), ErrorKind::Unauthenticated);
    }
}
