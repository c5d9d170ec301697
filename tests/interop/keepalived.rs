//! Keepalived as the peer.

use std::fmt::Write as _;

use vrrp_lab::{Host, Keepalived, KeepalivedInstance, Result};

use crate::matrix::matrix;
use crate::router::{BOUND, Software, faults};
use crate::setup::{Family, PASSWORD, Setup, VRID};

matrix! {
    Software::Keepalived;
    v2_pass_multicast: Setup { name: "v2 PASS multicast", version: 2, pass: true, ..Setup::V3 };
    v2_unicast: Setup { name: "v2 unicast", version: 2, unicast: true, ..Setup::V3 };
    v3_multicast: Setup::V3;
    v3_unicast: Setup { name: "v3 unicast", unicast: true, ..Setup::V3 };
    v3_ipv6_multicast: Setup { name: "v3 IPv6 multicast", family: Family::V6, ..Setup::V3 };
    v3_ipv6_unicast: Setup {
        // It sends IPv6 unicast with the system's hop limit instead of 255.
        name: "v3 IPv6 unicast", family: Family::V6, unicast: true, min_ttl: Some(64), ..Setup::V3
    };
    v3_ipv6_with_its_vmac: Setup {
        name: "v3 IPv6, its vmac", family: Family::V6, peer_vmac: true, ..Setup::V3
    };
    v3_ipv6_with_both_vmacs: Setup {
        name: "v3 IPv6, both vmacs", family: Family::V6, peer_vmac: true, our_vmac: true,
        ..Setup::V3
    };
    v3_with_both_vmacs: Setup {
        name: "v3, both vmacs", peer_vmac: true, our_vmac: true, ..Setup::V3
    };
    v3_with_our_vmac: Setup { name: "v3, our vmac", our_vmac: true, ..Setup::V3 };
    v3_with_its_vmac: Setup { name: "v3, its vmac", peer_vmac: true, ..Setup::V3 };
}

/// What Keepalived writes when all is well.
const ORDINARY: [&str; 32] = [
    "Starting Keepalived",
    "Running on Linux",
    "Command line: ",
    "              '--",
    "Opening file",
    "Configuration file",
    "NOTICE: setting config option max_auto_priority",
    "Starting VRRP child process",
    "Registering Kernel netlink",
    "Assigned address",
    "Registering gratuitous",
    "Startup complete",
    "removing VIPs",
    "setting VIPs",
    "Entering BACKUP STATE",
    "Entering MASTER STATE",
    "VRRP sockpool: ",
    "Receive advertisement timeout",
    "ending gratuitous ARP",
    "ending/queueing gratuitous ARPs",
    "with higher priority 200, ours 100",
    "with lower priority 100, ours 200, forcing new election",
    "received lower priority (100) advert from",
    "Backup received priority 0 advertisement",
    "ending unsolicited Neighbour Advert",
    "ending/queueing Unsolicited Neighbour Adverts",
    "use_vmac or no_accept/strict specified, but no firewall configured - using nftables",
    "ing VMAC interface vrrp.51",
    "Stopping",
    "sent 0 priority",
    "Stopped",
    "CPU usage",
];

/// A running Keepalived. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Running(Keepalived);

pub(crate) fn start(setup: &Setup, host: &Host, other: &Host, priority: u8) -> Result<Running> {
    let mut extra = String::new();
    if setup.unicast {
        let (own, other) = (setup.unicast_address(host), setup.unicast_address(other));
        let _ = write!(
            extra,
            "    unicast_src_ip {own}\n    unicast_peer {{\n        {other}\n    }}\n"
        );
    }
    if setup.pass {
        let _ = write!(
            extra,
            "    authentication {{\n        auth_type PASS\n        auth_pass {PASSWORD}\n    }}\n"
        );
    }
    if setup.peer_vmac {
        extra += "    use_vmac\n";
    }
    let instance = KeepalivedInstance {
        vrid: VRID,
        version: setup.version,
        advert_interval: setup.interval(),
        extra,
        addresses: setup.addresses(),
        ..KeepalivedInstance::new(setup.address(), priority)
    };
    host.start_keepalived(&instance.config(host.interface(), ""))
        .map(Running)
}

impl Running {
    pub(crate) fn wait_listening(&self) -> Result<()> {
        self.0.wait_state("BACKUP", BOUND)
    }

    pub(crate) fn terminate(&self) -> Result<()> {
        self.0.process().terminate();
        self.0.process().wait_exit(BOUND).map(drop)
    }

    /// Every line that is not ordinary. Before vrrpd has learned the checksum form, Keepalived may
    /// find fault with that.
    pub(crate) fn complaints(&self, before_learning: bool) -> Vec<String> {
        faults(self.0.process(), |line| {
            !(ORDINARY.iter().any(|part| line.contains(part))
                || before_learning && line.ends_with("Invalid VRRPv3 checksum"))
        })
    }
}
