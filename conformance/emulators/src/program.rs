//! Programs beside emulators that the tests of a provider use.

use anyhow::Result;

use crate::tools::{Tool, Tools};

/// A program, by the variable that tells tests its path.
pub(crate) struct Program {
    pub(crate) variable: &'static str,
    pub(crate) tool: &'static Tool,
    /// Its name, if it is another than the tool's own in the same folder.
    pub(crate) beside: Option<&'static str>,
}

impl Program {
    /// The variable with the path of the program, which is installed first where it is missing.
    pub(crate) fn path(&self, tools: &Tools) -> Result<(String, String)> {
        let path = tools.provide(self.tool)?.program;
        let path = self.beside.map_or(path.clone(), |beside| path.with_file_name(beside));
        Ok((self.variable.to_owned(), path.display().to_string()))
    }
}
