//! Where an import reads from. Every file that it looks at goes through here.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The files that an import may see.
pub trait Files {
    /// The first `limit` bytes of the file at `path`.
    ///
    /// # Errors
    /// What the kernel says, or what it would say.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Whether there is a regular file at `path`: opening a pipe would wait for its writer.
    fn is_file(&self, path: &Path) -> bool;

    /// The regular files that match a pattern with `*`, `?` and `[…]`, in alphabetical order.
    fn matching(&self, pattern: &str) -> Vec<PathBuf>;
}

/// The bytes of a file as text. What is no text is replaced, and so are control characters, since
/// what is said of a file is shown on terminals; a carriage return is a blank.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\r' => ' ',
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// The files of this host.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostFiles;

impl Files for HostFiles {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn matching(&self, pattern: &str) -> Vec<PathBuf> {
        let paths = glob::glob(pattern).ok().into_iter().flatten();
        paths
            .filter_map(Result::ok)
            .filter(|path| path.is_file())
            .collect()
    }
}
