//! Redis and Valkey.

mod connection;
mod documents;
mod error;
mod messages;
mod provision;
mod registry;
mod script;
mod settings;
mod store;

pub use settings::RedisSettings;
pub use store::RedisStore;
