//! What became of each attempt of a call, of which the SDK tells only the last.
//!
//! An attempt's outcome is *unknown* if the request may have reached the service and no answer that settles it came back:
//! the connection broke after it was made, the answer was late, cut short, or a failure of the service (5xx). A refused
//! connection and a refusal (throttling, a failed condition) are not: nothing was done. One unknown attempt puts the
//! whole call in doubt, whatever the later ones say.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use anyport_ports::{Error, ErrorKind};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, Error as ErasedError, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::{self, Done};

/// Whether a call may be made again after an attempt whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Doing it twice is harmless, even if others write in between: it is under a version, has an idempotency token, or
    /// is promised only at least once.
    Harmless,
    /// The second time could undo what another caller did after the first.
    Harmful,
}

/// The record of one call: make one for each write, give it to the SDK as interceptor and as retry classifier, and ask
/// it to judge the error.
///
/// ```text
/// let attempts = Attempts::of::<PutItemError>(Repeat::Harmful);
/// let answer = client.put_item() /* ... */ .customize()
///     .config_override(Config::builder().interceptor(attempts.clone()).retry_classifier(attempts.clone()))
///     .send().await;
/// answer.map_err(|error| attempts.judge(error::of("documents.put", key, &error)))
/// ```
#[derive(Clone, Debug)]
pub(crate) struct Attempts(Arc<Record>);

#[derive(Debug)]
struct Record {
    repeat: Repeat,
    code: fn(&ErasedError) -> Option<&str>,
    sent: AtomicBool,
    unknown: AtomicBool,
    count: AtomicU32,
}

impl Attempts {
    /// The record of a call that fails with an `E` when it is refused.
    pub(crate) fn of<E: ProvideErrorMetadata + StdError + Send + Sync + 'static>(repeat: Repeat) -> Self {
        Self(Arc::new(Record {
            repeat,
            code: |error| error.downcast_ref::<E>().and_then(ProvideErrorMetadata::code),
            sent: AtomicBool::new(false),
            unknown: AtomicBool::new(false),
            count: AtomicU32::new(0),
        }))
    }

    /// Whether the outcome of one of the attempts is unknown.
    pub(crate) fn in_doubt(&self) -> bool {
        self.0.unknown.load(Ordering::Acquire)
    }

    /// The error of a write: as given if nothing can have been done, else `Indeterminate`.
    pub(crate) fn judge(&self, error: Error) -> Error {
        if !self.in_doubt() || error.kind() == ErrorKind::Indeterminate {
            return error;
        }
        let count = self.0.count.load(Ordering::Acquire);
        let (operation, resource) = (error.operation(), error.resource().to_owned());
        let message =
            format!("the answer to one of {count} attempts was lost: whether it was done shows when it is read again");
        Error::new(ErrorKind::Indeterminate, message).during(operation, resource).caused_by(error)
    }

    /// Whether the outcome of an attempt that ended like this is unknown.
    fn leaves_doubt(&self, error: &OrchestratorError<ErasedError>, status: Option<u16>) -> bool {
        if !self.0.sent.load(Ordering::Acquire) {
            return false;
        }
        if let Some(refusal) = error.as_operation_error() {
            let code = (self.0.code)(refusal);
            return error::meaning(code, status.unwrap_or(500)).done == Done::Unknown;
        }
        match error.as_connector_error() {
            Some(failure) => !failure.is_user() && !never_connected(failure),
            // Late, or cut short.
            None => true,
        }
    }
}

/// Whether no connection was made: refused, too slow to come about, or to a name that cannot be resolved.
fn never_connected(error: &(dyn StdError + 'static)) -> bool {
    error::causes(error).any(|cause| {
        cause
            .downcast_ref::<hyper_util::client::legacy::Error>()
            .is_some_and(hyper_util::client::legacy::Error::is_connect)
    })
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "anyport attempts"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.sent.store(false, Ordering::Release);
        self.0.count.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.sent.store(true, Ordering::Release);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error() {
            let status = context.response().map(|response| response.status().as_u16());
            if self.leaves_doubt(error, status) {
                self.0.unknown.store(true, Ordering::Release);
            }
        }
        Ok(())
    }
}

