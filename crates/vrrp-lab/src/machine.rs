//! A host of the lab that is booted: a Debian tree with its own systemd, by `systemd-nspawn`, in
//! the network of the host. What is written to the tree stays in the host's memory and goes with
//! it; several hosts boot one tree.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io};

use nix::mount::{MsFlags, mount};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::command::Command;
use crate::error::{Context, LabError, Result};
use crate::host::Host;
use crate::process::{Output, Process};

/// Where the host sees the tree, and what it has changed in it.
const DIRECTORY: &str = "/run/vrrp-lab/machine";
/// For systemd to start or stop all it has.
const BOOT: Duration = Duration::from_secs(90);
/// From one look to the next.
const PAUSE: Duration = Duration::from_millis(50);

/// A booted host. Its processes end with it.
#[derive(Debug)]
pub struct Machine {
    host: Host,
    container: Process,
    cgroup: PathBuf,
    leader: u32,
}

impl Machine {
    /// Boots `tree`, a directory made by debootstrap, in the network of `host`, and waits until
    /// systemd has started what it has to. Booted once more, the host finds what it wrote.
    ///
    /// # Errors
    /// `systemd-nspawn` is missing, or the kernel or systemd refuse.
    pub fn boot(host: &Host, tree: &Path) -> Result<Self> {
        let mut machine = Self::start(host, tree)?;
        machine.wait_started()?;
        Ok(machine)
    }

    /// Like [`Machine::boot`], without waiting for services: only until commands can be run.
    ///
    /// # Errors
    /// As [`Machine::boot`].
    pub fn start(host: &Host, tree: &Path) -> Result<Self> {
        let root = lay_over(host, tree)?;
        let cgroup = make_cgroup(host)?;
        // Each in a control group of its own, where systemd-nspawn makes more.
        let enter = format!("echo $$ >{}/cgroup.procs && exec \"$@\"", cgroup.display());
        let command = Command::new("sh")
            .name("systemd-nspawn")
            .args(["-c", &enter, "sh", "systemd-nspawn"])
            .args(["--quiet", "--boot", "--register=no", "--keep-unit"])
            .args(["--settings=no", "--console=pipe", "--link-journal=no"])
            // This namespace as one of its own, not the machine's.
            .arg("--network-namespace-path=/proc/self/ns/net")
            .arg("--capability=CAP_NET_ADMIN")
            .arg(format!("--machine={}", host.name()))
            .arg(format!("--directory={}", root.display()));
        let container = host.spawn(&command)?;
        let mut machine = Self {
            host: host.clone(),
            container,
            cgroup,
            leader: 0,
        };
        machine.wait("systemd answers", BOOT, |machine| {
            machine.leader = machine.find_leader()?;
            let state = machine.sh("systemctl is-system-running").ok()?;
            let known = ["starting", "running", "degraded", "initializing"];
            known.contains(&state.stdout.trim()).then_some(())
        })?;
        Ok(machine)
    }

    /// Waits until systemd has started what it has to.
    ///
    /// # Errors
    /// A unit failed, or it takes too long.
    pub fn wait_started(&mut self) -> Result<()> {
        let output = self.output("systemctl is-system-running --wait", BOOT)?;
        if output.stdout.trim() == "running" {
            return Ok(());
        }
        let failed =
            self.sh("systemctl --failed --no-pager; journalctl -b -p warning --no-pager")?;
        Err(LabError::Other(format!(
            "{} is {}:\n{}",
            self.host.name(),
            output.stdout.trim(),
            failed.stdout
        )))
    }

    /// The host it runs on.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Runs a shell command in the machine, half a minute at most.
    ///
    /// # Errors
    /// It does not start, or does not end. What it returns is for the caller to judge.
    pub fn sh(&self, command: &str) -> Result<Output> {
        self.output(command, Duration::from_secs(30))
    }

    /// Runs a shell command that has to succeed, and gives what it wrote to standard output.
    ///
    /// # Errors
    /// As [`Machine::sh`], and where it fails.
    pub fn must(&self, command: &str) -> Result<String> {
        let output = self.output(command, BOOT)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let journal = self.sh("journalctl --boot --no-pager --lines 40")?.stdout;
        Err(LabError::Other(format!(
            "{}: `{command}` ended with {}:\n{}{}\n{journal}",
            self.host.name(),
            output.status,
            output.stdout,
            output.stderr
        )))
    }

    /// Runs a shell command in the machine.
    ///
    /// # Errors
    /// It does not start, or does not end within `bound`.
    pub fn output(&self, command: &str, bound: Duration) -> Result<Output> {
        let inside = Command::new("nsenter")
            .name(format!("`{command}`"))
            .args(["--target", &self.leader.to_string(), "--all", "--wdns=/"])
            .args(["--", "/usr/bin/env", "--ignore-environment"])
            .arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .args(["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"])
            .args(["/bin/sh", "-c", command]);
        self.host.output(&inside, bound)
    }

