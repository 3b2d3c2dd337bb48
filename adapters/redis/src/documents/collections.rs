//! Which collections there are.

use anyport_ports::documents::Index;
use serde::{Deserialize, Serialize};

/// What is known of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Collection {
    /// Its declared indexes.
    pub(crate) indexes: Vec<Index>,
}
