//! The function model and the plain server, over real sockets, on the reference model of the ports.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bad_input;
mod blobs;
mod client;
mod consumers;
mod drain;
mod feeds;
mod layers;
mod model;
mod notes;
mod openapi;
mod pipeline;
mod schedules;
mod settings;
mod site;
