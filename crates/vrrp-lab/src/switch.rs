//! The switch of the lab: a namespace with a bridge and one port per host. What a cable or a
//! switch can do to a host is done here.

use std::collections::HashMap;
use std::fs;
use std::sync::{Mutex, PoisonError};

use tokio::runtime;

use crate::error::Result;
use crate::namespace::Namespace;
use crate::netlink::Netlink;

const BRIDGE: &str = "br0";

/// Bridge and ports.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) namespace: Namespace,
    pub(crate) netlink: Netlink,
    /// Host by index of its port.
    ports: Mutex<HashMap<u32, String>>,
}

/// The end of a cable that is at a host.
#[derive(Debug)]
pub(crate) struct Cable<'a> {
    /// Name of the host.
    pub(crate) host: &'a str,
    /// Name of the interface there.
    pub(crate) interface: &'a str,
    /// MAC address of that interface.
    pub(crate) mac: [u8; 6],
    /// The host's namespace.
    pub(crate) namespace: &'a Namespace,
}

impl Switch {
    pub(crate) fn new(runtime: &runtime::Handle) -> Result<Self> {
        let namespace = Namespace::new("switch")?;
        namespace.enter(forward_only)?;
        let netlink = Netlink::open(&namespace, runtime)?;
        netlink.add_bridge(BRIDGE)?;
        Ok(Self {
            namespace,
            netlink,
            ports: Mutex::new(HashMap::new()),
        })
    }

    /// Lays a cable to a host; its interface is down at first.
    pub(crate) fn connect(&self, port: &str, cable: &Cable<'_>) -> Result<()> {
        self.connect_to(BRIDGE, port, cable)
    }

    /// Like [`Switch::connect`], but to another bridge, which is made if it is not there.
    pub(crate) fn connect_to(&self, bridge: &str, port: &str, cable: &Cable<'_>) -> Result<()> {
        if self.netlink.link(bridge).is_err() {
            self.netlink.add_bridge(bridge)?;
        }
        let fd = cable.namespace.netns_fd();
        self.netlink
            .add_veth(port, cable.interface, cable.mac, fd)?;
        let ifindex = self.netlink.link(port)?.ifindex;
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        ports.insert(ifindex, cable.host.to_owned());
        drop(ports);
        self.netlink.set_bridge(port, Some(bridge))
    }

    /// The host whose cable is in the port with this index.
    pub(crate) fn host_at(&self, ifindex: u32) -> Option<String> {
        self.ports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&ifindex)
            .cloned()
    }

    /// Stops all frames at a port; the host keeps its carrier.
    pub(crate) fn isolate(&self, port: &str) -> Result<()> {
        self.netlink.set_bridge(port, None)
    }

    /// Takes back everything that was done to a port.
    pub(crate) fn restore(&self, port: &str) -> Result<()> {
        self.netlink.set_up(port, true)?;
        self.netlink.set_bridge(port, Some(BRIDGE))?;
        self.netlink.set_port(port, true, true)
    }

    /// Puts ports on a bridge of their own, apart from all others: part 0 is the first bridge.
    pub(crate) fn move_to_part(&self, part: usize, ports: &[&str]) -> Result<()> {
        let bridge = format!("br{part}");
        if self.netlink.link(&bridge).is_err() {
            self.netlink.add_bridge(&bridge)?;
        }
        for port in ports {
            self.netlink.set_bridge(port, None)?;
            self.netlink.set_bridge(port, Some(&bridge))?;
        }
        Ok(())
    }
}

/// A switch forwards frames and does not look at the packets in them: no hooks of IP, ARP and
/// their firewalls on the bridge. Where the kernel has no such hooks there is nothing to set.
fn forward_only() {
    for protocol in ["iptables", "ip6tables", "arptables"] {
        let _ = fs::write(
            format!("/proc/sys/net/bridge/bridge-nf-call-{protocol}"),
            "0",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_on_the_switch_pass_no_hook_of_ip() {
        let runtime = runtime::Runtime::new().expect("a runtime");
        let switch = Switch::new(runtime.handle()).expect("a switch");
        let hooks = switch.namespace.enter(|| {
            let directory = fs::read_dir("/proc/sys/net/bridge").into_iter().flatten();
            let files = directory.map(|entry| entry.expect("an entry").path());
            let calls = files.filter(|path| path.to_string_lossy().contains("-call-"));
            calls
                .map(|path| (path.clone(), fs::read_to_string(path).expect("a value")))
                .collect::<Vec<_>>()
        });
        for (path, value) in hooks.expect("the switch's namespace") {
            assert_eq!(value, "0\n", "{}", path.display());
        }
    }
}
