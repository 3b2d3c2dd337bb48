//! What can be wrong with a workload, besides its schemas.

use std::collections::BTreeMap;

use anyport_ports::Name;
use anyport_ports::blobs::MAX_BLOB_NAME_BYTES;

use super::{BodyKind, RUNTIME_COLLECTION};
use crate::extract::Parameter;
use crate::function::{Function, Trigger};
use crate::schedule::Cron;

/// Paths that the plain server answers itself.
const RESERVED: [&str; 4] = ["/healthz", "/readyz", "/openapi.json", "/_anyport"];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Everything wrong, in words.
pub(super) fn problems(name: &str, functions: &[Function]) -> Vec<String> {
    let mut problems = Vec::new();
    if let Err(error) = Name::new(name) {
        problems.push(format!("the workload's name: {}", error.message()));
    }
    if functions.is_empty() {
        problems.push("it has no function".to_owned());
    }
    for function in functions {
        problems.extend(of_function(function).into_iter().map(|problem| format!("{}: {problem}", function.name)));
    }
    problems.extend(given_twice(functions));
    problems
}

fn of_function(function: &Function) -> Vec<String> {
    let mut problems = function.limits.problems();
    problems.extend(of_idempotency(function));
    if let Err(error) = Name::new(function.name.as_str()) {
        problems.push(error.message().to_owned());
    }
    match &function.trigger {
        Trigger::Http { method, path } => problems.extend(of_route(function, method, path)),
        Trigger::Schedule { cron } => problems.extend(Cron::parse(cron).err()),
        Trigger::BlobCreated { prefix, .. } if prefix.len() > MAX_BLOB_NAME_BYTES => {
            problems.push(format!("the prefix is {} bytes: at most {MAX_BLOB_NAME_BYTES}", prefix.len()));
        }
        Trigger::DocumentChanged { collection } if *collection == RUNTIME_COLLECTION => {
            problems.push(format!("{collection} is the runtime's own collection: its changes call no function"));
        }
        Trigger::BlobCreated { .. } | Trigger::Subscription { .. } | Trigger::DocumentChanged { .. } => {}
    }
    problems
}

fn of_idempotency(function: &Function) -> Vec<String> {
    let Some(idempotent) = &function.idempotent else { return Vec::new() };
    let mut problems = idempotent.problems();
    match &function.trigger {
        Trigger::Http { method, .. } if method == "GET" => {
            problems.push("a GET changes nothing: there is nothing to be idempotent about".to_owned());
        }
        Trigger::BlobCreated { .. } | Trigger::DocumentChanged { .. } => {
            problems.push("it is called once for each state already: it has no key to be idempotent by".to_owned());
        }
        Trigger::Http { .. } | Trigger::Subscription { .. } | Trigger::Schedule { .. } => {}
    }
    if function.signature.answer.as_ref().is_some_and(|answer| answer.streams) {
        problems.push(
            "its answer is a stream, which cannot be kept to be given again: answer with a link to it".to_owned(),
        );
    }
    problems
}

fn of_route(function: &Function, method: &str, path: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !METHODS.contains(&method) {
        problems.push(format!("the method {method} is not one of {}", METHODS.join(", ")));
    }
    if let Some(problem) = malformed(path) {
        problems.push(format!("the route {path:?} {problem}"));
    }
    if RESERVED.iter().any(|reserved| path == *reserved || path.starts_with(&format!("{reserved}/"))) {
        problems.push(format!("the route {path:?} is one that the server answers itself"));
    }
    let count = |of: fn(&Parameter) -> bool| function.signature.parameters.iter().filter(|one| of(one)).count();
    if count(|one| matches!(one, Parameter::Json(_) | Parameter::Bytes)) > 1 {
        problems.push("more than one parameter takes the body: a function has one payload type".to_owned());
    }
    if BodyKind::of(function) != BodyKind::None && matches!(method, "GET" | "DELETE") {
        problems.push(format!("a {method} request has no body for a parameter to take"));
    }
    if count(|one| matches!(one, Parameter::Path(_))) > 1 || count(|one| matches!(one, Parameter::Query(_))) > 1 {
        problems.push("Path and Query can each be one parameter: use a struct".to_owned());
    }
    let parameters = path_parameters(path);
    if !parameters.is_empty() && count(|one| matches!(one, Parameter::Path(_))) == 0 {
        problems.push(format!("the route has the parameters {parameters:?}, but no Path takes them"));
    }
    problems
}

fn malformed(path: &str) -> Option<&'static str> {
    let Some(rest) = path.strip_prefix('/') else {
        return Some("does not begin with '/'");
    };
    let plain = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b':' | b'@'))
    };
    for segment in rest.split('/') {
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                return Some("has a parameter whose name is not of letters, digits and '_'");
            }
            None if segment.is_empty() && !rest.is_empty() => return Some("has an empty segment"),
            None if !plain(segment) => {
                return Some("has a segment that is neither plain text nor one parameter in braces");
            }
            _ => {}
        }
    }
    let names = path_parameters(path);
    let twice = (1..names.len()).any(|at| names[..at].contains(&names[at]));
    twice.then_some("has a parameter twice")
}

/// The names of a route's parameters, in order.
pub(crate) fn path_parameters(path: &str) -> Vec<String> {
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    names.map(str::to_owned).collect()
}

fn given_twice(functions: &[Function]) -> Vec<String> {
    let mut owners: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for function in functions {
        let taken = match &function.trigger {
            Trigger::Http { method, path } => {
                let generic: Vec<_> =
                    path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect();
                Some(format!("the route {method} {}", generic.join("/")))
            }
            Trigger::Subscription { topic, name, .. } => Some(format!("the subscription {topic}/{name}")),
            _ => None,
        };
        for key in taken.into_iter().chain([format!("the name {:?}", function.name)]) {
            owners.entry(key).or_default().push(&function.name);
        }
    }
    let twice = owners.into_iter().filter(|(_, owners)| owners.len() > 1);
    twice
        .map(|(what, owners)| format!("{what} is taken by {} functions: {}", owners.len(), owners.join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_plain_segments_and_whole_parameters() {
        for good in ["/", "/a", "/api/users/{id}", "/a/{b}/c/{d_2}"] {
            assert_eq!(malformed(good), None, "{good}");
        }
        for bad in ["", "a", "//", "/a/", "/a//b", "/{", "/{}", "/{*rest}", "/a{b}", "/a b", "/ä", "/{a}/{a}", "/a?b"]
        {
            assert!(malformed(bad).is_some(), "{bad}");
        }
    }
}
