//! A master that is told to give way and a moment later that nobody is there: it has just asked
//! for its addresses to go when it asks for them again.

use std::time::Instant;

use vrrp_lab::{Lab, Result, VIP};
use vrrp_wire::{Auth, Version};

use crate::packets::{Draft, Says};
use crate::scene::BOUND;

/// At this interval the Skew_Time of priority 254 is the 5 ms for which addresses linger.
const CENTISECONDS: u16 = 64;

#[test]
fn a_flip_within_milliseconds_is_not_taken_for_an_address_that_somebody_removed() -> Result<()> {
    let lab = Lab::new(2)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&format!(
        "instances:\n  - {{name: v4, addresses: [{VIP}], interface: ens20f0, vrid: 51, \
         priority: 254, advert_interval: {CENTISECONDS}0ms, announce: {{burst: 1}}}}\n"
    ))?;
    daemon.wait_state("master", BOUND)?;
    let addresses = [VIP.into()];
    let says = |priority| Says {
        version: Version::V3,
        vrid: 51,
        priority,
        interval: CENTISECONDS,
        auth: Auth::None,
        addresses: &addresses,
    };
    let source = lab.host("cp2")?.address().into();
    let [wins, leaves] = [255, 0].map(|priority| Draft::new(source, says(priority)).packet());
    let transitions = || -> Result<u64> {
        let instance = daemon.instance(None)?;
        Ok(instance["counters"]["transitions"].as_u64().unwrap_or(0))
    };
    for round in 1..=20 {
        let before = transitions()?;
        lab.host("cp2")?
            .inject_many(&[wins.clone(), leaves.clone()])?;
        lab.wait_until("backup and master again", BOUND, || {
            transitions().is_ok_and(|now| now == before + 2)
        })?;
        let since = Instant::now();
        // What the kernel had to tell of it has been told by then.
        lab.capture()
            .wait_for_advert("the next advert", since, BOUND, |advert| {
                advert.host == "cp1"
            })?;
        assert!(host.holds(VIP.into())?, "round {round}");
    }
    let log = daemon.process().text();
    assert!(!log.contains("was removed by somebody"), "{log}");
    Ok(())
}
