//! Collections that nobody provisioned.

use anyport_ports::documents::{Condition, IndexQuery, Key, Keys, Partition, Query, ScanQuery, Segment, Transaction};
use anyport_ports::{CollectionName, ErrorKind};
use serde_json::json;

use super::writing;
use crate::check::{Check, Context, Verdict, checks, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{BY_STATE, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources; "DOC-COL-1" => an_unknown_collection_is_not_found]
}

async fn an_unknown_collection_is_not_found(cx: Context<DocumentStore>) -> Verdict {
    const NOWHERE: CollectionName = CollectionName::from_static("never-provisioned");
    const NOT_FOUND: ErrorKind = ErrorKind::NotFound;

    let DocumentStore { documents, scan } = cx.connect().await?;
    let key = Key::new("p", "s")?;
    let put = writing(&json!({ "a": 1 }))?;
    for condition in [Condition::Always, Condition::Absent] {
        let put = put.clone().when(condition.clone());
        expect_error(documents.put(&NOWHERE, &key, &put).await, NOT_FOUND, "put")?;
        expect_error(documents.delete(&NOWHERE, &key, &condition).await, NOT_FOUND, "delete")?;
        let empty = || Transaction::in_partition(key.partition().clone());
        for transaction in
            [empty().put("s", put)?, empty().delete("s", condition.clone())?, empty().check("s", condition)?]
        {
            expect_error(documents.transact(&NOWHERE, &transaction).await, NOT_FOUND, "transact")?;
        }
    }
    // After the writes, so that one which made the collection is found out.
    expect_error(documents.get(&NOWHERE, &key).await, NOT_FOUND, "get")?;
    expect_error(documents.get_many(&NOWHERE, &Keys::new([key])?).await, NOT_FOUND, "get_many")?;
    expect_error(documents.query(&NOWHERE, &Query::partition(Partition::new("p")?)).await, NOT_FOUND, "query")?;
    expect_error(documents.query_index(&NOWHERE, &IndexQuery::new(BY_STATE, "open")).await, NOT_FOUND, "query_index")?;
    expect_error(scan.scan(&NOWHERE, &ScanQuery::segment(Segment::whole())).await, NOT_FOUND, "scan")
}
