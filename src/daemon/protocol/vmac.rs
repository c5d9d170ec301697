//! Instances with `vmac: true`: each has a macvlan while its interface is usable, and none
//! otherwise.

use std::net::{IpAddr, Ipv6Addr};

use vrrp_core::FaultReason;
use vrrp_net::Interface;
use vrrp_net::vmac::{self, VmacSpec};
use vrrp_wire::{Family, virtual_mac};

use super::Protocol;
use super::network::Place;
use super::place::RETRY;
use crate::daemon::kernel::Job;

/// The macvlan of one instance.
#[derive(Debug, Default)]
pub(super) enum Vmac {
    /// There is none.
    #[default]
    None,
    /// The kernel thread was asked for it.
    Asked(Box<Ask>),
    /// It was made. Until the kernel's news have told of it, what is known of it is old.
    Made {
        ask: Box<Ask>,
        interface: Interface,
        seen: bool,
    },
}

/// What was asked for.
#[derive(Debug)]
pub(super) struct Ask {
    number: u64,
    name: String,
    parent: Interface,
    link_local: Option<Ipv6Addr>,
}

impl Vmac {
    const fn ask(&self) -> Option<&Ask> {
        match self {
            Self::None => None,
            Self::Asked(ask) | Self::Made { ask, .. } => Some(&**ask),
        }
    }

    /// Its name, or the name it will have.
    pub(super) fn name(&self) -> Option<&str> {
        self.ask().map(|ask| ask.name.as_str())
    }
}

impl Protocol {
    /// The place of an instance whose interface is usable: that interface, or the macvlan on
    /// it. `None` while that is being made.
    pub(super) fn on_vmac(
        &mut self,
        index: usize,
        place: Place,
        virtual_addresses: &[IpAddr],
    ) -> Result<Option<Place>, FaultReason> {
        if !self.instances[index].plan.vmac {
            return Ok(Some(place));
        }
        let link_local = self.own_link_local(index, &place, virtual_addresses)?;
        let instance = &mut self.instances[index];
        let fits =
            |ask: &Ask| ask.parent.index == place.parent.index && ask.link_local == link_local;
        match &mut instance.vmac {
            Vmac::Asked(ask) if fits(ask) => return Ok(None),
            Vmac::Made {
                ask,
                interface,
                seen,
            } if fits(ask) => match self.network.by_index(interface.index) {
                Some(link) if link.is_usable() => {
                    *seen = true;
                    let unicast = instance.plan.router.peers.is_some();
                    let mac = virtual_mac(instance.view.family, instance.view.vrid);
                    return Ok(Some(moved(
                        place,
                        link.interface(),
                        mac,
                        link_local,
                        unicast,
                    )));
                }
                Some(_) | None if !*seen => return Ok(None),
                Some(link) if link.up => return Err(FaultReason::NoCarrier),
                // Somebody switched it off or removed it.
                _ => {}
            },
            _ => {}
        }
        self.ask_for_vmac(index, place.parent, link_local);
        Ok(None)
    }

    /// Over IPv6 the macvlan has a link-local address of its own.
    fn own_link_local(
        &self,
        index: usize,
        place: &Place,
        virtual_addresses: &[IpAddr],
    ) -> Result<Option<Ipv6Addr>, FaultReason> {
        let view = &self.instances[index].view;
        if view.family == Family::V4 {
            return Ok(None);
        }
        let of_parent = match place.source {
            IpAddr::V6(source) if source.is_unicast_link_local() => Some(source),
            _ => self
                .network
                .link_local(place.parent.index, virtual_addresses),
        };
        let of_parent = of_parent.ok_or(FaultReason::NoSourceAddress)?;
        Ok(Some(vmac::link_local(of_parent, view.vrid)))
    }

