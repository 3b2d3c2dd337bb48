//! Fresh identifiers, as a port, so that the domain stays pure.

/// Makes identifiers that no other call, process or machine makes.
pub trait Ids: Send + Sync + 'static {
    /// A fresh identifier: 1 to 64 of `a-z`, `0-9` and `-`. Later ones sort after earlier ones of the same process
    /// in byte order, to the millisecond, so that they make sort keys that read in order of creation.
    fn next(&self) -> String;
}

impl<I: Ids + ?Sized> Ids for std::sync::Arc<I> {
    fn next(&self) -> String {
        (**self).next()
    }
}
