//! The hosts of these tests: vrrpd on `cp1`, at times another one on `cp2`, and `cp3`, which sends
//! what it likes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use vrrp_lab::{Daemon, Host, Lab, Result, VIP, VIP_V6};
use vrrp_wire::{Auth, Version};

use crate::packets::{Draft, Says};

/// For everything that is waited for: far more than it takes, for a busy machine.
pub(crate) const BOUND: Duration = Duration::from_secs(25);
/// Between two adverts of [`V4`] and [`V6`].
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);
/// The same in the field of an advert.
pub(crate) const CENTISECONDS: u16 = 10;

/// Instances, by name.
pub(crate) const V4: &str = "v4";
pub(crate) const V6: &str = "v6";
pub(crate) const V2: &str = "v2";
pub(crate) const UNICAST: &str = "unicast";
pub(crate) const UNICAST_V6: &str = "unicast-v6";

/// The lab with what runs in it.
pub(crate) struct Scene {
    pub(crate) daemon: Daemon,
    pub(crate) lab: Lab,
}

/// `cp1`'s configuration: an instance of each kind, all with this priority.
pub(crate) fn config(priority: u8) -> String {
    config_with_peer(priority, 12)
}

/// The same with the host of this number as the unicast peer.
fn config_with_peer(priority: u8, peer: u8) -> String {
    let instance = |name: &str, vrid: u8, address: &str, more: &str| {
        format!(
            "  - {{name: {name}, addresses: [\"{address}\"], interface: ens20f0, vrid: {vrid}, \
             priority: {priority}, {more}}}\n"
        )
    };
    let fast = "advert_interval: 100ms";
    let peers = format!("{fast}, peers: [10.0.50.{peer}]");
    let peers_v6 = format!("{fast}, peers: [\"fd00:50::{peer}\"]");
    let slow = "version: 2, auth: {pass: s3cret}";
    String::from("instances:\n")
        + &instance(V4, 51, &VIP.to_string(), fast)
        + &instance(V6, 51, &VIP_V6.to_string(), fast)
        + &instance(V2, 52, "10.0.50.22", slow)
        + &instance(UNICAST, 53, "10.0.50.23", &peers)
        + &instance(UNICAST_V6, 53, "fd00:50::23", &peers_v6)
}

impl Scene {
    /// One host with [`config`] alone: master of everything.
    pub(crate) fn master() -> Result<Self> {
        let lab = Lab::builder().hosts(3).ipv6().build()?;
        let daemon = lab.host("cp1")?.start_vrrpd(&config(100))?;
        let scene = Self { daemon, lab };
        for name in [V4, V6, V2, UNICAST, UNICAST_V6] {
            scene.wait_state(name, "master")?;
        }
        Ok(scene)
    }

    /// `cp1` with [`config`] as backup of everything, and the master on `cp2`.
    pub(crate) fn backup() -> Result<(Self, Daemon)> {
        let scene = Self::master()?;
        let master = scene.host("cp2").start_vrrpd(&config_with_peer(200, 11))?;
        for name in [V4, V6, V2, UNICAST, UNICAST_V6] {
            scene.wait_state(name, "backup")?;
        }
        Ok((scene, master))
    }

    pub(crate) fn host(&self, name: &str) -> &Host {
        self.lab.host(name).expect("the lab has three hosts")
    }

    pub(crate) fn wait_state(&self, name: &str, state: &str) -> Result<()> {
        let what = format!("{name} is {state}");
        self.lab.wait_until(&what, BOUND, || {
            self.daemon
                .instance(Some(name))
                .is_ok_and(|instance| instance["state"] == state)
        })
    }

    /// Since when an instance has been in its state; tells a change that was undone, too.
    pub(crate) fn state(&self, name: &str) -> Result<(String, u64)> {
        let instance = self.daemon.instance(Some(name))?;
        let text = format!("{} since {}", instance["state"], instance["since"]);
        let transitions = instance["counters"]["transitions"].as_u64();
        Ok((text, transitions.expect("the status counts transitions")))
    }

