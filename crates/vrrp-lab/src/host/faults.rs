//! What can happen to a host: its cable, the switch's port, and the host as a whole.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Host;
use crate::error::Result;
use crate::private_files::empty_run;

impl Host {
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
}
