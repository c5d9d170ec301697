//! How each fault begins and ends.

use vrrp_core::{FaultReason, Input, RouterConfig};
use vrrp_wire::Centiseconds;

use super::{Event, SICK, World};
use crate::fault::{CLIENT, Fault, Planned};
use crate::node::Node;
use crate::scenario::virtual_address;
use crate::watch::Invariant;

impl World<'_> {
    pub(super) fn begin(&mut self, index: usize) {
        let fault = self.scenario.schedule[index].1;
        self.trace.line(self.time, format_args!("-- {fault}"));
        self.disturb(fault.is_planned());
        let end = self.time + fault.lasts();
        if fault.lasts() > 0 {
            self.schedule(end, Event::End(index));
        }
        match fault {
            Fault::Crash(host, _) => {
                self.until[host].down = self.until[host].down.max(end);
                self.hosts[host].node = None;
                self.hosts[host].held_until = None;
            }
            Fault::Kill(host, _) => {
                self.until[host].down = self.until[host].down.max(end);
                self.check_lease(host);
                self.hosts[host].node = None;
            }
            Fault::Stall(host, _) => {
                self.check_lease(host);
                self.hosts[host].stalled_until = self.hosts[host].stalled_until.max(end);
            }
            Fault::LinkDown(host, _) => {
                self.until[host].no_link = self.until[host].no_link.max(end);
                self.hosts[host].link = false;
                if self.hosts[host].runs() {
                    self.input(
                        host,
                        &Input::Down {
                            reason: FaultReason::NoCarrier,
                        },
                    );
                }
            }
            Fault::OneWay(..) | Fault::Partition(..) | Fault::Loss(..) => {
                self.network_faults.push(index);
            }
            Fault::Plan(host, planned) => self.plan(host, planned, end),
        }
        self.check_holders();
    }

    fn plan(&mut self, host: usize, planned: Planned, end: u64) {
        let until = &mut self.until[host];
        match planned {
            Planned::Restart(_) => until.down = until.down.max(end),
            Planned::Drain(_) => until.drained = until.drained.max(end),
            Planned::Sick(_) => until.sick = until.sick.max(end),
            Planned::Resign
            | Planned::AddressLost
            | Planned::Priority(_)
            | Planned::Preempt(_)
            | Planned::Addresses(_)
            | Planned::Interval(_) => {}
        }
        if !self.hosts[host].runs() {
            // What cannot be asked of a program that does not run is no plan.
            self.watch.calm = false;
            return;
        }
        match planned {
            Planned::Restart(_) => self.input(host, &Input::Shutdown),
            Planned::Resign => {
                self.anybody_resigned = true;
                self.input(host, &Input::Resign);
            }
            Planned::Drain(_) => self.input(host, &Input::Drain),
            Planned::Sick(_) => self.input(host, &SICK),
            Planned::Priority(priority) => self.reload(host, |config| {
                // An owner stays one.
                if config.priority != 255 {
                    config.priority = priority;
                }
            }),
            Planned::Preempt(preempt) => self.reload(host, |config| config.preempt = preempt),
            Planned::Addresses(count) => self.reload(host, |config| {
                config.addresses = (0..count).map(virtual_address).collect();
            }),
            Planned::Interval(interval) => self.reload(host, |config| {
                config.advert_interval = Centiseconds(interval);
            }),
            Planned::AddressLost => self.input(host, &Input::AddressesLost),
        }
    }

    fn reload(&mut self, host: usize, change: impl FnOnce(&mut RouterConfig)) {
        change(&mut self.configs[host]);
        let now = self.hosts[host].clock.local(self.time);
        let config = self.configs[host].clone();
        if let Some(Node::Vrrpd(router)) = &mut self.hosts[host].node
            && let Err(error) = router.reconfigure(now, config)
        {
            self.watch
                .violated(Invariant::AdvertsAreValid, self.time, error);
        }
        self.drain(host);
    }

    pub(super) fn end(&mut self, index: usize) {
        let fault = self.scenario.schedule[index].1;
        self.trace.line(self.time, format_args!("-- over: {fault}"));
        self.disturb(fault.is_planned());
        match fault {
            Fault::Crash(host, _)
            | Fault::Kill(host, _)
            | Fault::Plan(host, Planned::Restart(_)) => {
                if self.hosts[host].node.as_ref().is_some_and(Node::leaving) {
                    // It still hands over; a service manager waits for that.
                    self.schedule(self.time + self.interval / 10, Event::End(index));
                } else if self.until[host].down <= self.time && self.hosts[host].node.is_none() {
                    self.start(host);
                }
            }
            Fault::Stall(host, _) => {
                if self.hosts[host].stalled_until <= self.time {
                    self.wake(host);
                }
            }
            Fault::LinkDown(host, _) => {
                if self.until[host].no_link <= self.time {
                    self.hosts[host].link = true;
                    if self.hosts[host].runs() {
                        self.up(host);
                    }
                }
            }
            Fault::OneWay(..) | Fault::Partition(..) | Fault::Loss(..) => {
                self.network_faults.retain(|active| *active != index);
            }
            Fault::Plan(host, Planned::Drain(_)) => {
                if self.until[host].drained <= self.time && self.hosts[host].runs() {
                    self.input(host, &Input::Undrain);
                }
            }
            Fault::Plan(host, Planned::Sick(_)) => {
                if self.until[host].sick <= self.time && self.hosts[host].runs() {
                    self.recover(host);
                }
            }
            Fault::Plan(..) => {}
        }
        self.check_holders();
    }

    fn recover(&mut self, host: usize) {
        let effective = self.configs[host].priority;
        self.input(
            host,
            &Input::Priority {
                effective,
                degraded: None,
            },
        );
    }

    /// The program runs again: what its socket kept comes before its timers, and what it missed
    /// of its host and its operator it learns now.
    fn wake(&mut self, host: usize) {
        self.hosts[host].stalled_until = 0;
        while let Some(packet) = self.hosts[host].socket.pop_front() {
            self.receive(host, &packet);
        }
        if self.hosts[host].node.is_none() {
            return;
        }
        if self.hosts[host].link {
            self.up(host);
        } else {
            self.input(
                host,
                &Input::Down {
                    reason: FaultReason::NoCarrier,
                },
            );
        }
        self.input(
            host,
            if self.until[host].drained > self.time {
                &Input::Drain
            } else {
                &Input::Undrain
            },
        );
        if self.until[host].sick > self.time {
            self.input(host, &SICK);
        } else {
            self.recover(host);
        }
    }

    /// Packets lost now, per million.
    pub(super) fn loss(&self) -> u32 {
        let active = self
            .network_faults
            .iter()
            .map(|index| self.scenario.schedule[*index].1);
        active
            .filter_map(|fault| match fault {
                Fault::Loss(per_million, _) => Some(per_million),
                _ => None,
            })
            .max()
            .unwrap_or(0)
    }

    /// Whether packets get from one host to the other now.
    pub(super) fn reaches(&self, from: usize, to: usize) -> bool {
        let cut = self
            .network_faults
            .iter()
            .any(|index| match self.scenario.schedule[*index].1 {
                Fault::OneWay(source, sink, _) => (source, sink) == (from, to),
                Fault::Partition(mask, _) => (mask >> from) & 1 != (mask >> to) & 1,
                _ => false,
            });
        !cut && self.hosts[from].link && (to == CLIENT || self.hosts[to].link)
    }
}
