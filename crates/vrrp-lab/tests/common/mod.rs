//! Looks at the machine from outside of any lab.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::linux::fs::MetadataExt;
use std::path::{Path, PathBuf};

fn entries(path: &Path) -> Vec<PathBuf> {
    fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

fn netns(task: &Path) -> Option<u64> {
    fs::metadata(task.join("ns/net"))
        .ok()
        .map(|namespace| namespace.st_ino())
}

/// Network namespaces that the threads of a process are in, by their inodes. Each stays as long as
/// its file is open: the kernel would give its inode to the next one, which may be another test's.
#[allow(dead_code, reason = "not every test program needs it")]
pub(crate) fn namespaces_of(pid: u32) -> BTreeMap<u64, File> {
    entries(Path::new(&format!("/proc/{pid}/task")))
        .iter()
        .filter_map(|task| {
            let namespace = File::open(task.join("ns/net")).ok()?;
            Some((namespace.metadata().ok()?.st_ino(), namespace))
        })
        .collect()
}

/// Processes with a thread in the network namespace `inode`.
pub(crate) fn inhabitants(inode: u64) -> BTreeSet<u32> {
    entries(Path::new("/proc"))
        .iter()
        .filter(|process| {
            entries(&process.join("task"))
                .iter()
                .any(|t| netns(t) == Some(inode))
        })
        .filter_map(|process| process.file_name()?.to_str()?.parse().ok())
        .collect()
}
