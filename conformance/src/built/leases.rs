//! Leases as a handle under test.

use std::sync::Arc;

use anyport_ports::Clock;
use anyport_ports::documents::Documents;
use anyport_ports::leases::{DocumentLeases, Leases};

use super::handles::OfDocuments;
use super::ids::UniqueIds;
use crate::faults::{Faultable, Faults};
use crate::subject::DocumentStore;

/// Makes leases on documents, that run by a clock.
pub type MakeLeases = Arc<dyn Fn(Arc<dyn Documents>, Arc<dyn Clock>) -> Arc<dyn Leases> + Send + Sync>;

/// Leases, and the documents that they are kept in.
#[derive(Clone)]
pub struct LeaseHandle {
    /// The documents.
    pub store: DocumentStore,
    /// The adapter's time.
    pub clock: Arc<dyn Clock>,
    /// How leases are made.
    pub make: MakeLeases,
}

impl LeaseHandle {
    /// Leases by the adapter's time.
    pub fn leases(&self) -> Arc<dyn Leases> {
        self.by(Arc::clone(&self.clock))
    }

    /// Leases by this clock. They are in the adapter's documents all the same: a check may have a holder's clock be wrong,
    /// and on any store need not wait for time to pass.
    pub fn by(&self, clock: Arc<dyn Clock>) -> Arc<dyn Leases> {
        self.over(Arc::clone(&self.store.documents), clock)
    }

    /// Leases by this clock over documents that the check has put something in front of.
    pub fn over(&self, documents: Arc<dyn Documents>, clock: Arc<dyn Clock>) -> Arc<dyn Leases> {
        (self.make)(documents, clock)
    }
}

impl OfDocuments for LeaseHandle {
    fn of(store: DocumentStore, clock: Arc<dyn Clock>) -> Self {
        let make = |documents, clock| Arc::new(DocumentLeases::new(documents, clock, Arc::new(UniqueIds))) as _;
        Self { store, clock, make: Arc::new(make) }
    }
}

impl Faultable for LeaseHandle {
    fn through(self, faults: &Faults) -> Self {
        Self { store: self.store.through(faults), ..self }
    }
}
