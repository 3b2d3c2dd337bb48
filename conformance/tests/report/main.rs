//! The report: what it counts, and what each rendering says of it.

#![expect(clippy::expect_used, reason = "a test says by it what it takes for granted")]

mod against;
mod html;
mod json;
mod junit;
mod markdown;
mod sample;
mod verdict;
mod write;
