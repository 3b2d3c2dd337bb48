//! Making what a workload needs.
