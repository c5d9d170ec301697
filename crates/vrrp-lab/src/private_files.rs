//! A host's own `/run`, `/etc` and `/sys`: mounts that only the host's threads and processes see,
//! so that daemons of several hosts do not meet in the file system of the one machine, and so
//! that nothing of it is left on the machine afterwards.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use nix::mount::{MsFlags, mount};

use crate::error::{Context, Result};

/// Where a host sees the machine's own `/etc`.
const MACHINE_ETC: &str = "/run/vrrp-lab/etc";

/// Directories in `/etc` that each host has for itself, empty at first.
const OWN_ETC: [&str; 3] = ["vrrpd", "keepalived", "kubernetes"];

/// Directories in `/run` that programs under test expect.
const OWN_RUN: [&str; 3] = ["vrrpd", "keepalived", "lock"];

/// Mounts the private directories. The calling thread must have left the machine's mount
/// namespace already.
pub(crate) fn mount_private_files() -> Result<()> {
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .context(|| "making / private to the host's mount namespace".to_owned())?;

    // `/etc` first goes to a directory of a tmpfs that then becomes `/run`.
    mount_tmpfs("/run")?;
    fs::create_dir_all(MACHINE_ETC).context(|| format!("making {MACHINE_ETC}"))?;
    mount(
        Some("/etc"),
        MACHINE_ETC,
        none,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        none,
    )
    .context(|| format!("binding /etc to {MACHINE_ETC}"))?;
    mount_tmpfs("/etc")?;
    link_etc()?;
    for directory in OWN_ETC {
        make_directory(&Path::new("/etc").join(directory))?;
    }
    empty_run()?;

    // Best effort: a container may not allow it, and only `/sys/class/net` depends on it.
    let _ = mount(Some("sysfs"), "/sys", Some("sysfs"), MsFlags::empty(), none);
    Ok(())
}

/// Empties `/run` as a reboot does and makes the directories programs expect.
pub(crate) fn empty_run() -> Result<()> {
    for entry in fs::read_dir("/run").context(|| "reading /run".to_owned())? {
        let path = entry.context(|| "reading /run".to_owned())?.path();
        if path == Path::new("/run/vrrp-lab") {
            continue;
        }
        let removed = if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.context(|| format!("removing {}", path.display()))?;
    }
    for directory in OWN_RUN {
        make_directory(&Path::new("/run").join(directory))?;
    }
    Ok(())
}

/// A link for everything in the machine's `/etc`; links are copied, so that relative ones hold.
fn link_etc() -> Result<()> {
    for entry in fs::read_dir(MACHINE_ETC).context(|| format!("reading {MACHINE_ETC}"))? {
        let entry = entry.context(|| format!("reading {MACHINE_ETC}"))?;
        let name = entry.file_name();
        if OWN_ETC.iter().any(|own| name == *own) {
            continue;
        }
        let target = fs::read_link(entry.path()).unwrap_or_else(|_| entry.path());
        let link = Path::new("/etc").join(&name);
        symlink(&target, &link).context(|| format!("linking {}", link.display()))?;
    }
    Ok(())
}

fn make_directory(path: &Path) -> Result<()> {
    fs::create_dir_all(path).context(|| format!("making {}", path.display()))
}

fn mount_tmpfs(path: &str) -> Result<()> {
    mount(
        Some("tmpfs"),
        path,
        Some("tmpfs"),
        MsFlags::MS_NOSUID,
        Some("mode=0755"),
    )
    .context(|| format!("mounting a tmpfs on {path}"))
}