    fn ask_for_vmac(&mut self, index: usize, parent: Interface, link_local: Option<Ipv6Addr>) {
        let elsewhere = |ask: &Ask| ask.parent.index != parent.index;
        if self.instances[index].vmac.ask().is_some_and(elsewhere) {
            self.drop_vmac(index);
        }
        let name = match self.instances[index].vmac.name() {
            Some(name) => name.to_owned(),
            None => self.free_name(index, &parent),
        };
        self.next_id += 1;
        let number = self.next_id;
        let instance = &mut self.instances[index];
        self.kernel.ask(Job::MakeVmac {
            number,
            spec: VmacSpec {
                name: name.clone(),
                parent: parent.clone(),
                family: instance.view.family,
                vrid: instance.view.vrid,
                link_local,
            },
        });
        instance.vmac = Vmac::Asked(Box::new(Ask {
            number,
            name,
            parent,
            link_local,
        }));
    }

    /// The usual name, or one with the number of the interface where another interface has an
    /// instance of the same VRID.
    fn free_name(&self, index: usize, parent: &Interface) -> String {
        let view = &self.instances[index].view;
        let usual = vmac::name(view.family, view.vrid);
        let is_taken = |name: &str| {
            let mut others = self.instances.iter();
            others.any(|other| other.vmac.name() == Some(name))
        };
        if is_taken(&usual) {
            format!("{usual}.{}", parent.index)
        } else {
            usual
        }
    }

    /// Removes the macvlan of an instance, when all that was asked for before is done.
    pub(super) fn drop_vmac(&mut self, index: usize) {
        let vmac = std::mem::take(&mut self.instances[index].vmac);
        if let Some(name) = vmac.name() {
            self.kernel.ask(Job::RemoveVmac {
                name: name.to_owned(),
            });
        }
    }

    /// A macvlan is there. It is used when the kernel's news say that it is up.
    pub(super) fn vmac_made(&mut self, number: u64, interface: Interface, parent_changed: &[&str]) {
        let Some(index) = self.asking(number) else {
            return;
        };
        let instance = &mut self.instances[index];
        let Vmac::Asked(ask) = std::mem::take(&mut instance.vmac) else {
            return;
        };
        tracing::info!(
            instance = instance.plan.name,
            "{}: {interface} is there, with the virtual MAC address, on {}",
            instance.plan.name,
            ask.parent
        );
        if !parent_changed.is_empty() {
            let parent = &ask.parent.name;
            tracing::warn!(
                "changed {} of {parent}, until vrrpd ends: {parent} would use ARP for the virtual \
                 addresses too, with its own MAC address. To keep vrrpd from it, set \
                 net.ipv4.conf.{parent}.arp_ignore=1 and .arp_announce=2 yourself",
                parent_changed.join(" and ")
            );
        }
        instance.vmac = Vmac::Made {
            ask,
            interface,
            seen: false,
        };
        let virtual_addresses = self.virtual_addresses();
        self.evaluate(index, &virtual_addresses);
    }

    /// A macvlan could not be made.
    pub(super) fn vmac_failed(&mut self, number: u64, error: String, parent_missing: bool) {
        let Some(index) = self.asking(number) else {
            return;
        };
        let instance = &mut self.instances[index];
        instance.vmac = Vmac::None;
        if !parent_missing {
            tracing::error!(instance = instance.plan.name, "{error}");
            instance.retry_at = Some(super::now() + RETRY);
        }
        self.go_down(index, FaultReason::Other(error));
    }

    fn asking(&self, number: u64) -> Option<usize> {
        self.instances
            .iter()
            .position(|instance| matches!(&instance.vmac, Vmac::Asked(ask) if ask.number == number))
    }
}

/// `place` with the macvlan in it. Unicast adverts go on over the real interface: peers send
/// theirs to its address, which is at its own MAC.
fn moved(
    place: Place,
    macvlan: Interface,
    mac: [u8; 6],
    link_local: Option<Ipv6Addr>,
    unicast: bool,
) -> Place {
    let own = link_local.map(IpAddr::V6);
    Place {
        interface: if unicast {
            place.interface
        } else {
            macvlan.clone()
        },
        source: if unicast {
            place.source
        } else {
            own.unwrap_or(place.source)
        },
        serving: macvlan,
        mac,
        announce_from: own.unwrap_or(place.source),
        parent: place.parent,
    }
}
