//! Changing the configuration of a running router, without a change of state where possible.

use std::sync::Arc;

use crate::timers::Timer;
use crate::{ConfigError, Instant, Output, RouterConfig, State};

use super::VirtualRouter;

impl VirtualRouter {
    /// Goes on with `config`. What is equal in both is left alone: an unchanged configuration
    /// sends nothing and moves no timer. A master whose priority falls offers to hand over.
    ///
    /// While penalties apply, give [`crate::Input::Priority`] afterwards; until then the
    /// effective priority is the lower one of the old effective and the new configured.
    ///
    /// # Errors
    /// `config` is not valid, or its identifier, version or family is another: then nothing
    /// changed, and the caller has to replace the router.
    pub fn reconfigure(
        &mut self,
        now: Instant,
        config: impl Into<Arc<RouterConfig>>,
    ) -> Result<(), ConfigError> {
        let config = config.into();
        self.config.can_become(&config)?;
        self.now = self.now.max(now);
        if config == self.config {
            return Ok(());
        }
        if self.lingers() {
            self.end_linger();
        }
        self.check_stall();
        let old_interval = self.master_down_interval();
        let old_lifetime = self.lease_lifetime();
        let old = core::mem::replace(&mut self.config, config);

        self.retime_master_down(old_interval);
        self.change_addresses(&old);
        if old.priority != self.config.priority {
            let effective = match self.degraded {
                None => self.config.priority,
                Some(_) => self.effective.min(self.config.priority),
            };
            self.set_effective(effective);
        }
        self.reconsider_preemption();
        if self.state == State::Master {
            self.change_mastership(&old);
        }
        if self.held && self.lease_lifetime() != old_lifetime {
            self.renew_lease();
        }
        Ok(())
    }

    /// Adds and removes single addresses while the others stay.
    fn change_addresses(&mut self, old: &RouterConfig) {
        if !self.held {
            return;
        }
        let lifetime = self.lease_lifetime();
        let new = &self.config.addresses;
        let removed = old
            .addresses
            .iter()
            .filter(|address| !new.contains(address));
        let added = new
            .iter()
            .filter(|address| !old.addresses.contains(address));
        self.outputs
            .extend(removed.map(|&address| Output::RemoveAddress { address }));
        let before = self.outputs.len();
        self.outputs
            .extend(added.map(|&address| Output::AddAddress { address, lifetime }));
        if self.outputs.len() > before {
            self.announce_burst();
        }
    }

    fn change_mastership(&mut self, old: &RouterConfig) {
        if self.is_leaving() {
            return;
        }
        if old.announce != self.config.announce {
            self.change_announcements();
        }
        // An offer under way ends by the new configuration.
        if self.leave.is_some() {
            return;
        }
        if old.preempt != self.config.preempt {
            self.timers.cancel(Timer::Offer);
            self.arm_next_offer();
        }
        // Our backups measure our silence by the interval they last heard.
        if old.advert_interval != self.config.advert_interval {
            self.change_pace(old.advert_interval.duration());
        }
    }
}
