//! The body as it comes.

use anyport_ports::handles::Ports;
use bytes::Bytes;
use http::header::CONTENT_TYPE;

use super::{FromInvocation, Parameter, Setup};
use crate::function::kind::{Http, HttpInvocation};
use crate::problem::Problem;

/// The body of a request as it comes, of any media type, up to the function's limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The media type, if the request names one in ASCII.
    pub content_type: Option<String>,
    /// The bytes.
    pub bytes: Bytes,
}

impl FromInvocation<Http> for Body {
    type Prepared = ();

    fn parameter() -> Parameter {
        Parameter::Bytes
    }

    fn prepare(_setup: &Setup<'_>) -> Result<(), String> {
        Ok(())
    }

    fn extract((): &(), invocation: &mut HttpInvocation, _ports: &Ports) -> Result<Self, Problem> {
        let content_type =
            invocation.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self { content_type, bytes: std::mem::take(&mut invocation.body) })
    }
}
