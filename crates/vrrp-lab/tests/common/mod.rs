//! Looks at the machine from outside of any lab.

use std::collections::BTreeSet;
use std::fs;
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

/// Network namespaces that the threads of a process are in.
#[allow(dead_code, reason = "not every test program needs it")]
pub(crate) fn namespaces_of(pid: u32) -> BTreeSet<u64> {
    entries(Path::new(&format!("/proc/{pid}/task")))
        .iter()
        .filter_map(|t| netns(t))
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
