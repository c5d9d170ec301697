//! Reads a keepalived.conf and writes what it means as `vrrpd.yaml`.
//!
//! Three steps, one folder or file each: `source` makes plain lines of files, includes,
//! conditions and definitions; `tree` makes blocks of lines; `convert` makes a configuration of
//! blocks. Every directive that leaves no trace in the result is listed with the reason.

mod convert;
mod error;
mod files;
mod ledger;
mod number;
pub(crate) mod output;
mod probe;
mod source;
mod tree;
pub(crate) mod yaml;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

pub use error::ImportError;
pub use files::{Files, HostFiles};

/// What an import needs to know besides the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions<'a> {
    /// Which `@name` lines apply: Keepalived's `-i`, by default the first part of the host's
    /// name. `None`: none of them, and every `@^name` line.
    pub config_id: Option<&'a str>,
}

/// What became of a keepalived.conf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// A complete `vrrpd.yaml`, with the two lists below as comments at its head.
    pub yaml: String,
    /// Every directive that leaves no trace in `yaml`, in the order of the file.
    pub not_carried_over: Vec<NotCarriedOver>,
    /// What was carried over with another meaning than its words suggest.
    pub remarks: Vec<Remark>,
}

/// A directive without a counterpart in `vrrpd.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NotCarriedOver {
    /// The file it stands in; not always the one given, because of `include`.
    pub file: PathBuf,
    /// Its line, beginning with 1.
    pub line: usize,
    /// The directive as written, with passwords left out.
    pub directive: String,
    /// Why there is no counterpart, and what to do.
    pub why: String,
    /// Whether that matters.
    pub effect: Effect,
}

impl fmt::Display for NotCarriedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            directive,
            why,
            ..
        } = self;
        write!(f, "{}:{line}: {directive}: {why}", file.display())
    }
}

/// What it means that a directive is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing: vrrpd behaves so without being told, or Keepalived did not heed it either.
    None,
    /// Something Keepalived did will not be done, or be done in another way.
    Changed,
}

/// A note on something that was carried over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Remark {
    /// The file it concerns.
    pub file: PathBuf,
    /// The line, beginning with 1.
    pub line: usize,
    /// What to know.
    pub text: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.text)
    }
}

/// Reads the keepalived.conf at `path` and everything it includes.
///
/// # Errors
/// A file that cannot be read, braces that do not match, definitions without end, or a file in
/// which there is no VRRP instance to carry over.
pub fn import(path: &Path, options: &ImportOptions<'_>) -> Result<Imported, ImportError> {
    import_from(&HostFiles, path, options)
}

/// The same with the files that `files` has.
///
/// # Errors
/// As [`import`].
pub fn import_from(
    files: &dyn Files,
    path: &Path,
    options: &ImportOptions<'_>,
) -> Result<Imported, ImportError> {
    let source = source::read(files, path, options.config_id)?;
    let mut ledger = ledger::Ledger::default();
    for skipped in &source.skipped {
        ledger.skipped(skipped);
    }
    let tree = tree::build(&source.lines, &mut ledger)?;
    let output = convert::convert(&tree, files, path, &mut ledger);
    let (not_carried_over, remarks) = ledger.close(&source.files);
    if output.instances.is_empty() {
        return Err(ImportError::NoInstance {
            file: path.to_owned(),
            not_carried_over,
        });
    }
    let yaml = yaml::write(path, &output, &not_carried_over, &remarks)?;
    Ok(Imported {
        yaml,
        not_carried_over,
        remarks,
    })
}

/// Whether `text` looks like a keepalived.conf rather than YAML: some line begins with one of
/// Keepalived's blocks.
#[must_use]
pub fn is_keepalived_conf(text: &str) -> bool {
    const BLOCKS: [&str; 8] = [
        "global_defs",
        "vrrp_instance",
        "vrrp_script",
        "vrrp_sync_group",
        "virtual_server",
        "virtual_server_group",
        "vrrp_track_process",
        "static_ipaddress",
    ];
    text.lines()
        .filter_map(|line| {
            line.split(|c: char| c.is_whitespace() || c == '{')
                .find(|word| !word.is_empty())
        })
        .any(|word| BLOCKS.contains(&word))
}
