//! The functions, one file each.

mod change_user;
mod create_user;
mod delete_user;
mod erase_receipts;
mod expire_unpaid_orders;
mod fulfil_order;
mod get_import;
mod get_order;
mod get_receipt;
mod get_totals;
mod get_user;
mod import_users;
mod list_orders;
mod pay_order;
mod place_order;
mod relay_order_events;
mod start_import;

pub use change_user::change_user;
pub use create_user::create_user;
pub use delete_user::delete_user;
pub use erase_receipts::erase_receipts;
pub use expire_unpaid_orders::expire_unpaid_orders;
pub use fulfil_order::fulfil_order;
pub use get_import::get_import;
pub use get_order::get_order;
pub use get_receipt::get_receipt;
pub use get_totals::get_totals;
pub use get_user::get_user;
pub use import_users::import_users;
pub use list_orders::list_orders;
pub use pay_order::pay_order;
pub use place_order::place_order;
pub use relay_order_events::relay_order_events;
pub use start_import::start_import;
