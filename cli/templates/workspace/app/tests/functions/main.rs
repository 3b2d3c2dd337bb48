//! Each function, through every layer, over the adapter in memory.

mod notes;
mod site;
