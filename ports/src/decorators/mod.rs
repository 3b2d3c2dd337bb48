//! Decorators: what is wrapped around any adapter of a port, made from ports alone.

mod backoff;

pub use backoff::Backoff;
