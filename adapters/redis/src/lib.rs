//! Redis and Valkey: documents by Lua scripts, messages on streams; on one server, a primary with replicas, or a cluster.
//!
//! Redis 7.0 or Valkey 7.2 and later. [`RedisStore`] has documents, scans, changes and messages, and makes collections, topics and
//! subscriptions. Where the server is, [`RedisSettings`] says, or else the variable `REDIS_URL`.
//!
//! # TLS
//!
//! With the feature `tls`, which is on by default, a URL may begin with `rediss://`: rustls on ring, TLS 1.2 or 1.3. The
//! server's certificate is always checked, against its name in the URL and the CAs that the system trusts. A private CA
//! is named by [`RedisSettings::ca_file`] for this store alone, or by the variables `SSL_CERT_FILE` and `SSL_CERT_DIR`
//! for the process, where it takes the place of the system's. The CAs are read once, when the store connects. A cluster's
//! nodes are checked by the names under which they know each other (`cluster-announce-hostname`, or the address).
//! Certificates of clients are not supported: the server needs `tls-auth-clients no` or `optional`, and tells users apart
//! by password.
//!
//! # What Redis promises, and what that makes of the contract
//!
//! Every clause of the ports holds for as long as the server keeps what it has acknowledged. How long that is, is a matter
//! of its settings, **and on no setting is it as long as with a database that replicates before it acknowledges**:
//!
//! - *A process that dies or a machine that loses power* loses what is not on disk: with the defaults of Redis up to an
//!   hour of writes. `appendonly yes` with `appendfsync everysec` loses about a second, with `appendfsync always` nothing
//!   that was acknowledged, at the price of a disk's write for every round of requests.
//! - *A failover* loses what the replica did not have yet, whatever the disk holds: replication is asynchronous. Then an
//!   acknowledged write is gone, a conditional write may succeed a second time, and a version may be seen that is no
//!   more. `min-replicas-to-write 1` with `min-replicas-max-lag 10` bounds it: a primary without its replicas stops
//!   taking writes (they are `Unavailable`) instead of taking some that nobody will know of. `WAIT` narrows the gap and
//!   does not close it, since a replica that did not confirm may be the one elected; this adapter does not use it.
//! - *A primary that is cut off* from the majority of a cluster goes on answering until `cluster-node-timeout` has passed.
//!   Clients that still reach it may read what has been written over elsewhere, and write what will be lost.
//! - *Memory that is full*: `maxmemory-policy` must be `noeviction`, as it is by default; any other throws documents away.
//!   At `maxmemory` writes are `Throttled`, and reads and deletes go on.
//!
//! Where no acknowledged write may be lost, use a store that replicates before it acknowledges, and Redis for what can be
//! made anew.
//!
//! # How documents are kept
//!
//! A prefix of the settings comes before each key. Of the collection `orders`, the partition `u1`, which is in the shard
//! 17 of 32, and the index `by-state` on documents whose state is `open`:
//!
//! | key | kind | holds |
//! |---|---|---|
//! | `anyport:collections` | hash | each collection's indexes, and whether it has a feed |
//! | `anyport:documents:{orders/17}:u1` | hash | by sort key: version, expiry in milliseconds or `-`, and the body as JSON |
//! | `anyport:order:{orders/17}:u1` | sorted set | the sort keys, in the order of their bytes |
//! | `anyport:expiry:{orders/17}:u1` | sorted set | the sort keys of documents that expire, by when |
//! | `anyport:changes:{orders/17}` | stream | of a collection with a feed, the changes of the last 25 hours |
//! | `anyport:index:{orders/by-state/open}` | sorted set | an entry for each document: rank, key, version, time |
//! | `anyport:partitions:{orders/0}` to `{orders/15}` | sorted set | the partitions there are, or were |
//! | `anyport:partitions-since:{orders/0}` to `{orders/15}` | hash | when each was last needed |
//!
//! What is in braces chooses the slot in a cluster, so that a shard is on one node, where a script reads or writes any
//! of a partition, and tells of the change, as one step; so a collection has up to 32 nodes to be spread over. Braces and
//! percent signs of an indexed text are written `%7B`, `%7D`, `%25`. Reads go to masters.
//!
//! Expiry goes by the server's clock, to the millisecond. An expired document is invisible from that instant; it is
//! removed by a later write to its partition, some at a time, or by the server with the last document of a partition of
//! which all expire. Its entries in indexes go when somebody lists them.
//!
//! Entries of indexes are made before a document is written, and taken out after it was replaced, so that a listing,
//! which looks at each document, misses none and shows none that is not there. The clocks of a cluster's nodes must agree
//! within four minutes.
//!
//! A change is told by the script that writes, and so neither without the write nor the write without it. A failover that
//! loses writes loses their changes too; while the new master's clock is behind, a reader may miss changes.
//!
//! No write of a document is ever sent twice by itself; what goes before it and is harmless twice, may be. A write whose
//! answer was lost is looked for once: if it stands, it succeeded, else it is `Indeterminate`.

mod connection;
mod documents;
mod error;
mod messages;
mod provision;
mod registry;
mod script;
mod settings;
mod store;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;

pub use settings::RedisSettings;
pub use store::RedisStore;
