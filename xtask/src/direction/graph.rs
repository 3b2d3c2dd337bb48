//! The resolved dependencies of a workspace, reduced to what the rules ask about.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{CargoOpt, DependencyKind, MetadataCommand};

use crate::workspace;

/// Packages and the dependencies they are built with: normal ones and those of build scripts.
///
/// What only tests use is left out: a test may depend on anything.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// By an identifier that tells versions of a crate apart.
    packages: BTreeMap<String, Package>,
}

#[derive(Debug)]
struct Package {
    name: String,
    /// Of a workspace member, its folder, relative to the root.
    folder: Option<String>,
    dependencies: BTreeSet<String>,
}

impl Graph {
    /// Asks cargo for the graph of the workspace in a folder, with every feature on, for every platform.
    ///
    /// # Errors
    /// If the manifests are wrong or a dependency cannot be had.
    pub(crate) fn resolve(root: &Path) -> Result<Self> {
        let metadata = MetadataCommand::new()
            .current_dir(root)
            .features(CargoOpt::AllFeatures)
            .exec()
            .context("resolving the dependencies of the workspace")?;
        let resolved = metadata.resolve.as_ref().context("cargo answered without a dependency graph")?;

        let mut graph = Self::default();
        for package in &metadata.packages {
            graph.add(&package.id.repr, &package.name, None);
        }
        for (folder, package) in workspace::members(&metadata) {
            graph.add(&package.id.repr, &package.name, Some(&folder));
        }
        for node in &resolved.nodes {
            for dependency in &node.deps {
                if dependency.dep_kinds.iter().any(|used| used.kind != DependencyKind::Development) {
                    graph.depend(&node.id.repr, &dependency.pkg.repr);
                }
            }
        }
        Ok(graph)
    }

    /// Adds a package; a workspace member has a folder.
    pub(crate) fn add(&mut self, id: &str, name: &str, folder: Option<&str>) {
        let folder = folder.map(str::to_owned);
        let package = Package { name: name.to_owned(), folder, dependencies: BTreeSet::new() };
        self.packages.insert(id.to_owned(), package);
    }

    /// Makes one package depend directly on another.
    pub(crate) fn depend(&mut self, from: &str, on: &str) {
        if let Some(package) = self.packages.get_mut(from) {
            package.dependencies.insert(on.to_owned());
        }
    }

    /// The folder and identifier of each workspace member.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        self.packages.iter().filter_map(|(id, package)| Some((package.folder.as_deref()?, id.as_str())))
    }

    /// The name of a package.
    pub(crate) fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.packages.get(id).map_or(id, |package| &package.name)
    }

    /// The folder of a workspace member; none for a package from outside.
    pub(crate) fn folder(&self, id: &str) -> Option<&str> {
        self.packages.get(id)?.folder.as_deref()
    }

    /// The direct dependencies of a package.
    pub(crate) fn direct(&self, id: &str) -> impl Iterator<Item = &str> {
        self.packages.get(id).into_iter().flat_map(|package| &package.dependencies).map(String::as_str)
    }

    /// For every package that a package reaches, a shortest path to it, nearest packages first.
    ///
    /// A path starts with the package itself. Where none of two packages is nearer, the order is by
    /// identifier, so that the same graph gives the same answer.
    pub(crate) fn paths<'a>(&'a self, from: &'a str) -> Vec<Vec<&'a str>> {
        let mut seen = BTreeSet::from([from]);
        let mut open = VecDeque::from([vec![from]]);
        let mut paths = Vec::new();
        while let Some(path) = open.pop_front() {
            let Some(end) = path.last() else { continue };
            for next in self.direct(end).filter(|next| seen.insert(*next)) {
                let mut longer = path.clone();
                longer.push(next);
                paths.push(longer.clone());
                open.push_back(longer);
            }
        }
        paths
    }
}
