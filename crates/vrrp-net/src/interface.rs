//! What names a network interface to the kernel and to people.

use core::fmt;
use std::sync::Arc;

/// An interface: the index is what requests use, the name is for people and for errors.
///
/// The index changes when the interface is deleted and made again; the name changes when it
/// is renamed. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Interface {
    /// The kernel's index, never 0.
    pub index: u32,
    /// The name at the time this was made.
    pub name: Arc<str>,
}

impl Interface {
    /// An interface by index and name.
    #[must_use]
    pub fn new(index: u32, name: impl Into<Arc<str>>) -> Self {
        Self {
            index,
            name: name.into(),
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
