//! What the names in a file stand for, by its imports.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{File, ItemMod, ItemUse, Path, UseTree};

use super::handlers::is_of_tests;

/// Imported names and their full paths.
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Those of a file, wherever in it they are imported.
    pub(super) fn of(file: &File) -> Self {
        let mut names = Self(BTreeMap::new());
        names.visit_file(file);
        names
    }

    fn collect(&mut self, before: &str, tree: &UseTree) {
        let joined = |name: &str| if before.is_empty() { name.to_owned() } else { format!("{before}::{name}") };
        match tree {
            UseTree::Path(path) => self.collect(&joined(&path.ident.to_string()), &path.tree),
            UseTree::Name(name) if name.ident == "self" => {
                let own = before.rsplit("::").next().unwrap_or(before);
                self.0.insert(own.to_owned(), before.to_owned());
            }
            UseTree::Name(name) => {
                self.0.insert(name.ident.to_string(), joined(&name.ident.to_string()));
            }
            UseTree::Rename(rename) => {
                self.0.insert(rename.rename.to_string(), joined(&rename.ident.to_string()));
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.collect(before, tree)),
            // What a glob brings cannot be told without compiling.
            UseTree::Glob(_) => {}
        }
    }

    /// A path in full: `Client::new` is `reqwest::Client::new` where that was imported.
    pub(super) fn full(&self, path: &Path) -> String {
        let mut segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = segments.first_mut()
            && let Some(full) = self.0.get(first)
        {
            first.clone_from(full);
        }
        segments.join("::")
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !module.attrs.iter().any(is_of_tests) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        self.collect("", &import.tree);
    }
}
