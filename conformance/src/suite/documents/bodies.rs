//! Bodies come back exactly.

use anyport_ports::ErrorKind;
use anyport_ports::documents::{Body, Key, MAX_BODY_BYTES, MAX_BODY_DEPTH, Partition, Put, Transaction};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Map, Value, json};

use super::{ensure_same, every_way};
use crate::check::{Check, Context, Verdict, Violation, checks, expect_error};
use crate::subject::DocumentStore;
use crate::suite::{THINGS, resources};

pub(super) fn checks() -> Vec<Check<DocumentStore>> {
    checks![resources;
        "DOC-BODY-1" => numbers_come_back_exactly,
        "DOC-BODY-2" => null_missing_and_empty_are_different,
        "DOC-BODY-3" => any_text_comes_back_exactly,
        "DOC-BODY-4" => the_largest_body_comes_back_whole,
    ]
}

/// Writes the body by `put` and by `transact`, and reads it from another handle in every way.
async fn ensure_round_trip(cx: &Context<DocumentStore>, body: Body, what: &str) -> Verdict {
    let (writer, reader) = (cx.connect().await?, cx.connect().await?);
    let partition = Partition::new("bodies")?;
    let put = Put::new(body);
    writer.documents.put(&THINGS, &partition.key("by put")?, &put).await?;
    let transaction = Transaction::in_partition(partition.clone()).put("by transaction", put.clone())?;
    writer.documents.transact(&THINGS, &transaction).await?;
    let text = put.body.to_json();
    for written in ["by put", "by transaction"] {
        for (read, found) in every_way(&reader, &partition.key(written)?).await? {
            let how = format!("{what}, written {written}, read {read}");
            let found = found.ok_or_else(|| Violation::new(format!("{how}: the document is not there")))?;
            if found.body.to_json() != text {
                ensure_same(&found.body, &put.body, &how)?;
            }
        }
    }
    Ok(())
}

async fn numbers_come_back_exactly(cx: Context<DocumentStore>) -> Verdict {
    let safe = 1_i64 << 53;
    let mut numbers = vec![
        // Integers: small ones, the ends of each type, and around what a double can hold.
        json!(0),
        json!(1),
        json!(-1),
        json!(10),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(i64::MAX.unsigned_abs() + 1),
        json!(safe - 1),
        json!(safe),
        json!(safe + 1),
        json!(-safe - 1),
        json!(i32::MAX),
        json!(u32::MAX),
        json!(i64::from(u32::MAX) + 1),
        // Floating point: whole numbers, both zeros, the extremes, subnormals, and what needs all 17 digits.
        json!(1.0),
        json!(-1.0),
        json!(0.0),
        json!(-0.0),
        json!(100.0),
        json!(1e15),
        json!(1e16),
        json!(1e21),
        json!(1e22),
        json!(1e-6),
        json!(1e-7),
        json!(0.1),
        json!(0.1 + 0.2),
        json!(1.0 / 3.0),
        json!(f64::EPSILON),
        json!(f64::MAX),
        json!(f64::MIN),
        json!(f64::MIN_POSITIVE),
        json!(f64::from_bits(1)),
        json!(f64::MIN_POSITIVE / 3.0),
        json!(2.0_f64.powi(53)),
        json!(2.0_f64.powi(63)),
        json!(2.0_f64.powi(64)),
        json!(-(2.0_f64.powi(63))),
    ];
    let mut random = StdRng::seed_from_u64(cx.seed());
    for _ in 0..100 {
        numbers.push(json!(random.random::<i64>()));
        let float = f64::from_bits(random.random());
        numbers.extend(float.is_finite().then(|| json!(float)));
    }
    let named = numbers.iter().map(|number| (format!("n {number}"), number.clone()));
    let mut fields: Map<String, Value> = named.collect();
    // Sorts last, so that a failure names the one number first.
    fields.insert("numbers".to_owned(), Value::Array(numbers));
    ensure_round_trip(&cx, Body::new(fields)?, "numbers").await
}

async fn null_missing_and_empty_are_different(cx: Context<DocumentStore>) -> Verdict {
    let blanks = json!({ "null": null, "text": "", "array": [], "object": {}, "false": false, "zero": 0 });
    let all = json!({
        "null": null, "text": "", "array": [], "object": {}, "false": false,
        "in an array": [null, "", [], {}, [null], [[]], [{}], null],
        "in an object": blanks,
        "in both": [{ "a": null }, { "a": "" }, { "a": [] }, { "a": {} }, {}],
    });
    ensure_round_trip(&cx, Body::of(&all)?, "null, missing and empty").await?;
    ensure_round_trip(&cx, Body::of(&json!({ "null": null }))?, "nothing but null").await?;
    ensure_round_trip(&cx, Body::of(&json!({}))?, "an empty body").await
}

