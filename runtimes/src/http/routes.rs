//! From method and path to a function.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use crate::function::kind::Http;
use crate::function::{AnyDecode, Trigger};
use crate::layers::{Around, Stack};
use crate::problem::Problem;
use crate::workload::Prepared;

/// An HTTP function on its route.
pub(super) struct Route {
    pub(super) function: Arc<str>,
    pub(super) stack: Stack<Http>,
}

/// The functions of one path.
pub(super) struct Resource {
    /// The path with its parameters' names in braces: what logs show.
    pub(super) template: Arc<str>,
    methods: BTreeMap<String, Route>,
}

/// All routes.
pub(super) struct Routes {
    paths: matchit::Router<Resource>,
    /// The layers around each function.
    pub(super) layers: BTreeMap<Arc<str>, Arc<[&'static str]>>,
}

/// A resource found, and what its path's parameters are.
pub(super) struct Found<'a> {
    pub(super) resource: &'a Resource,
    pub(super) parameters: Vec<(String, String)>,
}

impl Routes {
    /// The routes of the HTTP functions; what the router refuses, in words.
    pub(super) fn new(prepared: &Prepared, around: &Around) -> Result<Self, String> {
        let (mut resources, mut layers) = (BTreeMap::<String, Resource>::new(), BTreeMap::new());
        for function in &prepared.functions {
            let (Trigger::Http { method, path }, AnyDecode::Http(decode)) = (&function.trigger, &function.decode)
            else {
                continue;
            };
            let stack = Stack::new(function, Arc::clone(decode), around);
            layers.insert(Arc::clone(&function.name), Arc::clone(stack.order()));
            let route = Route { function: Arc::clone(&function.name), stack };
            let resource = resources
                .entry(path.clone())
                .or_insert_with(|| Resource { template: path.as_str().into(), methods: BTreeMap::new() });
            resource.methods.insert(method.clone(), route);
        }
        let mut paths = matchit::Router::new();
        for (path, resource) in resources {
            paths.insert(path.clone(), resource).map_err(|error| format!("the route {path:?}: {error}"))?;
        }
        Ok(Self { paths, layers })
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
