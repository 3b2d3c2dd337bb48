//! Typed services of others, and the handle that calls one.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Access, Handle, Need, Ports};
use crate::outbound::{Method, Outbound, Request, Response, Target};
use crate::{CallContext, Result, ServiceName};

/// A service that a workload calls over HTTP, known at compile time. Where it is, configuration says.
pub trait Service: Send + Sync + 'static {
    /// Its name.
    const NAME: ServiceName;
}

/// Calls one service; cannot call another.
pub struct Api<S> {
    outbound: Arc<dyn Outbound>,
    call: Arc<CallContext>,
    service: PhantomData<fn() -> S>,
}

impl<S: Service> Api<S> {
    /// A client of the service, for this call.
    pub fn new(outbound: Arc<dyn Outbound>, call: Arc<CallContext>) -> Self {
        Self { outbound, call, service: PhantomData }
    }

    /// A request to a path of the service, to be [sent](Self::send).
    pub fn request(&self, method: Method, path: impl Into<String>) -> Request {
        Request::new(method, Target::Service(S::NAME, path.into()))
    }

    /// Sends a request, whatever its target was, to this service; see [`Outbound::send`].
    pub async fn send(&self, mut request: Request) -> Result<Response> {
        if let Target::Service(name, _) = &mut request.target {
            *name = S::NAME;
            return self.outbound.send(&request, &self.call).await;
        }
        Err(crate::Error::invalid("a function calls services by their names: make the request with Api::request"))
    }
}

impl<S: Service> Handle for Api<S> {
    fn needs() -> Vec<Need> {
        vec![Need::Service { name: S::NAME, access: Access::Call }]
    }

    fn open(ports: &Ports) -> Self {
        Self::new(Arc::clone(&ports.outbound), Arc::clone(&ports.call))
    }
}

impl<S: Service> fmt::Debug for Api<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Api({})", S::NAME)
    }
}
