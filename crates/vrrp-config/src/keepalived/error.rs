//! Why a keepalived.conf could not be imported.

use std::path::PathBuf;

use thiserror::Error;

use super::NotCarriedOver;

/// Why there is no result at all.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A file could not be read.
    #[error("cannot read {}: {error}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the kernel said.
        error: std::io::Error,
    },
    /// A file is larger than any configuration.
    #[error("{} has more than {limit} bytes; is it a keepalived.conf?", .file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// Bytes that are read at most.
        limit: u64,
    },
    /// Includes, definitions or blocks within each other without end.
    #[error("{}:{line}: {what} are nested more than {limit} deep; do they refer to each other?", .file.display())]
    TooDeep {
        /// The file.
        file: PathBuf,
        /// Its line.
        line: usize,
        /// What is nested.
        what: &'static str,
        /// The depth that is followed at most.
        limit: usize,
    },
    /// Definitions and sequences make too much of too little.
    #[error("{}:{line}: the configuration unfolds to more than {limit} {what}", .file.display())]
    TooMuch {
        /// The file.
        file: PathBuf,
        /// The line at which the limit was reached.
        line: usize,
        /// What there is too much of.
        what: &'static str,
        /// How much is read at most.
        limit: usize,
    },
    /// A `~SEQ` or `~LST` that cannot be followed.
    #[error("{}:{line}: {text} is no sequence: {why}", .file.display())]
    Sequence {
        /// The file.
        file: PathBuf,
        /// Its line.
        line: usize,
        /// The sequence as written.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A block without end.
    #[error("{}:{line}: the block `{directive}` is never closed; add a `}}`", .file.display())]
    UnclosedBlock {
        /// The file.
        file: PathBuf,
        /// The line it begins at.
        line: usize,
        /// The directive it belongs to.
        directive: String,
    },
    /// A brace too many.
    #[error("{}:{line}: this `}}` closes no block; remove it", .file.display())]
    ExtraBrace {
        /// The file.
        file: PathBuf,
        /// Its line.
        line: usize,
    },
    /// A block without a directive before it.
    #[error("{}:{line}: this `{{` belongs to no directive", .file.display())]
    NamelessBlock {
        /// The file.
        file: PathBuf,
        /// Its line.
        line: usize,
    },
    /// Nothing for vrrpd to do.
    #[error(
        "{} has no vrrp_instance that can be carried over{}",
        .file.display(),
        reasons(.not_carried_over)
    )]
    NoInstance {
        /// The file.
        file: PathBuf,
        /// What it has instead.
        not_carried_over: Vec<NotCarriedOver>,
    },
    /// The result could not be written as YAML.
    #[error("cannot write the configuration as YAML: {0}")]
    Yaml(#[from] serde_yaml::Error),
}

fn reasons(not_carried_over: &[NotCarriedOver]) -> String {
    not_carried_over
        .iter()
        .filter(|item| item.directive.starts_with("vrrp_instance"))
        .fold(String::new(), |text, item| format!("{text}\n  {item}"))
}
