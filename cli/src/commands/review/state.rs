//! What outlives a call.

use std::path::Path;

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{File, StaticMutability};

use super::handlers::{head_of, is_of_tests};
use super::{Finding, Rule, known};

/// State that the calls of the handlers in a file would share.
pub(super) fn review(file: &Path, parsed: &File) -> Vec<Finding> {
    let mut reader = Reader { file, findings: Vec::new() };
    reader.visit_file(parsed);
    reader.findings
}

struct Reader<'a> {
    file: &'a Path,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn tell(&mut self, name: String, all: Span, at: Span, message: &str) {
        self.findings.push(Finding {
            rule: Rule::HandlerState,
            file: self.file.to_owned(),
            line: at.start().line,
            function: name,
            head: head_of(all, at),
            message: message.to_owned(),
        });
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !module.attrs.iter().any(is_of_tests) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let mut shared = Shared(false);
        shared.visit_type(&item.ty);
        if shared.0 || matches!(item.mutability, StaticMutability::Mut(_)) {
            self.tell(item.ident.to_string(), item.span(), item.static_token.span(), "it outlives the call");
        }
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        if called.path.segments.last().is_some_and(|segment| segment.ident == "thread_local") {
            let at = called.path.span();
            self.tell("thread_local!".to_owned(), at, at, "it outlives the call");
        }
    }
}

/// Whether a type has one in it that calls can change.
struct Shared(bool);

impl<'ast> Visit<'ast> for Shared {
    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        self.0 |= known::is_shared(&segment.ident.to_string());
        visit::visit_path_segment(self, segment);
    }
}