    /// Every drop counter that is not zero, by its labels.
    pub(crate) fn drops(&self) -> Result<BTreeMap<String, u64>> {
        let metrics = self.daemon.metrics()?;
        let counters = metrics
            .lines()
            .filter_map(|line| line.strip_prefix("vrrpd_adverts_dropped_total{"))
            .filter_map(|line| line.rsplit_once("} "))
            .filter_map(|(labels, count)| Some((labels.to_owned(), count.parse().ok()?)));
        Ok(counters.filter(|(_, count)| *count > 0).collect())
    }

    /// Sends from `cp3`.
    pub(crate) fn send(&self, draft: &Draft) -> Result<()> {
        self.host("cp3").inject(&draft.packet())
    }

    /// Sends a packet of `instance` that must be dropped for `reason`: nothing but that counter
    /// moves, by one, and the instance does not change its state.
    pub(crate) fn expect_drop(
        &self,
        instance: &str,
        what: &str,
        draft: &Draft,
        reason: &str,
    ) -> Result<()> {
        let state = self.state(instance)?;
        let mut expected = self.drops()?;
        let label = if reason == "unknown_vrid" {
            format!("reason=\"{reason}\"")
        } else {
            let vrid = self.daemon.instance(Some(instance))?["vrid"].to_string();
            format!(
                "instance=\"{instance}\",interface=\"ens20f0\",vrid=\"{vrid}\",reason=\"{reason}\""
            )
        };
        *expected.entry(label).or_default() += 1;
        self.send(draft)?;
        let moved = |drops: &BTreeMap<String, u64>| drops.values().sum::<u64>();
        let what = format!("{instance}: {what}: a drop is counted");
        let drops = self.lab.wait_for(&what, BOUND, || {
            let drops = self.drops().ok()?;
            (moved(&drops) >= moved(&expected)).then_some(drops)
        })?;
        assert_eq!(drops, expected, "{what}");
        assert_eq!(self.state(instance)?, state, "{what}");
        Ok(())
    }
}

/// Names that are of IPv6.
pub(crate) fn is_v6(instance: &str) -> bool {
    [V6, UNICAST_V6].contains(&instance)
}

/// An advert for `instance` that would make its master give way, from `cp3`, and for a unicast
/// instance from its peer `cp2`, to `cp1`.
pub(crate) fn sound(scene: &Scene, instance: &str) -> Draft {
    sound_with(scene, instance, 254, CENTISECONDS)
}

/// The same with another priority and interval.
pub(crate) fn sound_with(scene: &Scene, instance: &str, priority: u8, interval: u16) -> Draft {
    let unicast = [UNICAST, UNICAST_V6].contains(&instance);
    let (from, to) = (scene.host("cp3"), scene.host("cp1"));
    let stranger: IpAddr = if is_v6(instance) {
        from.link_local().into()
    } else {
        from.address().into()
    };
    let (vrid, address): (u8, IpAddr) = match instance {
        V4 => (51, VIP.into()),
        V6 => (51, VIP_V6.into()),
        V2 => (52, [10, 0, 50, 22].into()),
        UNICAST => (53, [10, 0, 50, 23].into()),
        _ => (53, "fd00:50::23".parse().expect("an address")),
    };
    let is_v2 = instance == V2;
    let says = Says {
        version: if is_v2 { Version::V2 } else { Version::V3 },
        vrid,
        priority,
        interval: if is_v2 { 100 } else { interval },
        auth: if is_v2 {
            Auth::Simple(*b"s3cret\0\0")
        } else {
            Auth::None
        },
        addresses: &[address],
    };
    let draft = Draft::new(stranger, says);
    if !unicast {
        return draft;
    }
    let peer = scene.host("cp2");
    let own = |host: &Host| -> IpAddr {
        match host.address_v6() {
            Some(address) if is_v6(instance) => address.into(),
            _ => host.address().into(),
        }
    };
    draft.between(own(peer), own(to))
}
