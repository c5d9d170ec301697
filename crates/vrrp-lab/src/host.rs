//! A host of the lab: a namespace with one interface on the switch, its processes and its files,
//! and what can happen to a host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use std::{fs, io};

use nix::mount::{MsFlags, mount};
use nix::sys::signal::{Signal, kill};
use tokio::runtime;

use crate::command::{Command, User};
use crate::error::{Context, LabError, Result};
use crate::namespace::Namespace;
use crate::netlink::{HeldAddress, Link, Netlink};
use crate::pki::Pki;
use crate::private_files::empty_run;
use crate::process::{self, Output, Process};
use crate::switch::{Cable, Switch};
use crate::tools;

/// A host. Clones are the same host.
#[derive(Clone, Debug)]
pub struct Host {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    plan: HostPlan,
    namespace: Namespace,
    netlink: Netlink,
    switch: Arc<Switch>,
    pki: Arc<Pki>,
    processes: Mutex<Vec<Weak<process::Shared>>>,
    crashed: AtomicBool,
}

/// How a host is to be.
#[derive(Clone, Debug)]
pub(crate) struct HostPlan {
    pub(crate) name: String,
    pub(crate) interface: String,
    pub(crate) address: Ipv4Addr,
    pub(crate) prefix: u8,
    pub(crate) ipv6: Option<(Ipv6Addr, u8)>,
}

impl HostPlan {
    /// A MAC address one can recognise: locally administered, with the IPv4 address in it.
    fn mac(&self) -> [u8; 6] {
        let [a, b, c, d] = self.address.octets();
        [0x02, 0, a, b, c, d]
    }
}

impl Host {
    pub(crate) fn new(
        plan: HostPlan,
        switch: Arc<Switch>,
        pki: Arc<Pki>,
        runtime: &runtime::Handle,
    ) -> Result<Self> {
        let namespace = Namespace::new(&plan.name)?;
        let netlink = Netlink::open(&namespace, runtime)?;
        netlink.set_up("lo", true)?;
        let host = Self {
            inner: Arc::new(Inner {
                plan,
                namespace,
                netlink,
                switch,
                pki,
                processes: Mutex::new(Vec::new()),
                crashed: AtomicBool::new(false),
            }),
        };
        host.create_interface()?;
        Ok(host)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.plan.name
    }

    /// The name of its interface on the switch.
    #[must_use]
    pub fn interface(&self) -> &str {
        &self.inner.plan.interface
    }

