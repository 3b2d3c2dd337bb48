//! Listing a bucket, for both interfaces.

use std::ops::Bound;

use super::store::{Bucket, Object};

/// What to list.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    pub(super) prefix: &'a str,
    pub(super) delimiter: &'a str,
    /// Names beyond this one, or from it on.
    pub(super) from: Option<Bound<&'a str>>,
    /// The last name or prefix that was listed.
    pub(super) token: Option<&'a str>,
    pub(super) limit: usize,
}

/// A page.
#[derive(Default)]
pub(super) struct Listed<'a> {
    pub(super) objects: Vec<(&'a str, &'a Object)>,
    pub(super) prefixes: Vec<&'a str>,
    /// Where it goes on.
    pub(super) token: Option<&'a str>,
}

/// Lists a page, in the order of UTF-8.
pub(super) fn list<'a>(bucket: &'a Bucket, wanted: &Wanted<'_>) -> Listed<'a> {
    let mut page = Listed::default();
    let from = wanted.from.unwrap_or(Bound::Unbounded);
    let mut last: Option<&str> = None;
    for (name, object) in bucket.objects.range::<str, _>((from, Bound::Unbounded)) {
        let Some(rest) = name.strip_prefix(wanted.prefix) else { continue };
        let folded = match wanted.delimiter {
            "" => None,
            delimiter => rest.find(delimiter).map(|at| &name[..wanted.prefix.len() + at + delimiter.len()]),
        };
        let position = folded.unwrap_or(name);
        if last == Some(position) || wanted.token.is_some_and(|token| position <= token) {
            continue;
        }
        if page.objects.len() + page.prefixes.len() >= wanted.limit {
            page.token = last;
            return page;
        }
        last = Some(position);
        match folded {
            Some(prefix) => page.prefixes.push(prefix),
            None => page.objects.push((name, object)),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::Utc;

    use super::super::store::Described;
    use super::*;

    #[test]
    fn pages_fold_and_go_on() {
        let mut bucket = Bucket::default();
        for name in ["a", "a/1", "a/2", "b/1", "c"] {
            let object =
                Object { bytes: Bytes::new(), described: Described::default(), generation: 1, modified: Utc::now() };
            bucket.objects.insert(name.to_owned(), object);
        }
        let names = |page: &Listed<'_>| page.objects.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
        let page = list(&bucket, &Wanted { delimiter: "/", limit: 2, ..Wanted::default() });
        assert_eq!((names(&page), page.prefixes, page.token), (vec!["a".to_owned()], vec!["a/"], Some("a/")));
        let page = list(&bucket, &Wanted { delimiter: "/", limit: 2, token: Some("a/"), ..Wanted::default() });
        assert_eq!((names(&page), page.prefixes, page.token), (vec!["c".to_owned()], vec!["b/"], None));
        let after = |from| Wanted { prefix: "a", limit: 9, from: Some(from), ..Wanted::default() };
        assert_eq!(names(&list(&bucket, &after(Bound::Excluded("a/1")))), ["a/2"]);
        assert_eq!(names(&list(&bucket, &after(Bound::Included("a/1")))), ["a/1", "a/2"]);
    }
}
