//! Receipts.

use domain::receipts::SignedLink;
use schemars::JsonSchema;
use serde::Serialize;

/// The receipt of an order.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
#[schemars(rename = "Receipt")]
pub enum ReceiptView {
    /// The order is not fulfilled yet: ask again in a moment.
    Pending,
    /// The receipt is written.
    Ready {
        /// The URL to `GET` it from; whoever has it may use it until it expires.
        url: String,
        /// From when on the URL is refused.
        #[schemars(extend("format" = "date-time"))]
        expires_at: String,
    },
}

impl From<Option<SignedLink>> for ReceiptView {
    fn from(link: Option<SignedLink>) -> Self {
        match link {
            Some(SignedLink { url, expires_at }) => Self::Ready { url, expires_at: expires_at.to_string() },
            None => Self::Pending,
        }
    }
}
