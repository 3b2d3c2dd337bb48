//! Messages come back as they were published.

use std::collections::BTreeMap;

use anyport_ports::messages::{MAX_ATTRIBUTE_BYTES, MAX_EXTENSIONS, MAX_MESSAGE_BYTES, Message};

use super::consumer::{Consumer, LONG, event, publish};
use crate::check::{Check, Context, Verdict, checks, ensure, ensure_eq};
use crate::subject::MessageStore;
use crate::suite::resources;

pub(super) fn checks() -> Vec<Check<MessageStore>> {
    checks![resources;
        "MSG-PUB-3" => data_comes_back_exactly,
        "MSG-PUB-4" => attributes_come_back_exactly_and_none_is_added,
        "MSG-RCV-4" => every_delivery_of_a_message_is_the_same_message,
    ]
}

/// Publishes the messages, each by itself, and compares what comes with what was sent by this.
async fn round_trip<T: PartialEq + std::fmt::Debug>(
    cx: &Context<MessageStore>,
    messages: Vec<Message>,
    aspect: fn(&Message) -> T,
) -> Verdict {
    let consumer = Consumer::of(cx, "first").await?;
    let publisher = cx.connect().await?;
    for message in &messages {
        publish(&publisher, [message.clone()]).await?;
    }
    let sent: BTreeMap<&str, &Message> = messages.iter().map(|message| (message.id(), message)).collect();
    for held in consumer.gather(messages.len(), LONG).await? {
        let found = &held.delivery.message;
        let Some(expected) = sent.get(found.id()) else {
            return Err(crate::check::Violation::new(format!("nobody published {found:?}")));
        };
        // Not by `ensure_eq`: up to 32 KiB of bytes help nobody.
        ensure!(
            aspect(found) == aspect(expected),
            "{:?} came back altered: {:?}",
            expected.id(),
            first_difference(expected, found)
        );
    }
    Ok(())
}

/// Where two messages differ, in short.
fn first_difference(sent: &Message, found: &Message) -> String {
    if sent.data() != found.data() {
        let at = sent.data().iter().zip(found.data()).position(|(sent, found)| sent != found);
        let lengths = (sent.data().len(), found.data().len());
        return format!("data of {} bytes came as {} bytes, other from byte {at:?}", lengths.0, lengths.1);
    }
    let attributes = |message: &Message| {
        let (subject, content_type) = (message.subject().map(str::to_owned), message.content_type().map(str::to_owned));
        (message.source().to_owned(), message.kind().to_owned(), subject, content_type, message.extensions().clone())
    };
    format!("sent {:?}, found {:?}", attributes(sent), attributes(found))
}

async fn data_comes_back_exactly(cx: Context<MessageStore>) -> Verdict {
    let bare = |id: &str| Message::new(id, "conformance", "thing.happened");
    let bytes: Vec<u8> = (0..=255).chain([0xc0, 0xff, 0xed, 0xa0, 0x80]).collect();
    let room = MAX_MESSAGE_BYTES - bare("most")?.size() - "application/octet-stream".len();
    let most: Vec<u8> = (0..251).cycle().take(room).collect();
    let messages = vec![
        bare("none")?,
        bare("empty")?.with_data("application/octet-stream", Vec::new())?,
        bare("every-byte")?.with_data("application/octet-stream", bytes)?,
        bare("nul")?.with_data("text/plain", vec![0])?,
        bare("space-around")?.with_data("text/plain", " \t\r\n text \n\n")?,
        bare("base64-itself")?.with_data("text/plain", "aGVsbG8=")?,
        bare("json")?.with_data("application/json", r#"{"b": 1.0, "a": null}"#)?,
        bare("unicode")?.with_data("text/plain", "e\u{301} é 😀 \u{feff}\u{ffff}")?,
        bare("most")?.with_data("application/octet-stream", most)?,
    ];
    round_trip(&cx, messages, |message| message.data().clone()).await
}

async fn attributes_come_back_exactly_and_none_is_added(cx: Context<MessageStore>) -> Verdict {
    let bare = |id: &str| Message::new(id, "conformance", "thing.happened");
    let most = "é".repeat(MAX_ATTRIBUTE_BYTES / 2);
    let mut many = bare("many")?;
    for number in 0..MAX_EXTENSIONS {
        many = many.with_extension(format!("extension{number}"), format!("Value {number}"))?;
    }
    let messages = vec![
        bare("none")?,
        bare("only-data")?.with_data("Text/Plain; Charset=UTF-8", "x")?,
        bare("only-subject")?.with_subject("Orders/O-1 ?a=b&c#d")?,
        Message::new("odd-ones", "urn:Größe/😀", "Thing.Happened")?.with_subject(" padded ")?,
        bare("extensions")?
            .with_extension("tenant", "ACME \"quoted\" \\ back {brace} $dollar 'tick' <tag> %41")?
            .with_extension("accents", "e\u{301} is not é")?
            .with_extension("edges", "\u{feff}\u{2028}\u{ffff}\u{10ffff}")?
            .with_extension("number", "007")?
            .with_extension("boolean", "true")?
            .with_extension("most", most)?,
        bare("Case-Of-Id É 😀")?,
        many,
    ];
    round_trip(&cx, messages, Clone::clone).await
}

async fn every_delivery_of_a_message_is_the_same_message(cx: Context<MessageStore>) -> Verdict {
    let message = event("the-one")?.with_subject("of it")?.with_extension("tenant", "acme")?;
    publish(&cx.connect().await?, [message.clone()]).await?;
    let consumer = Consumer::of(&cx, "first").await?;
    for delivery in 1..=3 {
        let held = consumer.next(LONG).await?;
        let found = &held.delivery.message;
        ensure_eq!(found.id(), message.id(), "the id at delivery {delivery}");
        ensure!(*found == message, "delivery {delivery} is altered: {:?}", first_difference(&message, found));
        if delivery < 3 {
            consumer.nack(&held, std::time::Duration::ZERO).await?;
        }
    }
    Ok(())
}
