//! Servers of our own that stand for services of clouds which no emulator shows.

fn main() {}
