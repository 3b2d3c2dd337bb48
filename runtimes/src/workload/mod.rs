//! Workloads: sets of functions.

mod validate;

use std::sync::Arc;

use anyport_ports::CollectionName;
use anyport_ports::leases::DocumentLeases;
use anyport_ports::resources::{CollectionSpec, Resources};
use serde_json::Value;
pub(crate) use validate::path_parameters;

use crate::extract::{Parameter, Setup};
use crate::function::{AnyDecode, Function, Idempotent, Limits, Trigger};
use crate::manifest::{FunctionManifest, Manifest};
use crate::openapi;
use crate::problem::Problem;
use crate::schemas::{Compile, Schemas};
use crate::surroundings::Surroundings;

/// The collection in which the plain server's replicas agree on who does what.
pub const RUNTIME_COLLECTION: CollectionName = CollectionName::from_static("anyport-runtime");

/// A set of functions that is deployed together.
///
/// ```
/// use anyport_runtimes::{Function, Method, NoContent, Workload};
///
/// async fn ping() -> Result<NoContent, anyport_ports::Error> { Ok(NoContent) }
///
/// let workload = Workload::new("example").function(Function::http("ping", Method::GET, "/ping", ping));
/// workload.validate().unwrap();
/// assert_eq!(workload.manifest().functions[0].name, "ping");
/// ```
#[derive(Debug)]
pub struct Workload {
    name: String,
    functions: Vec<Function>,
}

/// All that is wrong with a workload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the workload {workload:?} cannot run:\n- {}", problems.join("\n- "))]
pub struct InvalidWorkload {
    /// The workload's name.
    pub workload: String,
    /// Each thing that is wrong, in words.
    pub problems: Vec<String>,
}

/// A workload found right.
pub(crate) struct Prepared {
    pub(crate) functions: Vec<PreparedFunction>,
    schemas: Schemas,
}

impl Prepared {
    /// Refuses what cannot be served in these surroundings, in words.
    pub(crate) fn fits(&self, workload: &str, surroundings: &Surroundings) -> Result<(), InvalidWorkload> {
        let unproven = |function: &&PreparedFunction| function.caller != CallerNeeded::Never;
        if surroundings.authenticator.is_some() || !self.functions.iter().any(|function| unproven(&function)) {
            return Ok(());
        }
        let problem = |function: &PreparedFunction| {
            format!(
                "{}: it has a caller, and nothing proves who calls: configure whose tokens are taken",
                function.name
            )
        };
        let problems = self.functions.iter().filter(unproven).map(problem).collect();
        Err(InvalidWorkload { workload: workload.to_owned(), problems })
    }

    /// The OpenAPI document of the workload that this was prepared from.
    pub(crate) fn openapi(&self, workload: &Workload) -> Value {
        openapi::document(workload, &self.schemas)
    }
}

/// A function ready to be called.
#[derive(Clone)]
pub(crate) struct PreparedFunction {
    pub(crate) name: Arc<str>,
    pub(crate) trigger: Trigger,
    pub(crate) limits: Limits,
    pub(crate) body: BodyKind,
    pub(crate) caller: CallerNeeded,
    pub(crate) idempotent: Option<Arc<Idempotent>>,
    pub(crate) decode: AnyDecode,
}

/// Whether a function has a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallerNeeded {
    /// Anyone may call it.
    Never,
    /// It is told who calls, if anyone says.
    Optional,
    /// A call without a caller is refused.
    Always,
}

impl CallerNeeded {
    fn of(function: &Function) -> Self {
        match (function.has_caller(), function.requires_caller()) {
            (false, _) => Self::Never,
            (true, false) => Self::Optional,
            (true, true) => Self::Always,
        }
    }
}

/// What body a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// None.
    None,
    /// JSON.
    Json,
    /// Any.
    Bytes,
}

impl BodyKind {
    pub(crate) fn of(function: &Function) -> Self {
        let mut kinds = function.signature.parameters.iter().filter_map(|parameter| match parameter {
            Parameter::Json(_) => Some(Self::Json),
            Parameter::Bytes => Some(Self::Bytes),
            _ => None,
        });
        kinds.next_back().unwrap_or(Self::None)
    }
}

