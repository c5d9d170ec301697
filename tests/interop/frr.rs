//! FRR's vrrpd as the peer, with the zebra and the macvlan it needs, set up as FRR's manual says.
//! It knows no unicast and no password.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use vrrp_lab::{Command, Host, LabError, Process, Result};

use crate::matrix::matrix;
use crate::router::{BOUND, Software, faults};
use crate::setup::{Family, Setup, VRID};

matrix! {
    Software::Frr;
    v2_ipv4: Setup { name: "v2", version: 2, ..OF_FRR };
    v3_ipv4: Setup { name: "v3", ..OF_FRR };
    v3_ipv4_with_our_vmac: Setup { name: "v3, both vmacs", our_vmac: true, ..OF_FRR };
    v3_ipv6: Setup { name: "v3 IPv6", family: Family::V6, ..OF_FRR };
}

/// It always serves the address from the virtual MAC, and advertises no link-local one.
const OF_FRR: Setup = Setup {
    peer_vmac: true,
    link_local: false,
    ..Setup::V3
};

/// The macvlan.
const DEVICE: &str = "vrrp51";
const DIRECTORY: &str = "/run/frr";
/// What of its log finds fault with a packet.
const COMPLAINTS: [&str; 3] = ["Datagram invalid", "Datagram has", "this is a bug"];

/// A running FRR. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    vrrpd: Process,
    zebra: Process,
}

pub(crate) fn start(setup: &Setup, host: &Host, priority: u8) -> Result<Running> {
    let run = |line: &str| run(host, line);
    make_device(setup, host)?;
    run(&format!("mkdir -p {DIRECTORY}"))?;
    run(&format!("chown frr:frr {DIRECTORY}"))?;
    host.write_file(format!("{DIRECTORY}/zebra.conf"), "hostname zebra\n")?;
    host.write_file(
        format!("{DIRECTORY}/vrrpd.conf"),
        config(setup, host, priority),
    )?;
    // One left by an earlier zebra would make vrrpd wait ten seconds for its next try.
    let socket = format!("{DIRECTORY}/zserv.api");
    run(&format!("rm -f {socket}"))?;
    let zebra = host.spawn(&daemon("zebra"))?;
    wait_for_file(host, &socket, &zebra)?;
    let vrrpd = host.spawn(&daemon("vrrpd").args(["--log-level", "debug"]))?;
    Ok(Running { vrrpd, zebra })
}

fn wait_for_file(host: &Host, path: &str, from: &Process) -> Result<()> {
    let deadline = Instant::now() + BOUND;
    loop {
        let path = path.to_owned();
        if host.enter(move || Path::new(&path).exists())? {
            return Ok(());
        }
        if !from.is_running() || Instant::now() > deadline {
            return Err(LabError::Other(format!("no socket: {}", from.text())));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A daemon of FRR with its files in the host's own directory.
fn daemon(name: &str) -> Command {
    Command::new(format!("/usr/lib/frr/{name}"))
        .name(format!("frr-{name}"))
        .args(["-f", &format!("{DIRECTORY}/{name}.conf")])
        .args(["-i", &format!("{DIRECTORY}/{name}.pid")])
        .args(["-z", &format!("{DIRECTORY}/zserv.api")])
        .args(["--vty_socket", DIRECTORY])
        .args(["-A", "127.0.0.1", "-P", "0", "--log", "stdout"])
}

fn config(setup: &Setup, host: &Host, priority: u8) -> String {
    let family = match setup.family {
        Family::V4 => "ip",
        Family::V6 => "ipv6",
    };
    let mut text = format!(
        "hostname vrrpd\ndebug vrrp protocol\ndebug vrrp sockets\ninterface {}\n",
        host.interface()
    );
    for line in [
        format!("version {}", setup.version),
        format!("priority {priority}"),
        format!("advertisement-interval {}", setup.interval().as_millis()),
        format!("{family} {}", setup.address()),
    ] {
        let _ = writeln!(text, " vrrp {VRID} {line}");
    }
    text
}

/// The macvlan in bridge mode with the virtual MAC and a link-local address that is not made of
/// it. The host's interface must neither answer nor ask for the addresses of the macvlan.
fn make_device(setup: &Setup, host: &Host) -> Result<()> {
    let run = |line: &str| run(host, line);
    if host.links()?.iter().any(|link| link.name == DEVICE) {
        run(&format!("ip link delete {DEVICE}"))?;
    }
    let mac = setup.virtual_mac().map(|byte| format!("{byte:02x}"));
    let prefix = match setup.family {
        Family::V4 => 32,
        Family::V6 => 128,
    };
    let parent = host.interface();
    run(&format!(
        "ip link add {DEVICE} link {parent} type macvlan mode bridge"
    ))?;
    run(&format!("ip link set dev {DEVICE} addrgenmode random"))?;
    run(&format!(
        "ip link set dev {DEVICE} address {}",
        mac.join(":")
    ))?;
    for (scope, key, value) in [
        ("all", "arp_ignore", "1"),
        ("all", "arp_announce", "2"),
        ("all", "rp_filter", "0"),
        (DEVICE, "rp_filter", "0"),
    ] {
        host.write_file(format!("/proc/sys/net/ipv4/conf/{scope}/{key}"), value)?;
    }
    run(&format!(
        "ip address add {}/{prefix} dev {DEVICE}",
        setup.address()
    ))?;
    run(&format!("ip link set dev {DEVICE} up"))
}

fn run(host: &Host, line: &str) -> Result<()> {
    let mut words = line.split(' ');
    let program = words.next().unwrap_or_default();
    let output = host.output(&Command::new(program).args(words), BOUND)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(LabError::Other(format!("{line}: {}", output.stderr)))
    }
}

impl Running {
    pub(crate) fn wait_listening(&self) -> Result<()> {
        self.vrrpd
            .wait_line("Initialize -> Backup", BOUND)
            .map(drop)
    }

    pub(crate) fn terminate(&self) -> Result<()> {
        for process in [&self.vrrpd, &self.zebra] {
            process.terminate();
            process.wait_exit(BOUND)?;
        }
        Ok(())
    }

    /// Lines that find fault. Before vrrpd has learned the checksum form, FRR may find fault with
    /// that.
    pub(crate) fn complaints(&self, before_learning: bool) -> Vec<String> {
        faults(&self.vrrpd, |line| {
            COMPLAINTS.iter().any(|part| line.contains(part))
                && !(before_learning && line.contains("Bad VRRP checksum"))
        })
    }
}
