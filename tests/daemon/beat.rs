//! A slow master and an instance beside it, for tests that count its adverts one by one.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use vrrp_lab::{Daemon, Host, Lab, Result, SeenAdvert};

use crate::cluster::{BOUND, config};

const INTERVAL: Duration = Duration::from_millis(500);

/// The VRID of [`slow`].
pub(crate) const SLOW: u8 = 51;
/// The VRID of [`INGRESS`].
pub(crate) const INGRESS_VRID: u8 = 52;

/// Another instance, to go behind the first in a configuration.
pub(crate) const INGRESS: &str = "  - name: ingress\n    addresses: [10.0.50.30]\n    \
     interface: ens20f0\n    vrid: 52\n    advert_interval: 100ms\n";

/// The address of [`INGRESS`].
pub(crate) fn ingress() -> IpAddr {
    [10, 0, 50, 30].into()
}

/// A configuration of priority 100 with an interval of half a second.
pub(crate) fn slow() -> String {
    config(100, "").replace("100ms", "500ms")
}

/// Adverts of a VRID since a moment.
pub(crate) fn adverts(lab: &Lab, vrid: u8, since: Instant) -> Vec<SeenAdvert> {
    let mut adverts = lab.capture().adverts_since(since);
    adverts.retain(|advert| advert.vrid == vrid);
    adverts
}

/// The master of [`slow`] sent no advert too many, missed none, and did not leave.
pub(crate) fn keeps_its_beat(seen: &[SeenAdvert]) {
    assert!(seen.iter().all(|advert| advert.priority == 100), "{seen:?}");
    for pair in seen.windows(2) {
        let gap = pair[1].at.duration_since(pair[0].at);
        assert!(
            gap > INTERVAL / 2 && gap < INTERVAL * 2,
            "{gap:?} in {seen:?}"
        );
    }
}

/// Reloads the daemon of `host` with each of `texts` in turn, two adverts of [`slow`] apart,
/// and asserts that it kept its beat throughout.
pub(crate) fn keeps_its_beat_through(lab: &Lab, host: &Host, texts: &[String]) -> Result<()> {
    let since = Instant::now();
    let heard = |count| {
        lab.wait_until(&format!("{count} adverts"), BOUND, || {
            adverts(lab, SLOW, since).len() >= count
        })
    };
    for (round, text) in texts.iter().enumerate() {
        heard(2 * (round + 1))?;
        reload(host, text)?;
    }
    heard(2 * (texts.len() + 1))?;
    keeps_its_beat(&adverts(lab, SLOW, since));
    Ok(())
}

/// Writes the configuration of `host` and reloads it there.
pub(crate) fn reload(host: &Host, text: &str) -> Result<()> {
    host.write_file(vrrp_lab::CONFIG_FILE, text)?;
    let output = host.vrrpd_command(&["reload"], BOUND)?;
    assert!(output.status.success(), "{output:?}");
    Ok(())
}

/// What must not change in the life of an instance that goes on: since when, and how many
/// changes of state.
pub(crate) fn life(daemon: &Daemon, name: &str) -> Result<[serde_json::Value; 3]> {
    let instance = daemon.instance(Some(name))?;
    let transitions = &instance["counters"]["transitions"];
    Ok([&instance["state"], &instance["since"], transitions].map(Clone::clone))
}