    /// Writes a file in the machine; directories are made as needed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_file(&self, path: &str, contents: impl Into<Vec<u8>>) -> Result<()> {
        let inside = format!("{DIRECTORY}/root/{}", path.trim_start_matches('/'));
        self.host.write_file(inside, contents)
    }

    /// Copies a file of this machine's into it.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn copy_in(&self, from: &Path, path: &str) -> Result<()> {
        let contents = fs::read(from).context(|| format!("reading {}", from.display()))?;
        self.write_file(path, contents)
    }

    /// Shuts it down in good order and waits for its end.
    ///
    /// # Errors
    /// It does not end.
    pub fn power_off(&self) -> Result<()> {
        // The connection may go before the answer comes.
        let _ = self.sh("systemctl --no-block poweroff");
        self.container.wait_exit(BOOT).map(drop)
    }

    /// What it wrote to its console.
    #[must_use]
    pub fn console(&self) -> String {
        self.container.text()
    }

    /// Looks until `found` finds something.
    ///
    /// # Errors
    /// Nothing was found within `bound`, or the machine ended.
    pub fn wait<T>(
        &mut self,
        what: &str,
        bound: Duration,
        mut found: impl FnMut(&mut Self) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + bound;
        loop {
            if let Some(value) = found(self) {
                return Ok(value);
            }
            if !self.container.is_running() || Instant::now() > deadline {
                return Err(LabError::Timeout {
                    what: format!("{}: {what}", self.host.name()),
                    bound,
                    diagnostics: self.console(),
                });
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The first process in the machine: the child of `systemd-nspawn` that is somebody's first.
    fn find_leader(&self) -> Option<u32> {
        let pid = self.container.pid();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        children.split_whitespace().find_map(|child| {
            let status = fs::read_to_string(format!("/proc/{child}/status")).ok()?;
            let inside = status
                .lines()
                .find_map(|line| line.strip_prefix("NSpid:"))?;
            let first = inside.split_whitespace().next_back() == Some("1");
            first.then(|| child.parse().ok())?
        })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // With its first process go all others in it.
        if let Some(leader) = i32::try_from(self.leader).ok().filter(|leader| *leader > 0) {
            let _ = kill(Pid::from_raw(leader), Signal::SIGKILL);
        }
        self.container.kill();
        let _ = self.container.wait_exit(BOOT);
        let cgroup = self.cgroup.clone();
        let _ = self.host.enter(move || remove_cgroup(&cgroup));
    }
}

/// A control group below that of this process.
fn make_cgroup(host: &Host) -> Result<PathBuf> {
    let name = format!("vrrp-lab-{}-{}", std::process::id(), host.name());
    let what = format!("making a control group for {}", host.name());
    host.enter(move || -> io::Result<PathBuf> {
        let all = Path::new("/sys/fs/cgroup");
        if !all.join("cgroup.procs").exists() {
            let none = None::<&str>;
            mount(
                Some("cgroup2"),
                all,
                Some("cgroup2"),
                MsFlags::empty(),
                none,
            )?;
        }
        let own = fs::read_to_string("/proc/self/cgroup")?;
        let own = own.lines().find_map(|line| line.strip_prefix("0::/"));
        let path = all.join(own.unwrap_or_default()).join(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    })?
    .context(|| what)
}

/// Removes a control group and those in it. The kernel lets go of one only when the last of its
/// processes is gone, which takes a moment.
fn remove_cgroup(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroup(&entry.path());
        }
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    while fs::remove_dir(path).is_err_and(|cause| cause.kind() == io::ErrorKind::ResourceBusy)
        && Instant::now() < deadline
    {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Mounts the tree with a layer of the host's own above it, unless it is there from an earlier
/// boot.
fn lay_over(host: &Host, tree: &Path) -> Result<PathBuf> {
    let tree = tree
        .canonicalize()
        .context(|| format!("finding the Debian tree {}", tree.display()))?;
    let what = format!("mounting {} in {}", tree.display(), host.name());
    let root = Path::new(DIRECTORY).join("root");
    let mounted = root.clone();
    host.enter(move || -> nix::Result<()> {
        if mounted.join("etc").exists() {
            return Ok(());
        }
        for directory in ["root", "upper", "work"] {
            fs::create_dir_all(Path::new(DIRECTORY).join(directory))
                .map_err(|cause| nix::Error::from_raw(cause.raw_os_error().unwrap_or(0)))?;
        }
        let options = format!(
            "lowerdir={},upperdir={DIRECTORY}/upper,workdir={DIRECTORY}/work",
            tree.display()
        );
        mount(
            Some("overlay"),
            &mounted,
            Some("overlay"),
            MsFlags::empty(),
            Some(options.as_str()),
        )
    })?
    .context(|| what)?;
    Ok(root)
}
