//! Three booted hosts with the package, and the tools of these tests.

use std::path::{Path, PathBuf};
use std::time::Duration;

use vrrp_lab::{Lab, Machine, Result};

/// For what takes moments on a quiet machine.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Installs a package that lies in `/root`, without a mirror.
const INSTALL: &str = "apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null \
     install --yes /root/vrrpd.deb";

/// The file or directory that `tests/installed/prepare` makes.
fn prepared(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target")
        .join(name);
    assert!(
        path.exists(),
        "{} is missing: run tests/installed/prepare, with --full for the tests that tests/run leaves out",
        path.display()
    );
    path
}

pub(crate) fn tree() -> PathBuf {
    prepared("debian-tree")
}

/// A tree with rpm, Python, an SSH server and Ansible too.
pub(crate) fn managed_tree() -> PathBuf {
    prepared("managed-tree")
}

/// The first package, or the second one, which is an upgrade of it.
pub(crate) fn package(revision: u8) -> PathBuf {
    prepared(&format!("test-packages/{revision}.deb"))
}

/// The program in these packages.
pub(crate) fn program() -> PathBuf {
    prepared("test-packages/vrrpd")
}

/// The same two as `.rpm`.
pub(crate) fn rpm(revision: u8) -> PathBuf {
    prepared(&format!("test-packages/{revision}.rpm"))
}

/// The configuration of the `place`th host, with an advert every `interval`.
pub(crate) fn config(place: usize, interval: &str) -> String {
    let priority = 254 - place;
    format!(
        "instances:\n  - name: control-plane\n    addresses: [10.0.50.20]\n    vrid: 51\n    \
         priority: {priority}\n    advert_interval: {interval}\n\
         log: {{format: journald}}\n"
    )
}

pub(crate) fn install(machine: &Machine, revision: u8) -> Result<String> {
    machine.copy_in(&package(revision), "/root/vrrpd.deb")?;
    machine.must(INSTALL)
}

/// Boots a host with the package and a configuration, and starts the service.
pub(crate) fn serve(lab: &Lab, place: usize, interval: &str) -> Result<Machine> {
    let machine = Machine::boot(&lab.hosts()[place], &tree())?;
    install(&machine, 1)?;
    machine.write_file("/etc/vrrpd/vrrpd.yaml", config(place, interval))?;
    machine.must("systemctl enable --now vrrpd")?;
    Ok(machine)
}

/// Boots all hosts of the lab at once.
pub(crate) fn serve_all(lab: &Lab, interval: &str) -> Result<Vec<Machine>> {
    std::thread::scope(|scope| {
        let starting: Vec<_> = (0..lab.hosts().len())
            .map(|place| scope.spawn(move || serve(lab, place, interval)))
            .collect();
        starting
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    })
}

/// The main process of the service as systemd knows it.
pub(crate) fn main_pid(machine: &Machine) -> Result<u32> {
    let text = machine.must("systemctl show --property MainPID --value vrrpd")?;
    Ok(text.trim().parse().expect("a number"))
}
