//! The payment gateway, over HTTP: `POST /charges` with the amount, under an idempotency key.

use anyport_ports::handles::{Api, Service};
use anyport_ports::outbound::Method;
use anyport_ports::{Error, ErrorKind, Result, ServiceName};
use async_trait::async_trait;
use domain::payments::{Charge, Charged, PaymentGateway, PaymentId};
use serde::{Deserialize, Serialize};

/// The service that moves the money; `http.services.payments.url` says where it is.
#[derive(Debug)]
pub enum Payments {}

impl Service for Payments {
    const NAME: ServiceName = ServiceName::from_static("payments");
}

/// The gateway as the domain sees it.
pub struct HttpGateway(pub Api<Payments>);

/// What a charge is asked for with.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChargeBody {
    /// How much, in cents.
    pub amount_cents: u64,
    /// The currency, by ISO 4217.
    pub currency: String,
}

/// What the gateway answers to a charge that it accepted.
#[derive(Debug, Serialize, Deserialize)]
pub struct PaymentBody {
    /// Its name for the payment.
    pub id: String,
}

#[async_trait]
impl PaymentGateway for HttpGateway {
    async fn charge(&self, charge: &Charge) -> Result<Charged> {
        let body = ChargeBody { amount_cents: charge.amount_cents, currency: "EUR".to_owned() };
        let request = self.0.request(Method::Post, "/charges").json(&body)?.idempotency_key(&charge.key);
        let response = self.0.send(request).await?;
        match response.status {
            200 | 201 => Ok(Charged::Accepted(PaymentId::new(&response.json::<PaymentBody>()?.id))),
            402 => Ok(Charged::Declined),
            // It is not for the client of the storefront to mend what the storefront asks for wrongly.
            status => {
                let message = format!("the payment gateway answered {status}");
                Err(Error::new(ErrorKind::Unavailable, message).during("payments.charge", Payments::NAME))
            }
        }
    }
}
