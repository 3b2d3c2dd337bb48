//! Work that is completed.

use anyport_ports::idempotency::{Completion, KeptHeaders, StoredResponse};

use super::{Bench, LEASE, acquire, answer, claim, ensure_in_progress, ensure_is, ensure_replays, resources};
use crate::built::IdempotencyHandle;
use crate::check::{Check, Context, Verdict, checks};

pub(super) fn checks() -> Vec<Check<IdempotencyHandle>> {
    checks![resources;
        "IDM-DONE-1" => an_answer_comes_back_whole,
        "IDM-DONE-3" => the_first_completion_stays,
        "IDM-DONE-4" => an_owner_that_was_taken_over_is_fenced,
    ]
}

/// Answers of every kind, each under a name.
fn answers() -> Vec<(&'static str, StoredResponse)> {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let headers =
        [("content-type", "text/plain; charset=utf-8"), ("link", "<b>"), ("Location", "/a?b=c&d"), ("link", "<a>")];
    vec![
        ("nothing", StoredResponse::done()),
        ("a created thing", StoredResponse::new(201, "{\"id\":7}").with_headers(headers, &KeptHeaders::default())),
        ("a failure", StoredResponse::new(422, "{ \"type\": \"about:blank\" }\n")),
        ("a failure of the server", StoredResponse::new(500, "")),
        ("odd text", StoredResponse::new(200, "\u{0}\u{feff}e\u{301}\u{1f600}\r\n\"\\")),
        ("every byte", StoredResponse::new(200, every_byte.clone())),
        ("what a document just holds", StoredResponse::new(200, every_byte.repeat(700))),
    ]
}

async fn an_answer_comes_back_whole(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    for (name, response) in answers() {
        let claim = claim(name)?;
        let owner = acquire(&*process, &claim, name).await?;
        ensure_is(&process.complete(&owner, &response).await?, &Completion::Completed, name)?;
        ensure_replays(&*other, &claim, &response, name).await?;
    }
    Ok(())
}

async fn the_first_completion_stays(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let claim = claim("k")?;
    let owner = acquire(&*process, &claim, "work that nobody claimed").await?;
    ensure_is(&process.complete(&owner, &answer(201)).await?, &Completion::Completed, "a completion")?;
    let before = bench.document(&claim).await?;
    for status in [201, 500] {
        let again = process.complete(&owner, &answer(status)).await?;
        ensure_is(&again, &Completion::Completed, &format!("a completion once more, with {status}"))?;
        bench.ensure_unchanged(&claim, before.as_ref(), "a completion once more").await?;
    }
    ensure_replays(&*other, &claim, &answer(201), "a claim after two completions").await
}

async fn an_owner_that_was_taken_over_is_fenced(cx: Context<IdempotencyHandle>) -> Verdict {
    let bench = Bench::of(&cx).await?;
    let (process, other) = (bench.process().await?, bench.process().await?);
    let claim = claim("k")?;
    let paused = acquire(&*process, &claim, "work that nobody claimed").await?;
    bench.pass(LEASE);
    let owner = acquire(&*other, &claim, "work past its lease").await?;
    let before = bench.document(&claim).await?;
    let late = process.complete(&paused, &answer(201)).await?;
    ensure_is(&late, &Completion::Fenced(None), "the completion of an owner that was taken over")?;
    bench.ensure_unchanged(&claim, before.as_ref(), "a completion that was fenced").await?;
    ensure_in_progress(&*process, &claim, "a claim after a completion that was fenced").await?;
    ensure_is(&other.complete(&owner, &answer(202)).await?, &Completion::Completed, "the completion of who took over")?;
    let later = process.complete(&paused, &answer(201)).await?;
    ensure_is(
        &later,
        &Completion::Fenced(Some(answer(202))),
        "the completion of an owner whose work another completed",
    )?;
    ensure_replays(&*process, &claim, &answer(202), "a claim after both have completed").await?;

    let claim = super::claim("nobody takes it over")?;
    let slow = acquire(&*process, &claim, "work that nobody claimed").await?;
    bench.pass(LEASE * 3);
    let completion = process.complete(&slow, &answer(203)).await?;
    ensure_is(&completion, &Completion::Completed, "the completion past the lease of work that nobody took over")?;
    ensure_replays(&*other, &claim, &answer(203), "a claim after a completion past the lease").await?;

    let claim = super::claim("released")?;
    let gone = acquire(&*process, &claim, "work that nobody claimed").await?;
    let released = process.release(&gone).await?;
    ensure_is(&released, &anyport_ports::idempotency::Release::Released, "a release")?;
    let completion = process.complete(&gone, &answer(204)).await?;
    ensure_is(&completion, &Completion::Fenced(None), "the completion of work whose record is gone")?;
    bench.ensure_unchanged(&claim, None, "the completion of work whose record is gone").await
}
