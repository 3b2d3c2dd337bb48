//! The contract and the suite name the same clauses: what is promised is checked, and what is checked is promised.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use anyport_conformance::suite::Suite;

/// Counts how often each clause is defined, as `**DOC-CAS-2**`, in the sources under this folder.
fn count_defined(folder: &Path, clauses: &mut BTreeMap<String, usize>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            count_defined(&path, clauses)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            for clause in fs::read_to_string(&path)?.split("**").filter(|text| is_clause(text)) {
                *clauses.entry(clause.to_owned()).or_default() += 1;
            }
        }
    }
    Ok(())
}

/// `DOC-CAS-2`: a port, a topic, a number.
fn is_clause(text: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase());
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(text.split('-').collect::<Vec<_>>()[..], [port, topic, n] if word(port) && word(topic) && number(n))
}

#[test]
fn every_clause_of_the_ports_is_pinned_by_exactly_one_check() {
    let mut defined = BTreeMap::new();
    let ports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ports/src");
    count_defined(&ports, &mut defined).expect("the sources of the ports are beside this crate");
    let mut pinned: BTreeMap<String, usize> = BTreeMap::new();
    for clause in Suite::complete().clauses() {
        *pinned.entry(clause.to_owned()).or_default() += 1;
    }
    assert!(defined.len() > 50, "only {} clauses found: the search must be wrong", defined.len());

    let list = |clauses: &dyn Fn(&str) -> bool, of: &BTreeMap<String, usize>| -> Vec<String> {
        of.keys().filter(|clause| clauses(clause)).cloned().collect()
    };
    let unpinned = list(&|clause| !pinned.contains_key(clause), &defined);
    let invented = list(&|clause| !defined.contains_key(clause), &pinned);
    let defined_twice = list(&|clause| defined[clause] > 1, &defined);
    let pinned_twice = list(&|clause| pinned[clause] > 1, &pinned);
    assert!(
        [&unpinned, &invented, &defined_twice, &pinned_twice].iter().all(|clauses| clauses.is_empty()),
        "clauses without a check: {unpinned:?}\nchecks of no clause: {invented:?}\n\
         clauses defined twice: {defined_twice:?}\nclauses with two checks: {pinned_twice:?}"
    );
}

#[test]
fn the_search_knows_a_clause_from_other_bold_text() {
    assert!(is_clause("DOC-CAS-2") && is_clause("SEC-GET-12"));
    for other in ["", "DOC", "DOC-CAS", "doc-cas-2", "DOC-CAS-", "DOC-CAS-x", "not this", "DOC-CAS-2-3"] {
        assert!(!is_clause(other), "{other}");
    }
}
