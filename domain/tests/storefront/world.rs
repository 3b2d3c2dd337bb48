//! A storefront on a fresh store.

use std::sync::Arc;
use std::time::Duration;

use anyport_memory::{ManualClock, Memory, MemoryStore, SequentialIds};
use anyport_ports::Clock;
use anyport_ports::blobs::{BlobName, BlobRange, Blobs};
use anyport_ports::documents::Documents;
use anyport_ports::handles::{
    BlobReader, BlobSigner, BlobWriter, Bucket, Handle, NamedSecret, Reader, SecretOf, Stored, Subscriber, Writer,
};
use anyport_ports::messages::{Messages, Receive};
use anyport_ports::outbox::{DocumentOutbox, Outbox, OutboxStore, Relay};
use anyport_ports::resources::{Provision, Resources};
use domain::imports::{ImportResults, ImportUsers, Imports, StartImport};
use domain::orders::{
    ExpireUnpaid, Line, NewOrder, OrderEvents, OrderPlaced, Orders, PayOrder, PlaceOrder, RelayEvents,
};
use domain::receipts::{Fulfil, Fulfilment, ReceiptKey, ReceiptLink, Receipts};
use domain::users::{Directory, Email, Emails, PersonName, Profile, User, Users, find};
use domain::{OrderId, Sku, UserId};

use crate::gateway::Gateway;
use crate::steps::run;

pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: MemoryStore,
    pub(crate) ids: Arc<SequentialIds>,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::new());
        let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let mut resources = Resources::default();
        let needs = [
            Reader::<Users>::needs(),
            Reader::<Emails>::needs(),
            Reader::<Orders>::needs(),
            Relay::<Orders, OrderEvents>::needs(),
            BlobReader::<Receipts>::needs(),
            BlobReader::<Imports>::needs(),
            BlobReader::<ImportResults>::needs(),
        ];
        needs.iter().flatten().for_each(|need| resources.merge(need.resources()));
        resources.merge(Fulfilment::resources());
        run(store.handle().provision(&resources)).unwrap();
        store.put_secret(&ReceiptKey::NAME, "a key of the tests");
        Self { clock, store, ids: Arc::new(SequentialIds::new()) }
    }

    /// A store that nothing was provisioned in.
    pub(crate) fn bare() -> MemoryStore {
        MemoryStore::new(Arc::new(ManualClock::new()))
    }

    pub(crate) fn memory(&self) -> Memory {
        self.store.handle()
    }

    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    pub(crate) fn wait(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    pub(crate) fn directory_on(&self, documents: Arc<dyn Documents>) -> Directory {
        let users = (Reader::new(Arc::clone(&documents)), Writer::new(Arc::clone(&documents)));
        let emails = (Reader::new(Arc::clone(&documents)), Writer::new(documents));
        Directory::new(users, emails, self.clock())
    }

    pub(crate) fn directory(&self) -> Directory {
        self.directory_on(Arc::new(self.memory()))
    }

    pub(crate) fn users(&self) -> Reader<Users> {
        Reader::new(Arc::new(self.memory()))
    }

    pub(crate) fn orders(&self) -> Reader<Orders> {
        Reader::new(Arc::new(self.memory()))
    }

    pub(crate) fn place_order_on(&self, documents: Arc<dyn Documents>, messages: Arc<dyn Messages>) -> PlaceOrder {
        PlaceOrder {
            users: Reader::new(Arc::clone(&documents)),
            orders: Reader::new(Arc::clone(&documents)),
            ledger: Outbox::new(self.outbox_on(Arc::clone(&documents), Arc::clone(&messages)), Arc::default()),
            relay: Relay::new(self.outbox_on(documents, messages)),
            clock: self.clock(),
        }
    }

    fn outbox_on(&self, documents: Arc<dyn Documents>, messages: Arc<dyn Messages>) -> Arc<dyn OutboxStore> {
        Arc::new(DocumentOutbox::new(
            documents,
            messages,
            self.clock(),
            Arc::clone(&self.ids) as Arc<dyn anyport_ports::Ids>,
        ))
    }

    pub(crate) fn relay_events(&self) -> RelayEvents {
        let relay = Relay::new(self.outbox_on(Arc::new(self.memory()), Arc::new(self.memory())));
        RelayEvents { relay }
    }

    pub(crate) fn place_order(&self) -> PlaceOrder {
        self.place_order_on(Arc::new(self.memory()), Arc::new(self.memory()))
    }

    pub(crate) fn pay_order(&self) -> PayOrder {
        self.pay_order_at(&Arc::default())
    }

    pub(crate) fn pay_order_at(&self, gateway: &Arc<Gateway>) -> PayOrder {
        let ledger = Writer::new(Arc::new(self.memory()));
        PayOrder { users: self.users(), orders: self.orders(), ledger, gateway: Arc::clone(gateway) as _ }
    }

    pub(crate) fn expire_unpaid(&self) -> ExpireUnpaid {
        ExpireUnpaid { orders: self.orders(), ledger: Writer::new(Arc::new(self.memory())) }
    }

    pub(crate) fn fulfil(&self) -> Fulfil {
        Fulfil {
            orders: self.orders(),
            receipts: BlobWriter::new(Arc::new(self.memory())),
            key: SecretOf::new(Arc::new(self.memory())),
        }
    }

    pub(crate) fn receipt_link(&self) -> ReceiptLink {
        ReceiptLink {
            users: self.users(),
            orders: self.orders(),
            receipts: BlobReader::new(Arc::new(self.memory())),
            signer: BlobSigner::new(Arc::new(self.memory())),
            clock: self.clock(),
        }
    }

    pub(crate) fn start_import(&self) -> StartImport {
        let results = BlobWriter::new(Arc::new(self.memory()));
        let signer = BlobSigner::new(Arc::new(self.memory()));
        StartImport { results, signer, clock: self.clock(), ids: Arc::clone(&self.ids) as Arc<dyn anyport_ports::Ids> }
    }

    pub(crate) fn import_users_on(&self, documents: Arc<dyn Documents>) -> ImportUsers {
        ImportUsers {
            files: BlobReader::new(Arc::new(self.memory())),
            results: BlobWriter::new(Arc::new(self.memory())),
            directory: self.directory_on(documents),
        }
    }

    pub(crate) fn import_users(&self) -> ImportUsers {
        self.import_users_on(Arc::new(self.memory()))
    }

    /// A user who is there.
    pub(crate) fn user(&self, id: &str, email: &str) -> Stored<User> {
        run(self.directory().create(user_id(id), profile("Ada", email))).unwrap()
    }

    /// Which of these users there are.
    pub(crate) fn standing<'a>(&self, ids: &[&'a str]) -> Vec<(&'a str, String)> {
        let user = |id: &&'a str| run(find(&self.users(), &user_id(id))).ok().map(|user| (*id, user.item.email.into()));
        ids.iter().filter_map(user).collect()
    }

    /// The events told so far to the subscription that fulfils orders; each once.
    pub(crate) fn told(&self) -> Vec<OrderPlaced> {
        let memory = self.memory();
        let receive = Receive::new(10, Duration::from_secs(30)).unwrap();
        let mut told = Vec::new();
        loop {
            let deliveries = run(memory.receive(&Fulfilment::subscription(), receive)).unwrap();
            if deliveries.is_empty() {
                return told;
            }
            told.extend(deliveries.iter().map(|delivery| Fulfilment::event(delivery).unwrap()));
        }
    }

    pub(crate) fn blob<B: Bucket>(&self, name: &str) -> Option<String> {
        let name = BlobName::new(name).unwrap();
        let blob = run(Blobs::get(&self.memory(), &B::NAME, &name, BlobRange::All)).ok()?;
        Some(String::from_utf8(run(blob.bytes(1 << 20)).unwrap().to_vec()).unwrap())
    }
}

pub(crate) fn user_id(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub(crate) fn order_id(id: &str) -> OrderId {
    OrderId::new(id).unwrap()
}

pub(crate) fn email(email: &str) -> Email {
    Email::new(email).unwrap()
}

pub(crate) fn profile(name: &str, address: &str) -> Profile {
    Profile { name: PersonName::new(name).unwrap(), email: email(address) }
}

pub(crate) fn new_order(id: &str, quantity: u32) -> NewOrder {
    let line = Line { sku: Sku::new("tea").unwrap(), quantity, unit_price_cents: 250 };
    NewOrder { id: order_id(id), lines: vec![line] }
}
