//! Faults of addressing.

use anyport_ports::documents::{Key, MAX_KEY_BYTES};
use anyport_ports::{CollectionName, Result};

use super::rewrites::Places;
use super::tamper::{mutant, shared};
use crate::mutants::Mutant;
use crate::subject::DocumentStore;
use crate::suite::{OTHER_THINGS, THINGS};

pub(super) fn mutants() -> Vec<Mutant<DocumentStore>> {
    vec![
        mutant("key_case_folded", "DOC-KEY-1", "Keys that differ in case alone are one.", |_| {
            shared(Places(|collection, key| parts(collection, key, str::to_lowercase)))
        }),
        mutant("key_truncated", "DOC-KEY-1", "The last byte of the longest keys is lost.", |_| {
            shared(Places(|collection, key| parts(collection, key, truncated)))
        }),
        mutant("key_trimmed", "DOC-KEY-1", "Space around keys is lost.", |_| {
            shared(Places(|collection, key| parts(collection, key, trimmed)))
        }),
        mutant("key_normalised", "DOC-KEY-1", "A letter and its accent become one character.", |_| {
            shared(Places(|collection, key| parts(collection, key, |part| part.replace("e\u{301}", "é"))))
        }),
        mutant("key_cut_at_nul", "DOC-KEY-1", "Keys end at a NUL, as C strings do.", |_| {
            shared(Places(|collection, key| parts(collection, key, cut_at_nul)))
        }),
        mutant("key_percent_decoded", "DOC-KEY-1", "A key that looks escaped is unescaped.", |_| {
            shared(Places(|collection, key| parts(collection, key, |part| part.replace("%2F", "/"))))
        }),
        mutant("key_parts_joined", "DOC-KEY-1", "The parts are joined by a character that they may hold.", |_| {
            shared(Places(joined))
        }),
        mutant("namespace_bleed", "DOC-KEY-2", "Two collections share their documents.", |_| {
            shared(Places(|collection, key| {
                let shared = if *collection == OTHER_THINGS { THINGS } else { collection.clone() };
                Ok((shared, key.clone()))
            }))
        }),
        mutant("partition_ignored", "DOC-KEY-2", "Documents of equal sort key in partitions p and q are one.", |_| {
            shared(Places(|collection, key| {
                let partition = if key.partition().as_str() == "q" { "p" } else { key.partition().as_str() };
                Ok((collection.clone(), Key::new(partition, key.sort())?))
            }))
        }),
    ]
}

fn parts(collection: &CollectionName, key: &Key, map: impl Fn(&str) -> String) -> Result<(CollectionName, Key)> {
    Ok((collection.clone(), Key::new(map(key.partition().as_str()), map(key.sort()))?))
}

fn truncated(part: &str) -> String {
    let mut end = part.len().min(MAX_KEY_BYTES - 1);
    while !part.is_char_boundary(end) {
        end -= 1;
    }
    part[..end].to_owned()
}

/// What would be left empty stays.
fn trimmed(part: &str) -> String {
    let trimmed = part.trim_matches(' ');
    if trimmed.is_empty() { part } else { trimmed }.to_owned()
}

fn cut_at_nul(part: &str) -> String {
    match part.split('\0').next() {
        Some(beginning) if !beginning.is_empty() => beginning.to_owned(),
        _ => part.to_owned(),
    }
}

/// The partition takes the sort key in up to its last slash.
fn joined(collection: &CollectionName, key: &Key) -> Result<(CollectionName, Key)> {
    let place = match key.sort().rsplit_once('/') {
        Some((more, sort)) if !more.is_empty() && !sort.is_empty() => {
            Key::new(format!("{}/{more}", key.partition().as_str()), sort)?
        }
        _ => key.clone(),
    };
    Ok((collection.clone(), place))
}
