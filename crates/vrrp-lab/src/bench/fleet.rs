//! Many instances on two hosts: the same for vrrpd and for Keepalived.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use vrrp_lab::{Host, Lab, Result};

use super::report::Sample;
use crate::subject::{Running, Software, keepalived_check, priority, vrrpd_check};

/// Instances on one interface: each needs a VRID of its own, of which there are 255.
pub(super) const PER_INTERFACE: usize = 250;
/// How long a program may take until it holds all its addresses.
pub(super) const SETTLES_WITHIN: Duration = Duration::from_secs(60);
/// Keepalived announces its addresses a second time five seconds after a takeover.
pub(super) const SETTLES: Duration = Duration::from_secs(7);

/// What each of two hosts is to run.
#[derive(Clone, Debug)]
pub(super) struct Fleet {
    pub(super) software: Software,
    pub(super) instances: usize,
    pub(super) interval: Duration,
    /// Whether the first host has priority 255, as the owner of the addresses.
    pub(super) owner: bool,
    /// Whether the local API server is checked each second.
    pub(super) checked: bool,
    /// More lines: of the document for vrrpd, of `global_defs` for Keepalived.
    pub(super) globals: &'static str,
    /// Where the instances are, as many on each: at most [`PER_INTERFACE`].
    pub(super) interfaces: Vec<String>,
}

impl Fleet {
    /// `instances` on the one interface of a lab's host.
    pub(super) fn new(software: Software, instances: usize, interval: Duration) -> Self {
        Self {
            software,
            instances,
            interval,
            owner: false,
            checked: false,
            globals: "",
            interfaces: vec![vrrp_lab::INTERFACE.to_owned()],
        }
    }

    /// Interface, VRID and address of every instance.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, u8, Ipv4Addr)> {
        let on_each = self.instances.div_ceil(self.interfaces.len().max(1)).max(1);
        (0..self.instances).filter_map(move |number| {
            let segment = number / on_each;
            let interface = self.interfaces.get(segment)?;
            let vrid = u8::try_from(number % on_each + 1).ok()?;
            let address = Ipv4Addr::new(10, 61, u8::try_from(segment).ok()?, vrid);
            Some((interface.as_str(), vrid, address))
        })
    }

    /// The virtual address of every instance.
    pub(super) fn addresses(&self) -> HashSet<IpAddr> {
        self.members()
            .map(|(_, _, address)| address.into())
            .collect()
    }

    /// Priority of the host at `place`.
    pub(super) fn priority(&self, place: usize) -> u8 {
        if self.owner && place == 0 {
            return u8::MAX;
        }
        priority(place)
    }

    /// Master_Down_Interval of the host at `place` (RFC 9568 §6.1).
    pub(super) fn master_down_interval(&self, place: usize) -> Duration {
        let skew_time = self.interval * (256 - u32::from(self.priority(place))) / 256;
        self.interval * 3 + skew_time
    }

    /// The config of the host at `place`: the first one's priority is the highest everywhere.
    fn config(&self, place: usize) -> String {
        match self.software {
            Software::Vrrpd => self.vrrpd_config(self.priority(place)),
            Software::Keepalived => self.keepalived_config(self.priority(place)),
        }
    }

    fn vrrpd_config(&self, priority: u8) -> String {
        let mut text = format!("{}instances:\n", self.globals);
        for (interface, vrid, address) in self.members() {
            let _ = write!(
                text,
                "  - name: {interface}-{vrid}\n    addresses: [{address}]\n    \
                 interface: {interface}\n    vrid: {vrid}\n    priority: {priority}\n    \
                 advert_interval: {}ms\n",
                self.interval.as_millis()
            );
            if self.checked {
                text += "    track:\n      - check: apiserver\n";
            }
        }
        if self.checked {
            text += &vrrpd_check();
        }
        text
    }

    fn keepalived_config(&self, priority: u8) -> String {
        let mut text = format!(
            "global_defs {{\n    router_id lab\n    vrrp_version 3\n    script_user root\n    \
             enable_script_security\n{}}}\n",
            self.globals
        );
        if self.checked {
            text += &keepalived_check();
            text.push('\n');
        }
        let track = if self.checked {
            "    track_script {\n        apiserver\n    }\n"
        } else {
            ""
        };
        for (interface, vrid, address) in self.members() {
            let _ = write!(
                text,
                "vrrp_instance {interface}-{vrid} {{\n    state BACKUP\n    \
                 interface {interface}\n    virtual_router_id {vrid}\n    priority {priority}\n    \
                 advert_int {}\n{track}    virtual_ipaddress {{\n        {address}/32\n    }}\n}}\n",
                self.interval.as_secs_f64()
            );
        }
        text
    }

    /// Has a copy of the program and its config ready on the host at `place`, so that none of its
    /// pages is that of the other host's.
    pub(super) fn prepare(&self, host: &Host, place: usize) -> Result<Prepared> {
        Ok(Prepared {
            software: self.software,
            host: host.clone(),
            program: host.copy_program(&self.software.program()?)?,
            config: self.config(place),
        })
    }

    /// Prepares and starts the program on the host at `place`.
    pub(super) fn start(&self, host: &Host, place: usize) -> Result<Running> {
        self.prepare(host, place)?.start()
    }

    /// How many of the virtual addresses `host` has.
    pub(super) fn held(&self, host: &Host) -> Result<usize> {
        let wanted = self.addresses();
        let held = host.addresses()?;
        Ok(held
            .iter()
            .filter(|held| wanted.contains(&held.address))
            .count())
    }

    /// Notes how many addresses each host has, unless the first has all and the second none.
    pub(super) fn note_misplaced(
        &self,
        sample: &mut Sample,
        [first, second]: [&Host; 2],
        when: &str,
    ) -> Result<()> {
        let held = [self.held(first)?, self.held(second)?];
        if held != [self.instances, 0] {
            sample.note(format!("addresses {when}: {held:?}"));
        }
        Ok(())
    }
}

