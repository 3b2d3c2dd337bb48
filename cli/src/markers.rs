//! Text that the command keeps up to date in a file of somebody's own.

use std::path::Path;

use anyhow::{Context as _, bail};

const BEGIN: &str = "<!-- anyport conformance -->";
const END: &str = "<!-- /anyport conformance -->";

/// Replaces what stands between the markers in the file; all else stays as it is. A file without them is not touched.
pub(crate) fn update(file: &Path, text: &str) -> anyhow::Result<()> {
    let old = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let new = replaced(&old, text).with_context(|| format!("{} is left as it is", file.display()))?;
    if new != old {
        std::fs::write(file, new).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

fn replaced(old: &str, text: &str) -> anyhow::Result<String> {
    let parts = old.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = parts else {
        bail!("it must hold the lines {BEGIN} and {END}, between which the table goes");
    };
    Ok(format!("{before}{BEGIN}\n\n{text}\n\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let old = format!("# Title\n{BEGIN}\nold\n{END}\nrest\n");
        let new = replaced(&old, "new").unwrap();
        assert_eq!(new, format!("# Title\n{BEGIN}\n\nnew\n\n{END}\nrest\n"));
        assert_eq!(replaced(&new, "new").unwrap(), new);
    }

    #[test]
    fn a_file_without_markers_is_refused() {
        for old in ["", BEGIN, END, &format!("{END}{BEGIN}")] {
            assert!(replaced(old, "new").is_err(), "{old}");
        }
    }
}
