//! What the end of an attempt means: whether the request may have been carried out, and whether to send it again.

use std::time::{Duration, SystemTime};

use anyport_ports::outbound::{Method, Request, Response};

use crate::transport::Failed;

/// How an attempt ended.
pub(crate) type Ended = Result<Response, Failed>;

/// Statuses after which a request is sent again, if doing it twice is harmless.
const PASSING: [u16; 7] = [408, 425, 429, 500, 502, 503, 504];

/// Statuses that say that the request was not carried out.
const REFUSALS: [u16; 4] = [408, 425, 429, 503];

/// How much later the request may be sent again; `None` if it may not.
pub(crate) fn again_after(request: &Request, ended: &Ended) -> Option<Duration> {
    match ended {
        Ok(response) => {
            let asked = retry_after(response, SystemTime::now());
            let told_to = matches!(response.status, 429 | 503) && asked.is_some();
            let harmless = request.is_repeatable() && PASSING.contains(&response.status);
            (told_to || harmless || is_first_still_running(request, response)).then(|| asked.unwrap_or_default())
        }
        Err(Failed::NotSent(_)) => Some(Duration::ZERO),
        Err(Failed::Lost(_) | Failed::TimedOut(_)) => request.is_repeatable().then_some(Duration::ZERO),
        Err(Failed::TooLarge) => None,
    }
}

/// Whether the request may have been carried out, as far as this attempt tells. A read changes nothing, and so never is.
pub(crate) fn may_be_done(request: &Request, ended: &Ended) -> bool {
    let changes = !matches!(request.method, Method::Get | Method::Head);
    changes
        && match ended {
            Ok(response) => !is_refusal(request, response),
            Err(Failed::NotSent(_)) => false,
            Err(Failed::Lost(_) | Failed::TimedOut(_) | Failed::TooLarge) => true,
        }
}

/// Whether the service says that it did not carry out the request, of this attempt.
pub(crate) fn is_refusal(request: &Request, response: &Response) -> bool {
    REFUSALS.contains(&response.status) || is_first_still_running(request, response)
}

/// Whether the service is well, as far as this attempt tells.
pub(crate) fn is_sound(ended: &Ended) -> bool {
    match ended {
        Ok(response) => !matches!(response.status, 500 | 502..=504),
        Err(Failed::TooLarge) => true,
        Err(_) => false,
    }
}

/// Whether an earlier attempt of this request is still being carried out (the IETF's draft of `Idempotency-Key`).
fn is_first_still_running(request: &Request, response: &Response) -> bool {
    response.status == 409 && request.idempotency_key.is_some() && response.header("retry-after").is_some()
}

/// `Retry-After`, in seconds or as a date.
fn retry_after(response: &Response, now: SystemTime) -> Option<Duration> {
    let text = response.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}
