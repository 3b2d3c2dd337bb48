//! The payment gateway where none is configured: it plays one, so that the storefront can be tried without money.

use std::sync::Arc;

use anyport_ports::handles::Service as _;
use anyport_ports::outbound::{Outbound, Request, Response, Target};
use anyport_ports::{CallContext, Error, Result};
use app::payments::{ChargeBody, PaymentBody, Payments};
use async_trait::async_trait;

/// The dearest order that it takes: 10,000 euros. A dearer one is declined, so that this can be tried too.
const DEAREST_CENTS: u64 = 1_000_000;

/// Answers for the payment gateway, and passes all else on.
pub(super) struct Sandbox(pub(super) Arc<dyn Outbound>);

#[async_trait]
impl Outbound for Sandbox {
    async fn send(&self, request: &Request, call: &CallContext) -> Result<Response> {
        match &request.target {
            Target::Service(name, _) if *name == Payments::NAME => charge(request),
            _ => self.0.send(request, call).await,
        }
    }
}

fn charge(request: &Request) -> Result<Response> {
    let invalid = |what: &str| Error::invalid(format!("the sandbox of payments: {what}"));
    let charge: ChargeBody = serde_json::from_slice(&request.body).map_err(|_| invalid("the body is no charge"))?;
    let key = request.idempotency_key.as_deref().ok_or_else(|| invalid("a charge has an idempotency key"))?;
    if charge.amount_cents > DEAREST_CENTS {
        return Ok(Response { status: 402, headers: Vec::new(), body: Vec::new().into() });
    }
    let payment = PaymentBody { id: format!("sandbox-{}", key.replace('/', "-")) };
    let body = serde_json::to_vec(&payment).map_err(|_| invalid("the answer cannot be written"))?;
    Ok(Response { status: 201, headers: Vec::new(), body: body.into() })
}
