//! The scripts.

use crate::script::Script;

/// Reads records by sort key.
pub(super) static READ: Script = Script::new(include_str!("lua/read.lua"));
/// Lists records of a range.
pub(super) static LIST: Script = Script::new(include_str!("lua/list.lua"));
/// Writes, deletes and checks documents of a partition.
pub(super) static WRITE: Script = Script::new(include_str!("lua/write.lua"));
/// Lists changes of a shard.
pub(super) static CHANGES: Script = Script::new(include_str!("lua/changes.lua"));
/// Tells where the changes of a shard stand.
pub(super) static LATEST: Script = Script::new(include_str!("lua/latest.lua"));
/// Adds an entry to an index.
pub(super) static CLAIM: Script = Script::new(include_str!("lua/claim.lua"));
/// Lists members of a sorted set.
pub(super) static MEMBERS: Script = Script::new(include_str!("lua/members.lua"));
/// Adds a partition to the list of partitions.
pub(super) static ENLIST: Script = Script::new(include_str!("lua/enlist.lua"));
/// Takes a partition off the list of partitions.
pub(super) static DELIST: Script = Script::new(include_str!("lua/delist.lua"));
