//! What the host makes of a handler's answer to an event.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::client::Reply;
use super::files::FunctionJson;

/// How an invocation ended, as the host sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Succeeded(Answer),
    /// It failed, in words why. Its outputs are dropped.
    Failed(String),
    /// It did not end within `functionTimeout`: the handler was killed, with all else that it was doing.
    TimedOut,
}

/// What a handler answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// `Outputs`.
    pub outputs: BTreeMap<String, Output>,
    /// `Logs`.
    pub logs: Vec<String>,
    /// `ReturnValue`.
    pub return_value: Option<Output>,
}

/// What went to an output binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// As it was given.
    Json(Value),
    /// A text that was base64, meant so or not, decoded.
    Bytes(Vec<u8>),
}

impl Outcome {
    /// Whether it succeeded.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Succeeded(_))
    }
}

/// What an answer is, before outputs are looked at.
pub(super) enum Read {
    /// An answer.
    Answer(Answer),
    /// None: the host waits for one that never comes.
    Hangs,
    /// Not one.
    Failed(String),
}

/// Reads an answer; the names of outputs that were decoded are noted.
pub(super) fn read(reply: &Reply, function: &FunctionJson, decoded: &mut Vec<String>) -> Read {
    if !(200..300).contains(&reply.status) {
        return Read::Failed(format!("the handler answered {}: {}", reply.status, reply.text()));
    }
    if reply.body.is_empty() {
        return Read::Hangs;
    }
    if reply.header("content-type").is_some_and(|kind| kind.starts_with("text/plain")) {
        return Read::Failed("the handler answered plain text".to_owned());
    }
    let fields = match serde_json::from_slice::<Value>(&reply.body) {
        Ok(Value::Null) => return Read::Hangs,
        Ok(Value::Object(fields)) => fields,
        Ok(other) => return Read::Failed(format!("the handler answered {other}, which is no object")),
        Err(error) => return Read::Failed(format!("the handler's answer is not JSON: {error}")),
    };
    let binary = |name: &str| function.bindings.iter().any(|binding| binding.name == name && binding.is_binary());
    let mut output = |name: &str, value: &Value| {
        let bytes = value.as_str().filter(|_| !binary(name)).and_then(|text| BASE64.decode(text).ok());
        match bytes {
            Some(bytes) => {
                decoded.push(name.to_owned());
                Output::Bytes(bytes)
            }
            None => Output::Json(value.clone()),
        }
    };
    let mut answer = Answer::default();
    match fields.get("Outputs") {
        None | Some(Value::Null) => {}
        Some(Value::Object(outputs)) => {
            answer.outputs = outputs.iter().map(|(name, value)| (name.clone(), output(name, value))).collect();
        }
        Some(other) => return Read::Failed(format!("Outputs is {other}")),
    }
    match fields.get("Logs") {
        None | Some(Value::Null) => {}
        Some(Value::Array(logs)) => {
            answer.logs = logs.iter().map(|log| log.as_str().map_or_else(|| log.to_string(), str::to_owned)).collect();
        }
        Some(other) => return Read::Failed(format!("Logs is {other}")),
    }
    answer.return_value =
        fields.get("ReturnValue").filter(|value| !value.is_null()).map(|value| output("$return", value));
    Read::Answer(answer)
}
