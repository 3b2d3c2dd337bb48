//! What clients send and receive. The schemas that requests are held against, and that the OpenAPI document shows, are
//! read off these types; the patterns are the domain's own.

mod import;
mod order;
mod path;
mod receipt;
mod user;

pub use import::{ImportView, RefusalView, UploadView};
pub use order::{LineBody, NewOrderBody, OrderStatus, OrderView, PageQuery, TotalsView};
pub use path::{ImportPath, OrderPath, UserPath};
pub use receipt::ReceiptView;
pub use user::{UserBody, UserView};
