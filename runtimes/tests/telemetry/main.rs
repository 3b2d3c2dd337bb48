//! What a process tells of its calls: its log, its traces, its metrics; by processes of their own, where the whole of
//! standard output matters.

mod calls;
mod lines;
mod process;
mod shop;
mod spans;
