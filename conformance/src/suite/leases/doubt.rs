//! Stores whose answers are lost, and stores that do nothing.

use std::sync::Arc;

use anyport_ports::Clock;
use anyport_ports::documents::Documents;

use super::{Bench, ensure_rising, ensure_taken, name, resources, take, ttl};
use crate::built::LeaseHandle;
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq};
use crate::faults::Faults;
use crate::suite::losing::{Losing, Loss};
use crate::suite::outage::Outage;

pub(super) fn checks() -> Vec<Check<LeaseHandle>> {
    checks![resources;
        "LEA-DOUBT-1" => an_acquisition_in_doubt_is_acquired_once,
        "LEA-DOUBT-2" => a_renewal_or_release_in_doubt_is_found_out,
        "LEA-ERR-1" => a_store_that_does_nothing_is_never_an_answer,
    ]
}

async fn an_acquisition_in_doubt_is_acquired_once(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, handle) = (Bench::of(&cx), cx.connect().await?);
    let losing = Losing::before(&handle.store.documents);
    let clock = Arc::clone(&bench.clock) as Arc<dyn Clock>;
    let (shaky, sound) = (handle.over(Arc::clone(&losing) as Arc<dyn Documents>, clock), bench.leases().await?);
    for loss in Loss::ALL {
        let name = name(&format!("lost {loss:?}"))?;
        let mut tokens = Vec::new();
        for standing in ["never held", "released"] {
            cx.note(format!("{name:?}, {standing}: the write meets {loss:?}"));
            losing.lose(loss);
            let held = take(&*shaky, &name, standing).await?;
            losing.catch_up().await;
            ensure_taken(&*sound, &name, "acquired by one whose answer was lost").await?;
            let renewed = sound.renew(&held, ttl()?).await?;
            ensure!(renewed.is_some(), "{standing}, {loss:?}: the lease in hand is not the one that stands");
            sound.release(&held).await?;
            tokens.push(held.token);
        }
        ensure_rising(&tokens)?;
    }
    Ok(())
}

async fn a_renewal_or_release_in_doubt_is_found_out(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, handle) = (Bench::of(&cx), cx.connect().await?);
    let losing = Losing::before(&handle.store.documents);
    let clock = Arc::clone(&bench.clock) as Arc<dyn Clock>;
    let (shaky, sound) = (handle.over(Arc::clone(&losing) as Arc<dyn Documents>, clock), bench.leases().await?);
    for loss in Loss::ALL {
        let name = name(&format!("lost {loss:?}"))?;
        let held = take(&*shaky, &name, "nobody held it").await?;
        bench.pass(ttl()?.length() / 2);
        losing.lose(loss);
        let renewed = shaky.renew(&held, ttl()?).await?;
        let renewed = renewed.ok_or_else(|| Violation::new(format!("a renewal that met {loss:?}: None")))?;
        losing.catch_up().await;
        bench.pass(ttl()?.length() / 2);
        ensure_taken(&*sound, &name, "renewed by one whose answer was lost").await?;
        ensure_eq!(renewed.token, held.token, "the token after a renewal that met {loss:?}");
        losing.lose(loss);
        // By what it knew before it was renewed: it is the same lease.
        shaky.release(&held).await?;
        take(&*sound, &name, &format!("released, which met {loss:?}")).await?;
        losing.catch_up().await;
        ensure_taken(&*sound, &name, "a release that arrives late").await?;
    }
    Ok(())
}

async fn a_store_that_does_nothing_is_never_an_answer(cx: Context<LeaseHandle>) -> Verdict {
    let (bench, faults, name) = (Bench::of(&cx), Faults::none(), name("outage")?);
    let clock = Arc::clone(&bench.clock) as Arc<dyn Clock>;
    let (sound, shaky) = (bench.leases().await?, cx.connect_through(&faults).await?.by(clock));
    let held = take(&*sound, &name, "nobody held it").await?;
    for outage in Outage::ALL {
        cx.note(format!("every call meets {outage:?}"));
        outage.begin(&faults).await;
        let acquired = shaky.acquire(&name, ttl()?).await;
        let (renewed, released) = (shaky.renew(&held, ttl()?).await, shaky.release(&held).await);
        outage.end(&faults).await;
        outage.expect(acquired, "acquire")?;
        outage.expect(renewed, "renew")?;
        outage.expect(released, "release")?;
        ensure_taken(&*sound, &name, "after calls that did nothing").await?;
    }
    Ok(())
}