impl Workload {
    /// A workload without functions yet. Its name is 2 to 48 of `a-z`, `0-9` and `-`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), functions: Vec::new() }
    }

    /// With this function too.
    #[must_use]
    pub fn function(mut self, function: Function) -> Self {
        self.functions.push(function);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its functions, in the order they were added.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Finds everything that is wrong with it: names and routes given twice, patterns that are no cron, limits out of
    /// bounds, parameters that do not fit their route, schemas that cannot be compiled.
    pub fn validate(&self) -> Result<(), InvalidWorkload> {
        self.prepare(Compile::Now).map(drop)
    }

    /// The workload as data.
    pub fn manifest(&self) -> Manifest {
        let functions: Vec<_> = self.functions.iter().map(FunctionManifest::of).collect();
        let mut resources = Resources::default();
        for function in &functions {
            resources.merge(function.resources());
        }
        Manifest { workload: self.name.clone(), functions, resources }
    }

    /// Everything that must exist for it on the plain server: what its functions need, and, if any is called by the clock,
    /// by blobs or by changes of documents, the collection [`RUNTIME_COLLECTION`]; for changes, that of leases as well.
    pub fn resources(&self) -> Resources {
        let mut resources = self.manifest().resources;
        let claims = |trigger: &Trigger| {
            matches!(trigger, Trigger::Schedule { .. } | Trigger::BlobCreated { .. } | Trigger::DocumentChanged { .. })
        };
        if self.functions.iter().any(|function| claims(&function.trigger)) {
            let collections = vec![CollectionSpec::new(RUNTIME_COLLECTION, Vec::new())];
            resources.merge(Resources { collections, ..Resources::default() });
        }
        if self.functions.iter().any(|function| matches!(function.trigger, Trigger::DocumentChanged { .. })) {
            resources.merge(DocumentLeases::resources());
        }
        resources
    }

    /// The OpenAPI 3.1 document of its HTTP functions.
    pub fn openapi(&self) -> Result<Value, InvalidWorkload> {
        self.prepare(Compile::Now).map(|prepared| prepared.openapi(self))
    }

    pub(crate) fn prepare(&self, compile: Compile) -> Result<Prepared, InvalidWorkload> {
        let mut problems = validate::problems(&self.name, &self.functions);
        let schemas = self.schemas(compile);
        let mut functions = Vec::new();
        for function in &self.functions {
            let path_parameters = match &function.trigger {
                Trigger::Http { path, .. } => path_parameters(path),
                _ => Vec::new(),
            };
            match (function.prepare)(&Setup { schemas: &schemas, path_parameters: &path_parameters }) {
                Ok(decode) => functions.push(PreparedFunction {
                    name: function.name.as_str().into(),
                    trigger: function.trigger.clone(),
                    limits: function.limits,
                    body: BodyKind::of(function),
                    caller: CallerNeeded::of(function),
                    idempotent: function.idempotent.clone().map(Arc::new),
                    decode,
                }),
                Err(of) => problems.extend(of.into_iter().map(|problem| format!("{}: {problem}", function.name))),
            }
        }
        if !problems.is_empty() {
            return Err(InvalidWorkload { workload: self.name.clone(), problems });
        }
        Ok(Prepared { functions, schemas })
    }

    fn schemas(&self, compile: Compile) -> Schemas {
        let parameters = self.functions.iter().flat_map(|function| &function.signature.parameters);
        // Parameters of routes and queries are written out one by one, never as components.
        let inputs = parameters.filter_map(|parameter| match parameter {
            Parameter::Json(of) | Parameter::Path(of) | Parameter::Query(of) => Some(*of),
            _ => None,
        });
        let answers = self.functions.iter().filter_map(|function| function.signature.answer.as_ref()?.schema);
        let problem: crate::extract::SchemaOf = |generator| generator.subschema_for::<Problem>();
        Schemas::collect(inputs, answers.chain([problem]), compile)
    }
}
