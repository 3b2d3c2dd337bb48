//! From method and path to a function.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyport_ports::handles::Ports;
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use tokio::sync::Semaphore;

use crate::function::kind::Http;
use crate::function::{AnyCall, Call, Limits, Trigger};
use crate::problem::Problem;
use crate::workload::{BodyKind, Prepared};

/// An HTTP function on its route.
pub(super) struct Route {
    pub(super) function: Arc<str>,
    pub(super) limits: Limits,
    pub(super) body: BodyKind,
    pub(super) call: Call<Http>,
    /// How many more invocations may run at once.
    pub(super) permits: Arc<Semaphore>,
}

/// The functions of one path.
pub(super) struct Resource {
    /// The path with its parameters' names in braces: what logs show.
    pub(super) template: Arc<str>,
    methods: BTreeMap<String, Route>,
}

/// All routes, and the adapters that their functions are called with.
pub(super) struct Routes {
    paths: matchit::Router<Resource>,
    pub(super) ports: Ports,
}

/// A resource found, and what its path's parameters are.
pub(super) struct Found<'a> {
    pub(super) resource: &'a Resource,
    pub(super) parameters: Vec<(String, String)>,
}

impl Routes {
    /// The routes of the HTTP functions; what the router refuses, in words.
    pub(super) fn new(prepared: &Prepared, ports: Ports) -> Result<Self, String> {
        let mut resources: BTreeMap<String, Resource> = BTreeMap::new();
        for function in &prepared.functions {
            let (Trigger::Http { method, path }, AnyCall::Http(call)) = (&function.trigger, &function.call) else {
                continue;
            };
            let permits =
                usize::try_from(function.limits.concurrency).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
            let route = Route {
                function: Arc::clone(&function.name),
                limits: function.limits,
                body: function.body,
                call: Arc::clone(call),
                permits: Arc::new(Semaphore::new(permits)),
            };
            let resource = resources
                .entry(path.clone())
                .or_insert_with(|| Resource { template: path.as_str().into(), methods: BTreeMap::new() });
            resource.methods.insert(method.clone(), route);
        }
        let mut paths = matchit::Router::new();
        for (path, resource) in resources {
            paths.insert(path.clone(), resource).map_err(|error| format!("the route {path:?}: {error}"))?;
        }
        Ok(Self { paths, ports })
    }

    /// The resource of a path: 404 if there is none, 400 if it is not UTF-8.
    pub(super) fn find(&self, path: &str) -> Result<Found<'_>, Problem> {
        for segment in path.split('/') {
            decoded(segment)?;
        }
        let matched = self
            .paths
            .at(path)
            .map_err(|_| Problem::new(StatusCode::NOT_FOUND, "no_such_route", "nothing is served at this path"))?;
        let parameters = matched.params.iter().map(|(name, text)| Ok((name.to_owned(), decoded(text)?)));
        Ok(Found { resource: matched.value, parameters: parameters.collect::<Result<_, Problem>>()? })
    }
}

impl Resource {
    /// The function of a method, `HEAD` being served as `GET`; 405 with what is allowed if there is none.
    pub(super) fn route(&self, method: &Method) -> Result<&Route, Problem> {
        let head = || self.methods.get(Method::GET.as_str()).filter(|_| *method == Method::HEAD);
        self.methods.get(method.as_str()).or_else(head).ok_or_else(|| {
            let mut allowed: Vec<&str> = self.methods.keys().map(String::as_str).collect();
            if self.methods.contains_key(Method::GET.as_str()) {
                allowed.push(Method::HEAD.as_str());
            }
            let allow = allowed.join(", ");
            let detail = format!("this path takes {allow}");
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).allow(allow)
        })
    }
}

fn decoded(segment: &str) -> Result<String, Problem> {
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.map(String::from).map_err(|_| Problem::bad_request("invalid_utf8", "the path is not UTF-8"))
}
