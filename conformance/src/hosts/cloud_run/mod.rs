//! Google Cloud Run and what pushes to it: the front end, Pub/Sub, Eventarc, Cloud Scheduler, Cloud Tasks.
//!
//! [`Google`] signs tokens and knows the time; a [`Container`] is a process that it starts with the environment of the
//! platform and ends by SIGTERM, and ten seconds later SIGKILL; a [`Service`] is what is reached at an address, be it a
//! container's or of a listener within the test. What is pushed is judged as Pub/Sub does: 102, 200, 201, 202 and 204
//! acknowledge, and nothing else.
//!
//! ```no_run
//! use std::process::Command;
//!
//! use anyport_conformance::hosts::cloud_run::{Google, Published, Subscription};
//!
//! # async fn example() -> std::io::Result<()> {
//! let google = Google::start().await?;
//! let container = google.run(Command::new("target/debug/app")).await?;
//! let subscription = Subscription::wrapped("fulfilment", "order-events.fulfilment");
//! let answer = subscription.push(&container.service(), &Published::new("data"), 1).await;
//! assert!(answer.is_acknowledged());
//! assert!(container.stop().await.was_graceful());
//! # Ok(()) }
//! ```

mod container;
mod eventarc;
pub mod firestore;
mod google;
mod pub_sub;
mod requests;
mod service;

pub use container::{Container, Stopped};
pub use eventarc::{Change, ChangeData};
pub use google::{ACCOUNT, AUDIENCE, Google, PROJECT};
pub use pub_sub::{Fate, Form, Published, Subscription};
pub use service::{Pushed, Service};

/// Where functions are pushed to.
pub fn path(function: &str) -> String {
    format!("/_anyport/push/{function}")
}
