//! What the workload is about. It is pure: no HTTP, no cloud, no clock, no environment; what it needs comes in through typed
//! handles, so that it runs on any store and any host, and its tests need neither.

pub mod notes;