/// A program that is ready to start.
#[derive(Debug)]
pub(super) struct Prepared {
    software: Software,
    host: Host,
    program: PathBuf,
    config: String,
}

impl Prepared {
    /// Starts it.
    pub(super) fn start(self) -> Result<Running> {
        match self.software {
            Software::Vrrpd => {
                self.host.write_file(vrrp_lab::CONFIG_FILE, self.config)?;
                let vrrpd = self.host.vrrpd().program(self.program);
                vrrpd.start().map(Running::Vrrpd)
            }
            Software::Keepalived => self
                .host
                .start_keepalived_at(self.program, &self.config)
                .map(Running::Keepalived),
        }
    }
}

/// Hosts on a switch without a client that hears the adverts.
pub(super) fn lab_without_client(hosts: usize) -> Result<Lab> {
    let lab = Lab::new(hosts)?;
    lab.client().cut()?;
    Ok(lab)
}

/// As [`lab_without_client`], and no capture either.
pub(super) fn quiet_lab(hosts: usize) -> Result<Lab> {
    let lab = lab_without_client(hosts)?;
    lab.capture().stop();
    Ok(lab)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instance_has_an_address_of_its_own_and_a_vrid_of_its_own_on_its_interface() {
        let mut fleet = Fleet::new(Software::Vrrpd, 600, Duration::from_secs(1));
        fleet.interfaces = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(fleet.addresses().len(), 600);
        let places: HashSet<_> = fleet.members().map(|(on, vrid, _)| (on, vrid)).collect();
        assert_eq!(places.len(), 600);
        assert!(!places.contains(&("a", 0)));
        let on_last = places.iter().filter(|(on, _)| *on == "c").count();
        assert_eq!(on_last, 200);
    }

    #[test]
    fn both_programs_are_told_the_same_interval_and_addresses() {
        let fleet = Fleet::new(Software::Vrrpd, 2, Duration::from_millis(10));
        let ours = fleet.vrrpd_config(254);
        let theirs = fleet.keepalived_config(254);
        for address in ["10.61.0.1", "10.61.0.2"] {
            assert!(ours.contains(address), "{ours}");
            assert!(theirs.contains(address), "{theirs}");
        }
        assert!(ours.contains("advert_interval: 10ms"), "{ours}");
        assert!(theirs.contains("advert_int 0.01"), "{theirs}");
    }
}
