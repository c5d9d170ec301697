//! Carries out what a virtual router puts out.

use std::time::{Duration, SystemTime};

use vrrp_core::{Cause, Event, Input, Output, State};

use super::Protocol;
use super::instance::shown_state;
use crate::daemon::kernel::{Job, Tenure};
use crate::events::What;
use crate::view::Transition;

impl Protocol {
    /// Carries out all outputs of one instance, and notes its next deadline.
    pub(super) fn settle(&mut self, index: usize) {
        while let Some(output) = self.instances[index].router.poll_output() {
            self.carry_out(index, output);
        }
        let instance = &mut self.instances[index];
        instance.show_changes();
        self.schedule.at_latest(index, instance.router.deadline());
    }

    fn carry_out(&mut self, index: usize, output: Output) {
        if !matches!(output, Output::SendAdvert(_)) {
            // Whatever follows an advert is done after it was sent.
            self.flush_adverts();
        }
        match output {
            Output::SendAdvert(advert) => self.send_advert(index, &advert),
            Output::AcquireAddresses { lifetime } => self.acquire(index, lifetime),
            Output::RenewLease { lifetime } => self.renew(index, lifetime),
            Output::ReleaseAddresses => self.release(index),
            Output::AddAddress { address, lifetime } => {
                let instance = &self.instances[index];
                if let Some(interface) = instance.held_on.clone() {
                    let holding = instance.holding_one(interface, address);
                    self.kernel.ask(Job::Hold {
                        holding,
                        lifetime,
                        renew: false,
                        asked: vrrp_net::clock::now(),
                    });
                }
            }
            Output::RemoveAddress { address } => {
                let instance = &self.instances[index];
                if let Some(interface) = instance.held_on.clone() {
                    self.kernel
                        .ask(Job::Release(instance.holding_one(interface, address)));
                }
            }
            Output::Announce { count } => self.announce(index, count),
            Output::Transition { from, to, cause } => self.transition(index, from, to, &cause),
            Output::Event(event) => self.event(index, &event),
            Output::Left => self.gone.push(self.instances[index].id),
        }
    }

    fn acquire(&mut self, index: usize, lifetime: Option<Duration>) {
        let instance = &mut self.instances[index];
        let Some(place) = &instance.place else { return };
        instance.left_over = false;
        instance.held_on = Some(place.serving.clone());
        instance.acquired = Some(super::now());
        if !instance.tenure.lasts() {
            instance.tenure = Tenure::default();
        }
        let holding = instance.holding(place.serving.clone());
        self.kernel.ask(Job::Hold {
            holding,
            lifetime,
            renew: false,
            asked: vrrp_net::clock::now(),
        });
        // The kernel has nothing to tell of those that an earlier run left here.
        let _ = self.count_presence(index);
    }

    fn renew(&mut self, index: usize, lifetime: Option<Duration>) {
        let instance = &self.instances[index];
        if let Some(interface) = instance.held_on.clone() {
            instance.view.counters.lease_renewals.up();
            let holding = instance.holding(interface);
            self.kernel.ask(Job::Hold {
                holding,
                lifetime,
                renew: true,
                asked: vrrp_net::clock::now(),
            });
        }
    }

    fn release(&mut self, index: usize) {
        let instance = &mut self.instances[index];
        instance.tenure.end();
        instance.left_over = false;
        if let Some(interface) = instance.held_on.take() {
            self.kernel.ask(Job::Release(instance.holding(interface)));
        }
    }

    fn announce(&mut self, index: usize, count: u8) {
        let instance = &self.instances[index];
        let (Some(interface), Some(place)) = (&instance.held_on, &instance.place) else {
            return;
        };
        self.kernel.ask(Job::Announce {
            holding: instance.holding(interface.clone()),
            count,
            mac: place.mac,
            source: place.announce_from,
            view: instance.view.clone(),
            tenure: instance.tenure.clone(),
        });
    }

    fn transition(&mut self, index: usize, from: State, to: State, cause: &Cause) {
        let instance = &mut self.instances[index];
        if from == State::Master {
            // The addresses may stay a moment longer, but they are the successor's to announce.
            instance.tenure.end();
        }
        let (from, to) = (shown_state(from), shown_state(to));
        tracing::info!(
            instance = instance.plan.name,
            interface = instance
                .place
                .as_ref()
                .map(|place| place.parent.name.as_ref()),
            vrid = instance.view.vrid,
            from = from.as_str(),
            to = to.as_str(),
            priority = instance.router.effective_priority(),
            %cause,
            "{} is {} now: {cause}",
            instance.plan.name,
            to.as_str()
        );
        instance.view.record(Transition {
            at: SystemTime::now(),
            from,
            to,
            cause: cause.to_string(),
        });
        instance.warnings.clear();
        instance.show();
        self.events.publish(What::Transition {
            instance: instance.plan.name.clone(),
            from,
            to,
            cause: cause.to_string(),
        });
        self.group_moved(index);
    }

    fn event(&mut self, index: usize, event: &Event) {
        if matches!(event, Event::Leaving { .. }) {
            self.group_leaving(index);
        }
        let instance = &mut self.instances[index];
        let name = instance.plan.name.clone();
        let message = event.to_string();
        if is_warning(event) {
            tracing::warn!(instance = name, "{name}: {message}");
        } else {
            tracing::info!(instance = name, "{name}: {message}");
        }
        if let Some(kind) = lasting(event) {
            instance.warn(kind, message.clone());
        }
        instance.show();
        self.events.publish(match event {
            Event::Conflict {
                source, priority, ..
            } => What::Conflict {
                instance: name,
                address: source.to_string(),
                priority: *priority,
                message,
            },
            Event::DuplicateOwner { source } => What::Conflict {
                instance: name,
                address: source.to_string(),
                priority: u8::MAX,
                message,
            },
            Event::Late { lateness, .. } => What::Lateness {
                instance: name,
                late_ms: lateness.as_secs_f64() * 1000.0,
                message,
            },
            _ if is_warning(event) => What::Warning {
                instance: Some(name),
                message,
            },
            _ => What::Notice {
                instance: name,
                message,
            },
        });
    }

    /// Passes on what sync groups ask of their members, until nobody asks any more.
    pub(super) fn settle_groups(&mut self) {
        while let Some((index, order)) = self.orders.pop_front() {
            let now = super::now();
            if let Some(instance) = self.instances.get_mut(index) {
                let _ = instance.router.handle(now, Input::Group(order));
                self.settle(index);
                // Why it stays backup changes without a change of state.
                self.instances[index].show();
            }
        }
    }
}

/// What an operator should do something about.
const fn is_warning(event: &Event) -> bool {
    !matches!(
        event,
        Event::MasterHeard { .. }
            | Event::Leaving { .. }
            | Event::Offered { .. }
            | Event::OfferDeclined { .. }
    )
}

/// The kind of a warning that stays true until the next change of state.
const fn lasting(event: &Event) -> Option<&'static str> {
    match event {
        Event::DuplicateOwner { .. } => Some("duplicate_owner"),
        Event::EqualPriority { .. } => Some("equal_priority"),
        Event::AddressListDiffers { .. } => Some("address_list"),
        Event::IntervalDiffers { .. } => Some("interval"),
        _ => None,
    }
}
