//! The manifest: what a workload is and needs, as data.

use anyport_ports::handles::Need;
use anyport_ports::idempotency::COLLECTION;
use anyport_ports::resources::{CollectionSpec, Resources, SubscriptionSpec};
use serde::{Deserialize, Serialize};

use crate::extract::Parameter;
use crate::function::{Function, Idempotent, IdempotentManifest, Limits, Trigger};

/// A workload as data, read off the types of its functions' parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The workload's name.
    pub workload: String,
    /// Its functions, in the order they were added.
    pub functions: Vec<FunctionManifest>,
    /// Everything that must exist for them.
    pub resources: Resources,
}

/// A function as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionManifest {
    /// Its name.
    pub name: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What calls it.
    pub trigger: Trigger,
    /// Whether a request without a caller is refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub authenticated: bool,
    /// What the caller must be allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// How it is idempotent, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<IdempotentManifest>,
    /// Its bounds.
    pub limits: Limits,
    /// What it may touch, each thing once.
    pub needs: Vec<Need>,
}

impl FunctionManifest {
    pub(crate) fn of(function: &Function) -> Self {
        let mut needs: Vec<Need> = Vec::new();
        for parameter in &function.signature.parameters {
            if let Parameter::Handle(of) = parameter {
                needs.extend(of.iter().filter(|need| !needs.contains(need)).cloned().collect::<Vec<_>>());
            }
        }
        Self {
            name: function.name.clone(),
            summary: function.summary.clone(),
            trigger: function.trigger.clone(),
            authenticated: function.requires_caller(),
            scopes: function.scopes().map(str::to_owned).collect(),
            idempotent: function.idempotent.as_ref().map(Idempotent::manifest),
            limits: function.limits,
            needs,
        }
    }

    /// What must exist for this function.
    pub fn resources(&self) -> Resources {
        let mut resources = match self.trigger.clone() {
            Trigger::Http { .. } | Trigger::Schedule { .. } => Resources::default(),
            Trigger::Subscription { topic, name, max_attempts } => {
                let subscriptions = vec![SubscriptionSpec { topic: topic.clone(), name, max_attempts }];
                Resources { topics: vec![topic], subscriptions, ..Resources::default() }
            }
            Trigger::BlobCreated { bucket, .. } => Resources { buckets: vec![bucket], ..Resources::default() },
            Trigger::DocumentChanged { collection: name } => {
                let collections = vec![CollectionSpec::new(name, Vec::new()).with_feed()];
                Resources { collections, ..Resources::default() }
            }
        };
        if self.idempotent.is_some() {
            resources.collections.push(CollectionSpec::new(COLLECTION, Vec::new()));
        }
        self.needs.iter().for_each(|need| resources.merge(need.resources()));
        resources
    }
}
