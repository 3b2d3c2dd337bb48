//! The proxies of faults on the wire: each fault does what it says, seen from both sides.

mod address;
mod http;
mod resp;
