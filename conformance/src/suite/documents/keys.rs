//! Keys address documents, each its own.

use anyport_ports::documents::{
    Condition, Document, Key, MAX_KEY_BYTES, MAX_TRANSACTION, Partition, Query, Transaction,
};
use anyport_ports::{ErrorKind, Result};
use serde_json::{Value, json};

use super::{ensure_absent, read_all, side_by_side, standing, write, write_numbered, writing};
use crate::check::{Check, Context, Verdict, Violation, checks, ensure, ensure_eq, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{OTHER_THINGS, THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-KEY-1" => different_keys_address_different_documents,
        "DOC-KEY-2" => collections_and_partitions_share_nothing,
    ]
}

/// Texts that are easily taken for one another, or for something else.
#[rustfmt::skip]
const TEXTS: &[&str] = &[
    // Space, case, numbers, literals.
    "a", "A", "b", " a", "a ", "a\t", " ", "  ", "0", "00", "1", "01", "1.0", "1e0", "-1", "true", "null", "undefined",
    // What separates, escapes or reserves somewhere.
    "a/b", "a//b", "/", "a\\b", "\\", "a%2Fb", "%", "%25", "a+b", "a b", "a?b", "a#b", "#", "a:b", "a|b", "a,b", "a;b",
    "a\"b", "'", "`", "*", "-", "~", "$", "$a", "@", "{}", "[0]", "<a>", "&amp;", ".", "..", "...", "a.", "_", "__",
    "__a__", "__id__",
    // Control characters.
    "\0", "a\0", "a\0b", "\n", "\r\n", "\u{7f}", "\u{80}", "\u{1f}",
    // Beyond ASCII: composed and not, folded and not, invisible, and the ends of planes.
    "é", "e\u{301}", "É", "ß", "ss", "SS", "İ", "i\u{307}", "ı", "ﬁ", "fi", "\u{2126}", "\u{3a9}", "日本", "💥",
    "👩\u{200d}🚀", "👩🚀", "\u{feff}", "\u{feff}a", "\u{200b}", "\u{fffd}", "\u{e000}", "\u{ffff}", "\u{10ffff}",
];

/// Keys of the greatest length, and those that they become if their end is lost.
fn longest() -> Vec<String> {
    let almost = "x".repeat(MAX_KEY_BYTES - 1);
    vec![
        format!("{almost}y"),
        format!("{almost}z"),
        almost,
        "é".repeat(MAX_KEY_BYTES / 2),
        "💥".repeat(MAX_KEY_BYTES / 4),
        "\0".repeat(MAX_KEY_BYTES),
    ]
}

/// Keys whose parts, put together, are the same text.
const JOINED: &[(&str, &str)] = &[
    ("a", "b/c"),
    ("a/b", "c"),
    ("a", "b#c"),
    ("a#b", "c"),
    ("a", "b|c"),
    ("a|b", "c"),
    ("a", "b:c"),
    ("a:b", "c"),
    ("a", "b\0c"),
    ("a\0b", "c"),
    ("ab", "c"),
    ("a", "bc"),
    ("a", "b%2Fc"),
    ("c", "a"),
    ("c", "b"),
];

