//! Names that vrrpd accepts, each once.

use std::collections::HashSet;

/// vrrpd's longest name, in characters.
const LONGEST: usize = 63;

/// The names given so far.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A name as near to `wanted` as letters, digits, `-`, `_` and `.` allow, that nobody has.
    pub(super) fn give(&mut self, wanted: &str, fallback: &str) -> String {
        let mut base: String = wanted
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '-'
                }
            })
            .take(LONGEST - 4)
            .collect();
        if base.trim_matches('-').is_empty() {
            fallback.clone_into(&mut base);
        }
        let numbered = (2..).map(|number: u32| format!("{base}-{number}"));
        let name = std::iter::once(base.clone())
            .chain(numbered)
            .find(|name| !self.taken.contains(name))
            .unwrap_or(base);
        self.taken.insert(name.clone());
        name
    }
}
