//! An upgrade of the package, host by host, while a client asks.

use std::time::Duration;

use vrrp_lab::{Lab, Result, VIP};

use crate::site::{SOON, install, main_pid, serve_all};

/// Far more than a handover takes, far less than a daemon's that leaves without a word:
/// Master_Down_Interval is 3 s.
const HANDOVER: Duration = Duration::from_millis(1500);

#[test]
fn an_upgrade_hands_the_address_over_and_takes_it_back() -> Result<()> {
    let lab = Lab::new(3)?;
    let machines = serve_all(&lab, "1s")?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    let prober = lab.probe(VIP)?;
    for (place, machine) in machines.iter().enumerate().rev() {
        let before = main_pid(machine)?;
        install(machine, 2)?;
        assert_ne!(
            main_pid(machine)?,
            before,
            "cp{} runs the old one",
            place + 1
        );
        lab.wait_only_holder(VIP, "cp1", SOON)?;
    }
    let version = machines[0].must("dpkg-query -W -f '${Version}' vrrpd")?;
    assert!(version.trim().ends_with("-2"), "{version}");
    let report = prober.stop();
    println!("longest time without an answer: {:?}", report.longest_gap());
    let longest = report
        .longest_gap()
        .map_or(Duration::ZERO, |gap| gap.length);
    assert!(longest < HANDOVER, "{:?}", report.longest_gap());
    Ok(())
}