impl ClassifyRetry for Attempts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        if self.0.repeat == Repeat::Harmful && self.in_doubt() {
            return RetryAction::RetryForbidden;
        }
        let refusal = context.output_or_error().and_then(Result::err).and_then(OrchestratorError::as_operation_error);
        if refusal.and_then(self.0.code).is_some_and(error::is_contention) {
            // The SDK does not know this one for what it is.
            return RetryAction::throttling_error();
        }
        RetryAction::NoActionIndicated
    }

    fn name(&self) -> &'static str {
        "anyport attempts"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::interceptors::context::Input;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::error::ErrorMetadata;

    type Ended = OrchestratorError<ErasedError>;

    fn refusal(code: &str) -> Ended {
        OrchestratorError::operation(ErasedError::erase(ErrorMetadata::builder().code(code).build()))
    }

    fn broken() -> Ended {
        OrchestratorError::connector(ConnectorError::io(
            std::io::Error::from(std::io::ErrorKind::ConnectionReset).into(),
        ))
    }

    fn sent(repeat: Repeat) -> Attempts {
        let attempts = Attempts::of::<ErrorMetadata>(repeat);
        attempts.0.sent.store(true, Ordering::Release);
        attempts
    }

    #[test]
    fn an_attempt_is_in_doubt_if_it_was_sent_and_no_answer_settles_it() {
        let attempts = sent(Repeat::Harmful);
        for (case, ended, status, doubt) in [
            ("the connection broke", broken(), None, true),
            ("too late", OrchestratorError::timeout("late".into()), None, true),
            ("cut short", OrchestratorError::response("cut".into()), Some(200), true),
            ("nothing but a status", refusal("Whatever"), Some(500), true),
            ("the service failed", refusal("InternalServerError"), Some(500), true),
            ("in progress", refusal("TransactionInProgressException"), Some(400), true),
            ("throttled", refusal("ThrottlingException"), Some(400), false),
            ("throttled at the front", refusal("SlowDown"), Some(503), false),
            ("the condition failed", refusal("ConditionalCheckFailedException"), Some(400), false),
            ("denied", refusal("AccessDeniedException"), Some(400), false),
            ("no request", OrchestratorError::connector(ConnectorError::user("bad".into())), None, false),
        ] {
            assert_eq!(attempts.leaves_doubt(&ended, status), doubt, "{case}");
        }
    }

    #[test]
    fn what_was_never_sent_was_not_done() {
        let attempts = Attempts::of::<ErrorMetadata>(Repeat::Harmful);
        for ended in [broken(), OrchestratorError::timeout("late".into()), OrchestratorError::other("no credentials")] {
            assert!(!attempts.leaves_doubt(&ended, None), "{ended:?}");
        }
    }

    #[test]
    fn after_an_attempt_in_doubt_only_the_harmless_is_repeated() {
        let context = InterceptorContext::new(Input::erase(()));
        for (repeat, doubt, forbidden) in [
            (Repeat::Harmful, false, false),
            (Repeat::Harmful, true, true),
            (Repeat::Harmless, false, false),
            (Repeat::Harmless, true, false),
        ] {
            let attempts = sent(repeat);
            attempts.0.unknown.store(doubt, Ordering::Release);
            let judged = attempts.classify_retry(&context);
            assert_eq!(judged == RetryAction::RetryForbidden, forbidden, "{repeat:?}, in doubt: {doubt}");
        }
    }

    #[test]
    fn a_write_that_met_another_is_made_again() {
        let mut context = InterceptorContext::new(Input::erase(()));
        context.set_output_or_error(Err(refusal("TransactionConflictException")));
        assert_eq!(sent(Repeat::Harmful).classify_retry(&context), RetryAction::throttling_error());
        context.set_output_or_error(Err(refusal("ValidationException")));
        assert_eq!(sent(Repeat::Harmful).classify_retry(&context), RetryAction::NoActionIndicated);
    }

    #[test]
    fn one_attempt_in_doubt_decides_whatever_the_last_one_says() {
        for kind in ErrorKind::ALL {
            let attempts = sent(Repeat::Harmless);
            let error = || Error::new(kind, "last").during("documents.put", "users/u1");
            assert_eq!(attempts.judge(error()).kind(), kind);
            attempts.0.unknown.store(true, Ordering::Release);
            let judged = attempts.judge(error());
            assert_eq!((judged.kind(), judged.operation()), (ErrorKind::Indeterminate, "documents.put"), "{kind}");
        }
    }
}
