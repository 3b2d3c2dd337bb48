//! What functions answer.

mod body;
mod download;
mod kinds;

use anyport_ports::Failure;
use http::{HeaderMap, StatusCode};

pub use body::{AnswerBody, BodyError, ByteStream};
pub use download::Download;
pub use kinds::{Created, NoContent, Page, Tagged};

use crate::extract::SchemaOf;
use crate::fault::Fault;
use crate::function::kind::{Http, TriggerKind};

/// A response to be written.
#[derive(Debug)]
#[non_exhaustive]
pub struct HttpAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers, with the content type if there is a body.
    pub headers: HeaderMap,
    /// The body.
    pub body: AnswerBody,
}

/// What an answer will be, for the OpenAPI document.
#[derive(Clone, Debug)]
pub struct AnswerShape {
    /// The status.
    pub status: StatusCode,
    /// The schema of the JSON body, if there is one.
    pub schema: Option<SchemaOf>,
    /// Headers that it may have, with what they hold.
    pub headers: &'static [(&'static str, &'static str)],
    /// Whether its body is sent as it comes.
    pub streams: bool,
}

/// What a function called by HTTP answers when it succeeds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an answer to an HTTP request",
    note = "answer Json<T>, Created<T>, NoContent, Tagged<T>, Page<T> or Download"
)]
pub trait Answer: Send {
    /// What it will be.
    fn shape() -> AnswerShape;

    /// The response; an error if the body cannot be written as JSON.
    fn into_http(self) -> Result<HttpAnswer, serde_json::Error>;
}

/// What a function called by a trigger of the kind `K` returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a function with the trigger `{K}`",
    note = "HTTP: `Result<impl Answer, impl Failure>`; other triggers: `Result<(), impl Failure>`"
)]
pub trait IntoAnswer<K: TriggerKind>: Send {
    /// What the HTTP answer will be; `None` for other triggers.
    fn shape() -> Option<AnswerShape>;

    /// What the runtime is told.
    fn into_answer(self) -> Result<K::Answer, K::Rejection>;
}

impl<A: Answer, E: Failure> IntoAnswer<Http> for Result<A, E> {
    fn shape() -> Option<AnswerShape> {
        Some(A::shape())
    }

    fn into_answer(self) -> Result<HttpAnswer, crate::Problem> {
        let answer = self.map_err(|failure| Http::rejection(&failure))?;
        answer.into_http().map_err(|error| {
            tracing::error!(%error, "the answer cannot be written as JSON");
            crate::Problem::internal()
        })
    }
}

impl<K, E> IntoAnswer<K> for Result<(), E>
where
    K: TriggerKind<Answer = (), Rejection = Fault>,
    E: Failure,
{
    fn shape() -> Option<AnswerShape> {
        None
    }

    fn into_answer(self) -> Result<(), Fault> {
        self.map_err(|failure| K::rejection(&failure))
    }
}