async fn different_keys_address_different_documents(cx: Context<DocumentStore>) -> Verdict {
    let (writer, reader) = (cx.connect().await?, cx.connect().await?);
    let texts: Vec<String> = TEXTS.iter().map(|text| (*text).to_owned()).chain(longest()).collect();
    let sorted: Vec<Key> = texts.iter().map(|text| Key::new("one partition", text)).collect::<Result<_>>()?;
    let parted = texts.iter().map(|text| Key::new(text, "one sort key"));
    let joined = JOINED.iter().map(|(partition, sort)| Key::new(*partition, *sort));
    let others: Vec<Key> = parted.chain(joined).collect::<Result<_>>()?;
    let keys = [sorted.clone(), others].concat();
    write_numbered(&writer, &keys).await?;

    for (number, found) in numbers_by_get(&reader, &keys).await?.into_iter().enumerate() {
        ensure_eq!(found, Some(json!(number)), "the document at {}, by get", keys[number]);
    }
    for (number, found) in numbers_by_get_many(&reader, &keys).await?.into_iter().enumerate() {
        ensure_eq!(found, Some(json!(number)), "the document at {}, by get_many", keys[number]);
    }
    let listed = reader.documents.query(&THINGS, &Query::partition(sorted[0].partition().clone())).await?;
    for key in &sorted {
        let times = listed.documents.iter().filter(|document| document.key == *key).count();
        ensure_eq!(times, 1, "times that query lists {key}");
    }
    ensure_eq!(listed.documents.len(), sorted.len(), "documents that query lists");

    // Every second one is deleted; the others stay.
    let (gone, rest): (Vec<_>, Vec<_>) = sorted.iter().enumerate().partition(|(number, _)| number % 2 == 0);
    for keys in gone.chunks(MAX_TRANSACTION) {
        let empty = Transaction::in_partition(sorted[0].partition().clone());
        let deletes =
            keys.iter().try_fold(empty, |deletes, (_, key)| deletes.delete(key.sort(), Condition::Present))?;
        writer.documents.transact(&THINGS, &deletes).await?;
    }
    let left = numbers_by_get_many(&reader, &sorted).await?;
    for (number, key) in gone {
        ensure_eq!(left[number], None, "{key} after it was deleted");
    }
    for (number, key) in rest {
        ensure_eq!(left[number], Some(json!(number)), "{key} after others were deleted");
    }

    let too_long = "x".repeat(MAX_KEY_BYTES + 1);
    expect_error(Key::new(&too_long, "s"), ErrorKind::TooLarge, "a partition key of 257 bytes")?;
    expect_error(Key::new("p", &too_long), ErrorKind::TooLarge, "a sort key of 257 bytes")?;
    expect_error(Key::new("", "s"), ErrorKind::InvalidInput, "an empty partition key")?;
    expect_error(Key::new("p", ""), ErrorKind::InvalidInput, "an empty sort key")
}

/// The numbers written under these keys, if the documents say that these are their keys.
async fn numbers_by_get(store: &DocumentStore, keys: &[Key]) -> Result<Vec<Option<Value>>> {
    let reads = keys.iter().map(|key| async move {
        let found = store.documents.get(&THINGS, key).await?;
        Ok(found.filter(|document| document.key == *key).and_then(|document| document.body.fields().get("n").cloned()))
    });
    side_by_side(reads).await
}

async fn numbers_by_get_many(store: &DocumentStore, keys: &[Key]) -> Result<Vec<Option<Value>>, Violation> {
    let number = |(found, key): (Option<Document>, &Key)| {
        found.filter(|document| document.key == *key)?.body.fields().get("n").cloned()
    };
    Ok(read_all(store, keys).await?.into_iter().zip(keys).map(number).collect())
}

async fn collections_and_partitions_share_nothing(cx: Context<DocumentStore>) -> Verdict {
    let store = cx.connect().await?;
    let (here, there) = (Key::new("p", "shared")?, Key::new("q", "shared")?);
    let (alone, elsewhere) = (Key::new("p", "alone")?, Key::new("p", "elsewhere")?);
    write(&store, &here, &json!({ "at": "here" })).await?;
    write(&store, &there, &json!({ "at": "there" })).await?;
    write(&store, &alone, &json!({ "at": "alone" })).await?;
    for key in [&here, &elsewhere] {
        store.documents.put(&OTHER_THINGS, key, &writing(&json!({ "at": "other collection" }))?).await?;
    }

    for (key, at) in [(&here, "here"), (&there, "there"), (&alone, "alone")] {
        let found = standing(&store, key, "with its like in another collection and partition").await?;
        ensure_eq!(found.body.text("at"), Some(at), "the document at {key}");
    }
    ensure_absent(&store, &elsewhere, "written in another collection").await?;
    ensure!(
        store.documents.get(&OTHER_THINGS, &alone).await?.is_none(),
        "{alone} is in a collection it was not put in"
    );
    for (collection, partition, expected) in
        [(&THINGS, "p", vec!["alone", "shared"]), (&THINGS, "q", vec!["shared"]), (&OTHER_THINGS, "q", Vec::new())]
    {
        let page = store.documents.query(collection, &Query::partition(Partition::new(partition)?)).await?;
        let sorts: Vec<&str> = page.documents.iter().map(|document| document.key.sort()).collect();
        ensure_eq!(sorts, expected, "what {partition} in {collection} lists");
    }

    store.documents.delete(&OTHER_THINGS, &here, &Condition::Always).await?;
    store.documents.delete(&THINGS, &there, &Condition::Always).await?;
    let kept = standing(&store, &here, "after its like in another collection and partition was deleted").await?;
    ensure_eq!(kept.body.text("at"), Some("here"), "the document at {here}");
    ensure!(store.documents.get(&OTHER_THINGS, &elsewhere).await?.is_some(), "{elsewhere} went with its neighbour");
    Ok(())
}
