//! Colours of the command's output. `anstream` takes them away where the output is not a terminal or `NO_COLOR` is set.

use std::fmt;

use anstyle::{AnsiColor, Style};

struct Painted<T>(Style, T);

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.0, self.1, self.0)
    }
}

/// What went well.
pub fn good(text: impl fmt::Display) -> impl fmt::Display {
    Painted(AnsiColor::Green.on_default(), text)
}

/// What went wrong.
pub fn bad(text: impl fmt::Display) -> impl fmt::Display {
    Painted(AnsiColor::Red.on_default().bold(), text)
}

/// What is less important.
pub fn faint(text: impl fmt::Display) -> impl fmt::Display {
    Painted(Style::new().dimmed(), text)
}

/// A heading.
pub fn strong(text: impl fmt::Display) -> impl fmt::Display {
    Painted(Style::new().bold(), text)
}
