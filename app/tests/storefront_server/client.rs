//! Requests and answers.

use serde_json::Value;
use ureq::Error;
use ureq::http::Response;

use super::{DEADLINE, tokens};

/// A client of one server, with connections of its own.
#[derive(Clone)]
pub(crate) struct Client {
    address: String,
    agent: ureq::Agent,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) text: String,
}

impl Client {
    /// A client of the server that listens there.
    pub(crate) fn new(address: &str) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE)).build();
        Self { address: address.to_owned(), agent: agent.into() }
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// A client of the same server with other connections.
    pub(crate) fn another(&self) -> Self {
        Self::new(&self.address)
    }

    /// The URL of a path of this server; a signed URL is one already.
    fn url(&self, target: &str) -> String {
        if target.starts_with('/') { format!("http://{}{target}", self.address) } else { target.to_owned() }
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        answered(asked_by_user(self.agent.get(self.url(target)), target).call())
    }

    /// As somebody else than the user whose things are asked for.
    pub(crate) fn get_as(&self, target: &str, authorization: &str) -> Answer {
        answered(self.agent.get(self.url(target)).header("authorization", authorization).call())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).expect("an answer")
    }

    /// The answer to a request, if one comes: not from a server that is killed at this moment.
    pub(crate) fn try_post(&self, path: &str, body: &Value) -> Result<Answer, Error> {
        asked_by_user(self.agent.post(self.url(path)), path).send_json(body).and_then(answer)
    }

    pub(crate) fn post_nothing(&self, path: &str) -> Answer {
        self.try_post_nothing(path).expect("an answer")
    }

    /// As [`Self::try_post`], without a body.
    pub(crate) fn try_post_nothing(&self, path: &str) -> Result<Answer, Error> {
        asked_by_user(self.agent.post(self.url(path)), path).send_empty().and_then(answer)
    }

    pub(crate) fn put(&self, path: &str, etag: &str, body: &Value) -> Answer {
        answered(self.agent.put(self.url(path)).header("If-Match", etag).send_json(body))
    }

    pub(crate) fn upload(&self, url: &str, content: &str) -> Answer {
        answered(self.agent.put(self.url(url)).content_type("text/csv").send(content))
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        answered(self.agent.delete(self.url(path)).call())
    }
}

/// With the token of the user whose things are asked for.
fn asked_by_user<Any>(request: ureq::RequestBuilder<Any>, target: &str) -> ureq::RequestBuilder<Any> {
    match tokens::for_target(target) {
        Some(bearer) => request.header("authorization", bearer),
        None => request,
    }
}

fn answered(response: Result<Response<ureq::Body>, Error>) -> Answer {
    response.and_then(answer).expect("an answer")
}

fn answer(mut response: Response<ureq::Body>) -> Result<Answer, Error> {
    let header = |name: &str| Some(response.headers().get(name)?.to_str().expect("ASCII").to_owned());
    let (content_type, etag, location) =
        (header("content-type").unwrap_or_default(), header("etag"), header("location"));
    let text = response.body_mut().read_to_string()?;
    Ok(Answer { status: response.status().as_u16(), content_type, etag, location, text })
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The text at a field of the body.
    pub(crate) fn text_at(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_else(|| panic!("no text at {field}: {self:?}")).to_owned()
    }

    /// The answer, if the status is this one.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The code of a problem with this status.
    pub(crate) fn problem(self, status: u16) -> String {
        let answer = self.expect(status);
        assert_eq!(answer.content_type, "application/problem+json", "{answer:?}");
        answer.text_at("code")
    }
}
