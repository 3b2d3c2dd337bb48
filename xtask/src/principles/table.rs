//! The principles: what each line of the two documents that founded the project became.

/// A principle, and the capability that it became.
#[derive(Debug, Clone, Copy)]
pub(super) struct Principle {
    /// Its id, as tests name it.
    pub(super) id: &'static str,
    /// What the document asks for.
    pub(super) name: &'static str,
    /// What there is of it here.
    pub(super) capability: &'static str,
}

macro_rules! principles {
    ($($id:literal $name:literal => $capability:literal;)+) => {
        &[$(Principle { id: $id, name: $name, capability: $capability },)+]
    };
}

/// All of them, in the order of the documents.
pub(super) const PRINCIPLES: &[Principle] = principles! {
    "A1" "Radical statelessness" => "a handler has its parameters and nothing else; what a request brought is dropped with its call";
    "A2" "Externalise persistence to low-latency stores" => "ports for documents, messages, blobs and secrets, on each provider and embedded";
    "A3" "Global scope only for configuration and heavy clients" => "the composition root makes configuration, clients and secrets once, before the first call";
    "A4" "Idempotency and re-entrancy" => "the idempotency layer on HTTP, message and schedule functions, fenced by owner";
    "A5" "Idempotency keys in payloads" => "the key is a header, CloudEvents source and id, or a schedule's slot";
    "A6" "Hexagonal architecture" => "the domain depends on ports alone; adapters and runtimes depend on them from outside";
    "A7" "The handler is an interface" => "decode, validate, call, encode: typed, from the parameters of the function";
    "A8" "Domain logic is pure" => "no clock, environment, randomness, network or executor in the domain";
    "S" "Single responsibility" => "a function has one trigger and one payload type, and is a unit of its own";
    "O" "Open for extension, closed for modification" => "layers and decorators: logs, traces, validation, authentication, idempotency, retries";
    "L" "Liskov substitution" => "contracts in numbered clauses, one suite for every adapter, its seeded faults, its fingerprint";
    "I" "Interface segregation" => "a narrow event type for each trigger, a narrow trait for each port";
    "D" "Dependency inversion" => "functions take handles; one composition root chooses what is behind them";
    "P1" "Cold start" => "clients are made before the first call, and only those that are bound";
    "P2" "Structured logging" => "each line on standard output is one JSON object, of panics and foreign crates too";
    "P3" "Typed errors" => "an error has a code, a kind, a status, and says whether to try again; a fault of the service tells nothing";
    "P4" "request_id and correlation_id on each line" => "with trace, function and cold start; carried on by messages and blobs";
    "P5" "Twelve-factor configuration" => "defaults, then a file, then the environment; typed, and all that is wrong is told at start";
    "P6" "Secrets from a manager, cached at run time" => "the port of secrets; a cache with a time to live, stale on error; redacted";
    "C1" "Observability" => "OpenTelemetry spans and metrics; W3C, X-Ray and Google trace headers";
    "C2" "Least privilege" => "a function's parameters are what it may touch; the manifest is read off their types";
    "B1" "Event-driven functions" => "HTTP, message, schedule, blob created, document changed";
    "B2" "Infrastructure is ephemeral and defined in code" => "what must exist is in the manifest, and making it again changes nothing";
    "B3" "Managed services do the work" => "a cloud's build holds clients of its services and no server";
    "B4" "A function for each endpoint, one shared layer" => "each route is a function of its own, below the same layers in the same order";
    "B5" "Service composition" => "ports are named for what they do; each is bound by configuration";
    "B6" "Secure endpoints" => "JWT by OIDC before anything is read: issuer, audience, algorithms, rotating keys";
    "B7" "Retries, timeouts and idempotency of integrations" => "the outbound client: the deadline, budgeted retries of what is safe, the key sent again, a breaker";
    "B8" "No local file system" => "a workload keeps nothing on disk: it runs below a root that cannot be written";
    "B9" "No coupling to a framework" => "handlers name no HTTP framework and no host, and answer the same on each";
    "B10" "Bounded functions" => "each function has a timeout, memory, concurrency and a body limit";
    "B11" "Scaffolding" => "`anyport new` and `anyport new function`: what they write compiles and passes its tests";
    "B12" "Refactoring handlers to isolate logic" => "`anyport review`: handlers that hold logic or build clients";
    "B13" "Reviewing infrastructure code" => "limits and dead letters stand in the manifest, which a review holds templates against";
    "B14" "Logs, metrics and an error boundary" => "a panic is logged, counted and answered, and the next call succeeds";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_stands_twice() {
        let mut ids: Vec<_> = PRINCIPLES.iter().map(|principle| principle.id).collect();
        assert_eq!(ids.len(), 35);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 35);
    }
}
