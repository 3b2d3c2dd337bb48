//! Emulators and tools at pinned versions.
