//! Tools and emulators at pinned versions: installed below the target folder, started on free loopback ports.
//!
//! - [`tools`]: programs that tests need, each taken from the `PATH` where it fits and installed otherwise.
//! - [`Running`]: emulators that live as long as the process that started them.
//! - [`Detached`]: emulators that outlive it, with a file that says which they are.
//! - [`gaps`]: where an emulator is known to differ from what it stands for.
//!
//! It knows nothing of the rest of the workspace.

mod child;
mod command;
mod detached;
mod emulator;
mod environment;
mod fleet;
pub mod gaps;
mod program;
mod provider;
mod ready;
mod running;
mod start;
mod state;
pub mod tools;
mod variable;

pub use command::{command_line, without_this_package};
pub use detached::{Detached, Health};
pub use emulator::{Emulator, Maker};
pub use environment::{EMULATORS, Named, emulators_in, exports, named};
pub use fleet::{Fleet, Instance, environment};
pub use provider::Provider;
pub use running::Running;
pub use variable::Variable;
