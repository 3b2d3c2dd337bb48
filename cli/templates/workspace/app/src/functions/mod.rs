//! The functions, one file each.

pub mod get_note;
pub mod put_note;
