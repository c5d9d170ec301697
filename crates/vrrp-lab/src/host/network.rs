//! A host's interfaces and addresses, as its administrator handles them.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::Host;
use crate::error::{LabError, Result};
use crate::netlink::{HeldAddress, Link};
use crate::switch::Cable;

/// The kernel may take up to a second for it.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);

impl Host {
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
        self.link_up()?;
        self.wait_connected()
    }

    /// Waits until the kernel has come to terms with the new carrier at both ends, which it does
    /// up to a second after [`Host::link_up`] and [`Host::mend`]: until then the bridge drops
    /// frames.
    ///
    /// # Errors
    /// It has not after ten seconds.
    pub fn wait_connected(&self) -> Result<()> {
        self.wait_cable(
            self.interface(),
            &self.port(),
            Instant::now(),
            CONNECTED_WITHIN,
        )
    }

    /// Waits until both ends of a cable let frames through, at most until `bound` after `since`.
    pub(super) fn wait_cable(
        &self,
        interface: &str,
        port: &str,
        since: Instant,
        bound: Duration,
    ) -> Result<()> {
        loop {
            let port = self.inner.switch.netlink.link(port)?;
            if port.forwarding && self.inner.netlink.link(interface)?.operational {
                return Ok(());
            }
            if since.elapsed() > bound {
                return Err(LabError::Timeout {
                    what: format!("connecting {interface} of {} to the switch", self.name()),
                    bound,
                    diagnostics: format!("{port:?}"),
                });
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Makes a further interface whose cable ends at the switch but in no bridge: it has a
    /// carrier and nobody to talk to. For what tracks interfaces, or has to choose one.
    ///
    /// # Errors
    /// The kernel refuses, for example because the name is taken.
    pub fn add_interface(&self, name: &str) -> Result<()> {
        let number = self.links()?.len();
        let [.., c, d] = self.mac();
        let mac = [0x02, 1, 0, u8::try_from(number).unwrap_or(u8::MAX), c, d];
        let port = format!("x{number}-{}", self.name());
        let switch = &self.inner.switch.netlink;
        switch.add_veth(&port, name, mac, self.inner.namespace.netns_fd())?;
        self.set_link_up(name, true)
    }

    /// Takes any of its interfaces up or down.
    ///
    /// # Errors
    /// There is no such interface, or the kernel refuses.
    pub fn set_link_up(&self, name: &str, up: bool) -> Result<()> {
        self.inner.netlink.set_up(name, up)
    }

    /// Adds an address to any of its interfaces.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn add_address_to(&self, interface: &str, address: IpAddr, prefix: u8) -> Result<()> {
        self.inner.netlink.add_address(interface, address, prefix)
    }
}
