//! Files that a command makes for the operator: never over one that is there.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, fchown};
use std::path::Path;

use nix::unistd::Group;

use super::terminal;
use crate::control::GROUP;

/// Mode of the file: it may hold a password of version 2.
const WITH_PASSWORD: u32 = 0o640;

/// Writes a configuration to `path`, or prints it where that is `-`.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), String> {
    if path == Path::new("-") {
        return terminal::print(content).map_err(|error| format!("writing the result: {error}"));
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(WITH_PASSWORD)
        .open(path)
        .and_then(|mut file| {
            // The daemon's user has to read it; where there is no such group, its owner sees to
            // that.
            if let Ok(Some(group)) = Group::from_name(GROUP) {
                let _ = fchown(&file, None, Some(group.gid.as_raw()));
            }
            file.write_all(content)
        })
        .map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::AlreadyExists => "; it was left alone, give another name by -o",
                io::ErrorKind::NotFound => "; make its directory, or give another name by -o",
                io::ErrorKind::PermissionDenied => "; run this as root, or print it by -o -",
                _ => "",
            };
            format!("writing {}: {error}{hint}", path.display())
        })
}
