//! Which functions are handlers.

use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::{File, FnArg, Item, ItemFn, ItemMod, Meta, Type, Visibility};

/// Parameters that decode a part of the invocation.
const EXTRACTORS: &[&str] = &[
    "BlobCreated",
    "Body",
    "Caller",
    "DocumentChanged",
    "Event",
    "IfMatch",
    "Json",
    "Path",
    "Query",
    "Scoped",
    "Tick",
];

/// Parameters that give access to something.
const HANDLES: &[&str] = &[
    "Api",
    "BlobReader",
    "BlobSigner",
    "BlobWriter",
    "Inbox",
    "Outbox",
    "Publish",
    "Reader",
    "Relay",
    "SecretOf",
    "Writer",
];

/// A function of a workload, or one that was meant to be.
pub(super) struct Handler<'a> {
    pub(super) function: &'a ItemFn,
    /// The lines of its documentation and attributes, from 0.
    pub(super) head: Range<usize>,
}

/// Those of a file.
pub(super) fn of(file: &File) -> Vec<Handler<'_>> {
    of_items(&file.items)
}

fn of_items(items: &[Item]) -> Vec<Handler<'_>> {
    let mut handlers = Vec::new();
    for item in items {
        match item {
            Item::Fn(function) if is_handler(function) => {
                let head = head_of(function.span(), function.sig.span());
                handlers.push(Handler { function, head });
            }
            Item::Mod(ItemMod { content: Some((_, items)), attrs, .. }) if !attrs.iter().any(is_of_tests) => {
                handlers.extend(of_items(items));
            }
            _ => {}
        }
    }
    handlers
}

/// The lines of an item, from 0, before that of its name.
pub(super) fn head_of(all: Span, name: Span) -> Range<usize> {
    all.start().line.saturating_sub(1)..name.start().line.saturating_sub(1)
}

/// `#[cfg(test)]`.
pub(super) fn is_of_tests(attribute: &syn::Attribute) -> bool {
    matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
}

/// An async function that others may name, with an extractor, or with nothing but what is taken by value, a handle among it.
fn is_handler(function: &ItemFn) -> bool {
    if function.sig.asyncness.is_none() || matches!(function.vis, Visibility::Inherited) {
        return false;
    }
    let types: Vec<Option<String>> = function.sig.inputs.iter().map(by_value).collect();
    let is_one = |of: &[&str]| types.iter().flatten().any(|name| of.contains(&name.as_str()));
    is_one(EXTRACTORS) || (is_one(HANDLES) && types.iter().all(Option::is_some))
}

/// The name of the type of a parameter that is taken by value.
fn by_value(argument: &FnArg) -> Option<String> {
    let FnArg::Typed(argument) = argument else { return None };
    let Type::Path(path) = &*argument.ty else { return None };
    path.path.segments.last().map(|segment| segment.ident.to_string())
}
