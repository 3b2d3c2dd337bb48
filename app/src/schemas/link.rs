//! Links to blobs.

use domain::receipts::SignedLink;
use schemars::JsonSchema;
use serde::Serialize;

/// A link that whoever has it may use until it expires.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Link")]
pub struct LinkView {
    /// The URL to `GET`.
    pub url: String,
    /// From when on it is refused.
    #[schemars(extend("format" = "date-time"))]
    pub expires_at: String,
}

impl From<SignedLink> for LinkView {
    fn from(SignedLink { url, expires_at }: SignedLink) -> Self {
        Self { url, expires_at: expires_at.to_string() }
    }
}
