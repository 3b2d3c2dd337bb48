//! The embedded default: every port on one SQLite file and two folders. Durable, and shared by any number of processes of
//! one machine.
//!
//! [`SqliteStore`] has documents and their changes, messages, blobs and signed URLs; [`FileSecrets`] has secrets. An acknowledged write
//! survives the process and a loss of power.

mod blob_rows;
mod blobs;
mod changes;
mod connection;
mod deliveries;
mod document_rows;
mod documents;
mod error;
mod feed;
mod indexes;
mod listing;
mod messages;
mod objects;
mod open;
mod pool;
mod provision;
mod secrets;
mod select;
mod signed;
mod store;
mod sweep;
mod uploads;
mod writer;

pub use secrets::FileSecrets;
pub use store::SqliteStore;
