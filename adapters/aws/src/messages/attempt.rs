//! Sending a request with a record of its attempts.

use std::error::Error as StdError;
use std::fmt;

use anyport_ports::{Error, ErrorKind};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::attempts::Attempts;
use crate::error::{self, Done};

/// Sends a request that is harmless to repeat, since messages are delivered at least once anyway: the answer or a
/// [`Failure`], and in both cases what became of the attempts.
macro_rules! attempt {
    ($sdk:ident, $error:ty, $request:expr) => {
        $crate::messages::attempt::attempt!($sdk, $error, $request, $sdk::config::Config::builder())
    };
    ($sdk:ident, $error:ty, $request:expr, $config:expr) => {{
        let attempts = $crate::attempts::Attempts::of::<$error>($crate::attempts::Repeat::Harmless);
        let config = $config.interceptor(attempts.clone());
        match $request.customize().config_override(config).send().await {
            Ok(answer) => Ok((answer, attempts)),
            Err(error) => Err($crate::messages::attempt::Failure { error, attempts }),
        }
    }};
}

pub(super) use attempt;

/// Why a request failed, and what became of its attempts.
pub(super) struct Failure<E> {
    pub(super) error: SdkError<E, HttpResponse>,
    pub(super) attempts: Attempts,
}

impl<E: ProvideErrorMetadata + StdError + Send + Sync + 'static> Failure<E> {
    /// The failure in the contract's terms, of something that changes the state of a queue.
    pub(super) fn told(&self, operation: &'static str, resource: impl fmt::Display) -> Error {
        self.attempts.judge(error::of(operation, resource, &self.error))
    }

    /// Whether SQS says that the receipt names no delivery that still runs.
    pub(super) fn is_stale(&self) -> bool {
        self.error.as_service_error().is_some_and(|refusal| is_stale(refusal.code(), refusal.message()))
    }
}

/// Whether a refusal says that the receipt names no delivery that still runs. SQS has several ways to say so.
pub(super) fn is_stale(code: Option<&str>, message: Option<&str>) -> bool {
    let code = code.map(|code| code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code));
    match code {
        Some("ReceiptHandleIsInvalid" | "MessageNotInflight") => true,
        Some("InvalidParameterValue") => message.is_some_and(|message| {
            let message = message.to_lowercase();
            message.contains("receipthandle") || message.contains("receipt handle")
        }),
        _ => false,
    }
}

/// The error of one entry of a batch, which was refused by itself.
pub(super) fn entry_error(
    attempts: &Attempts,
    (code, message): (&str, Option<&str>),
    sender_fault: bool,
    (operation, resource): (&'static str, &dyn fmt::Display),
) -> Error {
    let meaning = error::meaning(Some(code), if sender_fault { 400 } else { 500 });
    let kind = if meaning.done == Done::Unknown { ErrorKind::Indeterminate } else { meaning.kind };
    let cause = format!("{code}: {}", message.unwrap_or("no message"));
    attempts.judge(Error::new(kind, meaning.message).caused_by(cause).during(operation, resource))
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchError;

    use super::*;
    use crate::attempts::Repeat;

    #[test]
    fn sqs_has_several_ways_to_say_that_a_receipt_is_stale() {
        const LAPSED: &str = "Value AQEB for parameter ReceiptHandle is invalid. Reason: Message does not exist or is \
                              not available for visibility timeout change.";
        const TOO_LONG: &str = "Value 600 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout \
                                for the message is beyond the limit [43200 seconds]";
        for (code, message, stale) in [
            ("ReceiptHandleIsInvalid", "", true),
            ("AWS.SimpleQueueService.MessageNotInflight", "", true),
            ("InvalidParameterValue", LAPSED, true),
            ("InvalidParameterValue", "The receipt handle has expired", true),
            ("InvalidParameterValue", TOO_LONG, false),
            ("AWS.SimpleQueueService.NonExistentQueue", "", false),
        ] {
            assert_eq!(is_stale(Some(code), Some(message)), stale, "{code} {message}");
        }
        assert!(!is_stale(None, None));
    }

    #[test]
    fn an_entry_that_the_service_failed_to_do_is_in_doubt() {
        let attempts = Attempts::of::<SendMessageBatchError>(Repeat::Harmless);
        let kind = |code, sender_fault| {
            entry_error(&attempts, (code, None), sender_fault, ("messages.publish", &"orders")).kind()
        };
        assert_eq!(kind("InternalError", false), ErrorKind::Indeterminate);
        assert_eq!(kind("SomethingNew", false), ErrorKind::Indeterminate);
        assert_eq!(kind("RequestThrottled", false), ErrorKind::Throttled);
        assert_eq!(kind("InvalidParameter", true), ErrorKind::Internal);
        assert_eq!(kind("AuthorizationError", true), ErrorKind::PermissionDenied);
    }
}