    /// Its own IPv4 address.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.inner.plan.address
    }

    /// Its own global IPv6 address, in a lab with IPv6.
    #[must_use]
    pub fn address_v6(&self) -> Option<Ipv6Addr> {
        self.inner.plan.ipv6.map(|(address, _)| address)
    }

    /// The link-local address of its interface, which follows from its MAC address.
    #[must_use]
    pub fn link_local(&self) -> Ipv6Addr {
        let [a, b, c, d, e, f] = self.mac().map(u16::from);
        let last = [(a ^ 2) << 8 | b, c << 8 | 0xff, 0xfe00 | d, e << 8 | f];
        Ipv6Addr::new(0xfe80, 0, 0, 0, last[0], last[1], last[2], last[3])
    }

    /// The MAC address of its interface.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        self.inner.plan.mac()
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> &Namespace {
        &self.inner.namespace
    }

    pub(crate) fn pki(&self) -> &Pki {
        &self.inner.pki
    }

    /// Runs `work` in this host's namespaces; see [`Namespace::enter`].
    ///
    /// # Errors
    /// The lab has been taken down.
    pub fn enter<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        self.inner.namespace.enter(work)
    }

    // Processes.

    /// Starts a program in this host.
    ///
    /// # Errors
    /// It is not found or does not start.
    pub fn spawn(&self, command: &Command) -> Result<Process> {
        let mut program = command.program.clone();
        if program.components().count() == 1
            && let Some(name) = program.to_str()
        {
            program = tools::on_path(name)?;
        }
        if command.user.is_some() {
            program = self.expose(&program)?;
        }
        let process = Process::start(&self.inner.namespace, command, &program)?;
        let mut processes = self.processes();
        processes.retain(|process| process.strong_count() > 0);
        processes.push(Arc::downgrade(&process.shared));
        Ok(process)
    }

    /// Runs a program in this host to its end.
    ///
    /// # Errors
    /// It does not start, or does not end within `bound`.
    pub fn output(&self, command: &Command, bound: Duration) -> Result<Output> {
        let process = self.spawn(command)?;
        process.close_stdin();
        process.output(bound)
    }

    /// Shows `program` at a path that any user may reach; the repository may be root's own.
    fn expose(&self, program: &Path) -> Result<PathBuf> {
        let name = program.file_name().unwrap_or_default().to_owned();
        let program = program.to_owned();
        let what = format!(
            "showing {} to other users in {}",
            program.display(),
            self.name()
        );
        self.enter(move || -> io::Result<PathBuf> {
            let directory = Path::new("/run/vrrp-lab/bin");
            let exposed = directory.join(name);
            if !exposed.exists() {
                fs::create_dir_all(directory)?;
                fs::write(&exposed, "")?;
                let none = None::<&str>;
                mount(Some(&program), &exposed, none, MsFlags::MS_BIND, none)?;
            }
            Ok(exposed)
        })?
        .context(|| what)
    }

    fn processes(&self) -> std::sync::MutexGuard<'_, Vec<Weak<process::Shared>>> {
        self.inner
            .processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills every process in this host, those too that its processes have started, and waits
    /// until none is left.
    ///
    /// # Errors
    /// Some still live after five seconds.
    pub fn kill_all(&self) -> Result<()> {
        let known: Vec<_> = self.processes().iter().filter_map(Weak::upgrade).collect();
        for process in known {
            process.signal(Signal::SIGKILL);
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let pids = self.inner.namespace.pids();
            if pids.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(LabError::Other(format!(
                    "{}: cannot kill {pids:?}",
                    self.name()
                )));
            }
            for pid in pids {
                let _ = kill(pid, Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    // Files.

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

    // Addresses and interface.

    /// Every address on its interfaces, loopback and its own included.
    ///
    /// # Errors
    /// The kernel refuses to list them.
    pub fn addresses(&self) -> Result<Vec<HeldAddress>> {
        self.inner.netlink.addresses()
    }

    /// Whether `address` is on one of its interfaces.
    ///
    /// # Errors
    /// The kernel refuses to list them.
    pub fn holds(&self, address: IpAddr) -> Result<bool> {
        Ok(self.addresses()?.iter().any(|held| held.address == address))
    }

    /// Adds an address to its interface, as an administrator would.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn add_address(&self, address: IpAddr, prefix: u8) -> Result<()> {
        self.inner
            .netlink
            .add_address(self.interface(), address, prefix)
    }

    /// Deletes an address by hand; `false` if this host did not have it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn delete_address(&self, address: IpAddr) -> Result<bool> {
        self.inner.netlink.delete_address(address)
    }

    /// Its interfaces.
    ///
    /// # Errors
    /// The kernel refuses to list them.
    pub fn links(&self) -> Result<Vec<Link>> {
        self.inner.netlink.links()
    }

    /// Takes its interface down, as an administrator would.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn link_down(&self) -> Result<()> {
        self.inner.netlink.set_up(self.interface(), false)
    }

    /// Takes its interface up again; global IPv6 addresses, which the kernel drops with the
    /// link, come back.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn link_up(&self) -> Result<()> {
        self.inner.netlink.set_up(self.interface(), true)?;
        if let Some((address, prefix)) = self.inner.plan.ipv6
            && !self.holds(address.into())?
        {
            self.add_address(address.into(), prefix)?;
        }
        Ok(())
    }

    /// Renames its interface to `new_name`, or, when called with the name it was made with,
    /// back from `name`.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn rename_link(&self, name: &str, new_name: &str) -> Result<()> {
        self.inner.netlink.rename(name, new_name)
    }

    /// Deletes its interface.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn delete_interface(&self) -> Result<()> {
        self.inner.netlink.delete_link(self.interface())
    }

    /// Makes its interface, as a deleted one is made anew: another index, the same name, MAC
    /// and IP addresses.
    ///
    /// # Errors
    /// The kernel refuses, for example because it is there.
    pub fn create_interface(&self) -> Result<()> {
        let plan = &self.inner.plan;
        let cable = Cable {
            host: &plan.name,
            interface: &plan.interface,
            mac: plan.mac(),
            namespace: &self.inner.namespace,
        };
        self.inner.switch.connect(&self.port(), &cable)?;
        self.add_address(plan.address.into(), plan.prefix)?;
        self.link_up()
    }

    // Cable and switch.

    /// Name of its port at the switch.
    pub(crate) fn port(&self) -> String {
        format!("p-{}", self.name())
    }

    /// Stops all frames from and to this host at the switch; it keeps its carrier and learns
    /// nothing of it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn cut(&self) -> Result<()> {
        self.inner.switch.isolate(&self.port())
    }

    /// Stops the frames of this host at the switch; it still hears the others.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn cut_from(&self) -> Result<()> {
        self.inner
            .switch
            .netlink
            .set_port(&self.port(), false, true)
    }

    /// Stops the frames to this host at the switch; the others still hear it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn cut_to(&self) -> Result<()> {
        self.inner
            .switch
            .netlink
            .set_port(&self.port(), true, false)
    }

    /// Pulls the cable: its interface loses the carrier.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn unplug(&self) -> Result<()> {
        self.inner.switch.netlink.set_up(&self.port(), false)
    }

    /// Undoes [`Host::cut`], [`Host::cut_from`], [`Host::cut_to`] and [`Host::unplug`].
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn mend(&self) -> Result<()> {
        self.inner.switch.restore(&self.port())
    }

    // The whole host.

    /// The host vanishes: first from the network, then with all its processes, addresses that
    /// are not its own and `/run`. Returns the moment it was gone from the network.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn crash(&self) -> Result<Instant> {
        self.cut()?;
        let gone = Instant::now();
        self.inner.crashed.store(true, Ordering::SeqCst);
        self.kill_all()?;
        for held in self.addresses()? {
            if !self.is_own(held.address) {
                self.delete_address(held.address)?;
            }
        }
        self.enter(empty_run)??;
        Ok(gone)
    }

    /// A crashed host is back, with nothing running on it.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn boot(&self) -> Result<()> {
        self.mend()?;
        self.inner.crashed.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Whether it has vanished and not come back.
    #[must_use]
    pub fn is_crashed(&self) -> bool {
        self.inner.crashed.load(Ordering::SeqCst)
    }

    /// Whether an address was there before any program under test.
    fn is_own(&self, address: IpAddr) -> bool {
        address == IpAddr::from(self.address())
            || address == IpAddr::from(self.link_local())
            || self
                .address_v6()
                .is_some_and(|own| address == IpAddr::from(own))
            || address.is_loopback()
    }

    /// Its addresses, and its processes with the end of their output.
    pub(crate) fn diagnostics(&self) -> String {
        let mut text = format!("=== {}", self.name());
        if self.is_crashed() {
            text += " (crashed)";
        }
        let addresses = self.addresses().unwrap_or_default();
        for held in addresses.iter().filter(|held| !self.is_own(held.address)) {
            text += &format!(" holds {}/{}", held.address, held.prefix);
        }
        for link in self.links().unwrap_or_default() {
            if link.name == self.interface() && !(link.up && link.carrier) {
                text += &format!(
                    " ({} up: {}, carrier: {})",
                    link.name, link.up, link.carrier
                );
            }
        }
        text.push('\n');
        for process in self.processes().iter().filter_map(Weak::upgrade) {
            text += &process.tail();
        }
        text
    }

    /// Ends everything in it.
    pub(crate) fn close(&self) {
        let _ = self.kill_all();
        self.inner.namespace.close();
    }
}
