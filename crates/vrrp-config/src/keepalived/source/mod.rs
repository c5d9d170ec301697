//! From files to plain lines: comments, includes, conditions, definitions and sequences.

mod comment;
mod define;
mod include;
mod reader;
mod repeat;

use std::path::Path;
use std::rc::Rc;

use super::{Files, ImportError};

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) file: Rc<Path>,
    /// Beginning with 1.
    pub(super) line: usize,
}

/// A line with everything unfolded. A line out of a definition has the place where it is written,
/// not where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) origin: Origin,
    pub(super) text: String,
}

/// A line that does not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Skipped {
    pub(super) origin: Origin,
    pub(super) text: String,
    pub(super) why: String,
}

/// Everything there is to parse.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The files, in the order in which they were opened.
    pub(super) files: Vec<Rc<Path>>,
    pub(super) lines: Vec<Line>,
    pub(super) skipped: Vec<Skipped>,
}

/// Reads `path` and what it includes, for the host called `config_id`.
pub(super) fn read(
    files: &dyn Files,
    path: &Path,
    config_id: Option<&str>,
) -> Result<Source, ImportError> {
    reader::Reader::new(files, config_id).read(path)
}
