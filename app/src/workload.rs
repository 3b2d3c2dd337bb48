//! All functions of the storefront.

use std::time::Duration;

use anyport_runtimes::{Function, Idempotent, Limits, Method, Workload};
use domain::imports::Imports;
use domain::receipts::Fulfilment;
use domain::users::Users;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::functions::{
    change_user, create_user, delete_user, erase_receipts, expire_unpaid_orders, fulfil_order, get_import, get_order,
    get_receipt, get_totals, get_user, import_users, list_orders, pay_order, place_order, relay_order_events,
    start_import,
};

/// When the clock calls: cron patterns in UTC, of five fields, or six with seconds in front.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Schedules {
    /// When unpaid orders expire. Default `0 3 * * *`: nightly.
    pub expiry: String,
    /// When events are published that whoever placed the order did not publish. Default `* * * * *`: every minute.
    pub relay: String,
}

impl Default for Schedules {
    fn default() -> Self {
        Self { expiry: "0 3 * * *".to_owned(), relay: "* * * * *".to_owned() }
    }
}

/// The storefront, whose functions the clock calls by these schedules.
pub fn storefront(schedules: &Schedules) -> Workload {
    users(Workload::new("storefront"))
        .function(
            Function::http("place-order", Method::POST, "/api/users/{user}/orders", place_order)
                .summary("Places an order; placing it again under its id gives the same order")
                .idempotent(Idempotent::optional()),
        )
        .function(
            Function::http("list-orders", Method::GET, "/api/users/{user}/orders", list_orders)
                .summary("Lists a user's orders by id, page by page"),
        )
        .function(
            Function::http("get-order", Method::GET, "/api/users/{user}/orders/{order}", get_order)
                .summary("Shows an order"),
        )
        .function(
            Function::http("pay-order", Method::POST, "/api/users/{user}/orders/{order}/payment", pay_order)
                .summary("Pays an order")
                .idempotent(Idempotent::optional()),
        )
        .function(
            Function::http("get-receipt", Method::GET, "/api/users/{user}/orders/{order}/receipt", get_receipt)
                .summary("Gives a link to an order's receipt, once it is fulfilled"),
        )
        .function(
            Function::http("get-totals", Method::GET, "/api/users/{user}/totals", get_totals)
                .summary("Shows what a user's orders add up to"),
        )
        .function(
            Function::subscription::<Fulfilment, _, _>("fulfil-order", fulfil_order)
                .summary("Writes the receipt of an order that was placed")
                // A replica that dies keeps its messages from the others for as long, and a margin.
                .limits(Limits { timeout: Duration::from_secs(5), ..Limits::default() }),
        )
        .function(
            Function::document_changed::<Users, _, _>("erase-receipts", erase_receipts)
                .summary("Erases the receipts of users who were deleted")
                .limits(Limits { concurrency: 1, ..Limits::default() }),
        )
        .function(
            Function::schedule("relay-order-events", &schedules.relay, relay_order_events)
                .summary("Publishes what was recorded of orders and not published yet")
                .limits(Limits { timeout: Duration::from_secs(50), concurrency: 1, ..Limits::default() }),
        )
        .function(
            Function::schedule("expire-unpaid-orders", &schedules.expiry, expire_unpaid_orders)
                .summary("Expires orders that nobody paid")
                .limits(Limits { timeout: Duration::from_mins(10), concurrency: 1, ..Limits::default() }),
        )
        .function(
            Function::http("start-import", Method::POST, "/api/imports", start_import)
                .summary("Gives a place to upload a CSV file of users to"),
        )
        .function(
            Function::http("get-import", Method::GET, "/api/imports/{import}", get_import)
                .summary("Shows how far an import has come, and what came of it"),
        )
        .function(
            Function::blob_created::<Imports, _, _>("import-users", Imports::USERS, import_users)
                .summary("Imports the users of an uploaded CSV file")
                .limits(Limits { timeout: Duration::from_mins(10), concurrency: 2, ..Limits::default() }),
        )
}

fn users(workload: Workload) -> Workload {
    workload
        .function(
            Function::http("create-user", Method::POST, "/api/users", create_user)
                .summary("Creates a user, whose e-mail address no other user has")
                .idempotent(Idempotent::optional()),
        )
        .function(Function::http("get-user", Method::GET, "/api/users/{user}", get_user).summary("Shows a user"))
        .function(
            Function::http("change-user", Method::PUT, "/api/users/{user}", change_user)
                .summary("Replaces a user's name and e-mail address, if the user is as the client saw it"),
        )
        .function(
            Function::http("delete-user", Method::DELETE, "/api/users/{user}", delete_user).summary("Deletes a user"),
        )
}
