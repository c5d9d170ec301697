//! A host's files, as the host sees them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use nix::mount::{MsFlags, mount};

use super::Host;
use crate::command::User;
use crate::error::{Context, Result};

impl Host {
    /// Writes a file as this host sees it; `/etc/vrrpd`, `/etc/kubernetes` and `/run` are its
    /// own. Missing directories are made.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_file(&self, path: impl AsRef<Path>, contents: impl Into<Vec<u8>>) -> Result<()> {
        let (path, contents) = (path.as_ref().to_owned(), contents.into());
        let what = format!("writing {} in {}", path.display(), self.name());
        self.enter(move || {
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            fs::write(&path, contents)
        })?
        .context(|| what)
    }

    /// Shows `contents` where the kernel has a file of its own, such as below `/sys` or `/proc/sys`,
    /// to this host only. Later calls change what is shown.
    ///
    /// # Errors
    /// There is no such file, or the kernel refuses the mount.
    pub fn show_file(&self, path: impl AsRef<Path>, contents: impl Into<Vec<u8>>) -> Result<()> {
        let (path, contents) = (path.as_ref().to_owned(), contents.into());
        let what = format!("showing {} to {}", path.display(), self.name());
        self.enter(move || -> io::Result<()> {
            let below = path.strip_prefix("/").unwrap_or(&path);
            let shown = Path::new("/run/vrrp-lab/shown").join(below);
            let is_new = !shown.exists();
            fs::create_dir_all(shown.parent().unwrap_or(&shown))?;
            fs::write(&shown, contents)?;
            if is_new {
                let none = None::<&str>;
                mount(Some(&shown), &path, none, MsFlags::MS_BIND, none)?;
            }
            Ok(())
        })?
        .context(|| what)
    }

    /// Copies a program to a place of this host's own, and returns the path there: no page of the
    /// copy is shared with the same program on another host, as none would be on another machine.
    ///
    /// # Errors
    /// The copy cannot be made.
    pub fn copy_program(&self, program: &Path) -> Result<PathBuf> {
        let directory = Path::new("/run/vrrp-lab/copies");
        let copy = directory.join(program.file_name().unwrap_or_default());
        let (from, to) = (program.to_owned(), copy.clone());
        self.enter(move || {
            fs::create_dir_all(directory)?;
            fs::copy(from, to).map(drop)
        })?
        .context(|| format!("copying {} to {}", program.display(), self.name()))?;
        Ok(copy)
    }

    /// Gives a file or directory to `user`.
    ///
    /// # Errors
    /// The kernel refuses.
    pub(crate) fn chown(&self, path: &str, user: User) -> Result<()> {
        let path = path.to_owned();
        let what = format!("giving {path} on {} to {}", self.name(), user.uid);
        self.enter(move || std::os::unix::fs::chown(path, Some(user.uid), Some(user.gid)))?
            .context(|| what)
    }

    /// Reads a file as this host sees it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read_file(&self, path: impl AsRef<Path>) -> Result<String> {
        let path = path.as_ref().to_owned();
        let what = format!("reading {} in {}", path.display(), self.name());
        self.enter(move || fs::read_to_string(path))?
            .context(|| what)
    }
}
