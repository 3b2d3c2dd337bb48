//! Doubles of the hosts that call functions: strict about what a host asks of the process, and driven by tests.

pub mod azure_functions;
pub mod cloud_run;
pub mod gateway;
pub mod runtime_api;
