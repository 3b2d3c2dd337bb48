//! Records that are not as written.

use anyport_ports::ErrorKind;
use anyport_ports::documents::{Body, Put};
use serde_json::{Value, json};

use super::{Bench, LEASE, acquire, answer, asking, claim, resources};
use crate::built::IdempotencyHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, expect_error};

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources; "IDM-RECORD-1" => a_record_that_is_not_as_written_is_an_error]
}

/// What a field of a record in progress is replaced by; nothing, where it is taken away.
fn faults() -> Vec<(&'static str, Option<Value>)> {
    let mut faults: Vec<_> = ["v", "status", "owner", "attempt", "fingerprint", "lease_until_ms", "expires_at_ms"]
        .into_iter()
        .flat_map(|field| [(field, None), (field, Some(Value::Null))])
        .collect();
    let lease = [json!(0), json!(-1), json!(1_767_225_600), json!("1767225600000"), json!(1.5), json!(i64::MAX)];
    faults.extend(lease.map(|value| ("lease_until_ms", Some(value))));
    faults.extend([
        ("v", Some(json!(2))),
        ("status", Some(json!("done"))),
        ("status", Some(json!("completed"))),
        ("fingerprint", Some(json!(""))),
        ("id", Some(json!("another"))),
    ]);
    faults
}

async fn a_record_that_is_not_as_written_is_an_error(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let (same, different) = (claim("k")?, asking("k", "another order")?);
    let owner = acquire(&*process, &same, "work that nobody claimed").await?;
    bench.pass(LEASE);
    let sound = bench.document(&same).await?.ok_or_else(|| Violation::new("a claim left no record"))?;
    let at = same.address()?;
    for (field, value) in faults() {
        let mut fields = sound.body.fields().clone();
        let fault = value.as_ref().map_or_else(|| format!("no {field}"), |value| format!("{field} = {value}"));
        match value {
            Some(value) => fields.insert(field.to_owned(), value),
            None => fields.remove(field),
        };
        let put = Put::new(Body::new(fields)?).expires_at(sound.expires_at);
        bench.handle.store.documents.put(at.collection(), at.key(), &put).await?;
        let before = bench.document(&same).await?;
        for claim in [&same, &different] {
            let claimed = other.claim(claim).await;
            expect_error(claimed, ErrorKind::Internal, &format!("a claim that finds a record of {fault}"))?;
        }
        let completion = process.complete(&owner, &answer(200)).await;
        expect_error(completion, ErrorKind::Internal, &format!("a completion that finds a record of {fault}"))?;
        bench.ensure_unchanged(&same, before.as_ref(), &format!("claims of a record of {fault}")).await?;
    }
    Ok(())
}