/// Texts that are read as something else, or not taken, somewhere.
#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "", " ", " a ", "a.b", ".", "..", "a..b", ".a", "$", "$set", "$a.b", "__a__", "__name__", "_", "a/b", "a[0]", "[0]", "*", "~",
    "`", "'", "\"", "\\", "\\u0041", "%s", "#n", ":v", "@a", "&", "<b>", "{}", "{{a}}", "null", "true", "1", "1.0", "NaN",
    "2026-01-01T00:00:00Z", "2026-01-01", "aGVsbG8=", "\0", "a\0b", "\u{1}", "\u{1f}", "\u{7f}", "\n", "\r\n", "\t",
    "é", "e\u{301}", "ﬁ", "ß", "💥", "👩\u{200d}🚀", "\u{2028}", "\u{feff}", "\u{200b}", "\u{fffd}", "\u{ffff}", "\u{10ffff}",
    // Names that stores and adapters keep for themselves.
    "id", "_id", "_rid", "_self", "_etag", "_ts", "_attachments", "ttl", "pk", "sk", "key", "partition", "sort", "body", "data",
    "version", "etag", "expires_at", "expiresAt", "type", "$type", "$date", "$numberLong", "__type__", "__proto__", "constructor",
    "toString", "S", "N", "M", "L", "NULL", "BOOL", "B", "mapValue", "stringValue", "integerValue",
];

async fn any_text_comes_back_exactly(cx: Context<DocumentStore>) -> Verdict {
    let long = "é".repeat(1_000);
    let texts: Vec<&str> = TEXTS.iter().copied().chain([long.as_str()]).collect();
    let named = |value: &dyn Fn(&str) -> Value| -> Value {
        Value::Object(texts.iter().map(|text| ((*text).to_owned(), value(text))).collect())
    };
    let at_the_top = named(&|text| json!(text));
    let within = json!({ "objects": named(&|text| json!({ text: text })), "list": texts, "lists": [[texts]] });
    // The innermost object is the sixteenth level.
    let deepest = (2..MAX_BODY_DEPTH)
        .fold(at_the_top.clone(), |inner, level| if level % 3 == 0 { json!([inner]) } else { json!({ "a.b": inner }) });
    let deepest = json!({ "deep": deepest });
    ensure_round_trip(&cx, Body::of(&at_the_top)?, "text at the top").await?;
    ensure_round_trip(&cx, Body::of(&within)?, "text within").await?;
    ensure_round_trip(&cx, Body::of(&deepest)?, "text sixteen levels deep").await?;
    expect_error(Body::of(&json!({ "deeper": deepest })), ErrorKind::InvalidInput, "a body of seventeen levels")
}

async fn the_largest_body_comes_back_whole(cx: Context<DocumentStore>) -> Verdict {
    let text = |filler: &str, bytes: usize| {
        let room = bytes - r#"{"text":""}"#.len();
        json!({ "text": filler.repeat(room / filler.len()) + &"x".repeat(room % filler.len()) })
    };
    // Two bytes for each number and its comma, but for the last.
    let mut list = json!({ "list": vec![1; (MAX_BODY_BYTES - r#"{"list":[]}"#.len()).div_ceil(2)] });
    if Body::of(&list).is_err() || list.to_string().len() < MAX_BODY_BYTES {
        list["list"][0] = json!(10);
    }
    let mut fields = Map::new();
    let mut bytes = 1;
    for number in 0.. {
        let (name, value) = (format!("field {number:05}"), json!("0123456789"));
        bytes += name.len() + value.to_string().len() + r#""":,"#.len();
        if bytes + 64 > MAX_BODY_BYTES {
            break;
        }
        fields.insert(name, value);
    }
    let room = MAX_BODY_BYTES - Value::Object(fields.clone()).to_string().len();
    fields.insert("last".to_owned(), json!("x".repeat(room - r#","last":"""#.len())));

    for (what, value) in [
        ("one long text", text("x", MAX_BODY_BYTES)),
        ("one long text beyond ASCII", text("語💥", MAX_BODY_BYTES)),
        ("one long list", list),
        ("many fields", Value::Object(fields)),
    ] {
        let body = Body::of(&value)?;
        let length = body.to_json().len();
        if length != MAX_BODY_BYTES {
            return Err(Violation::new(format!("the check is wrong: {what} has {length} bytes")));
        }
        ensure_round_trip(&cx, body, what).await?;
    }
    expect_error(Body::of(&text("x", MAX_BODY_BYTES + 1)), ErrorKind::TooLarge, "a body of 256 KiB and one byte")?;
    let key = Key::new("bodies", "by put")?;
    for (read, found) in every_way(&cx.connect().await?, &key).await? {
        let length = found.map(|document| document.body.to_json().len());
        if length != Some(MAX_BODY_BYTES) {
            return Err(Violation::new(format!("after the refusal, {read}: {length:?} bytes stand")));
        }
    }
    Ok(())
}
