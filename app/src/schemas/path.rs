//! The parameters of routes.

use domain::{ImportId, OrderId, UserId};
use schemars::JsonSchema;
use serde::Deserialize;

/// Names a user.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct UserPath {
    /// The user's id.
    #[schemars(with = "String", regex(pattern = UserId::PATTERN))]
    pub user: UserId,
}

/// Names an order.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct OrderPath {
    /// The user's id.
    #[schemars(with = "String", regex(pattern = UserId::PATTERN))]
    pub user: UserId,
    /// The order's id.
    #[schemars(with = "String", regex(pattern = OrderId::PATTERN))]
    pub order: OrderId,
}

/// Names an import.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ImportPath {
    /// The import's id.
    #[schemars(with = "String", regex(pattern = ImportId::PATTERN))]
    pub import: ImportId,
}
