//! What systemd does with the running service.

use vrrp_lab::{Lab, Result, VIP};

use crate::site::{SOON, config, main_pid, serve_all};

#[test]
fn reload_restart_stop_and_kill_leave_one_master_and_no_stale_address() -> Result<()> {
    let lab = Lab::new(3)?;
    let machines = serve_all(&lab, "100ms")?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    let first = &machines[0];

    // A wrong file is refused to who asks, and changes nothing.
    first.write_file("/etc/vrrpd/vrrpd.yaml", "instances: [{nam: x}]\n")?;
    let reload = first.sh("systemctl reload vrrpd")?;
    assert!(!reload.status.success(), "{}", reload.stderr);
    assert_eq!(lab.holders(VIP)?, ["cp1"]);
    let journal = first.must("journalctl --unit vrrpd --output cat")?;
    assert!(journal.contains("nam"), "{journal}");

    // A good one is applied: this host is the last from now on.
    let last = config(0, "100ms").replace("priority: 254", "priority: 100");
    first.write_file("/etc/vrrpd/vrrpd.yaml", last)?;
    first.must("systemctl reload vrrpd")?;
    lab.wait_only_holder(VIP, "cp2", SOON)?;

    machines[1].must("systemctl restart vrrpd")?;
    lab.wait_only_holder(VIP, "cp2", SOON)?;

    machines[1].must("systemctl stop vrrpd")?;
    lab.wait_only_holder(VIP, "cp3", SOON)?;
    machines[1].must("systemctl start vrrpd")?;
    lab.wait_only_holder(VIP, "cp2", SOON)?;

    let before = main_pid(&machines[1])?;
    machines[1].must(&format!("kill -KILL {before}"))?;
    lab.wait_for("the service runs again", SOON, || {
        let after = main_pid(&machines[1]).ok()?;
        (after != 0 && after != before).then_some(())
    })?;
    lab.wait_only_holder(VIP, "cp2", SOON)?;
    let restarts = machines[1].must("systemctl show --property NRestarts --value vrrpd")?;
    assert_eq!(restarts.trim(), "1");
    Ok(())
}

#[test]
fn a_hung_daemon_loses_the_address_and_the_watchdog_restarts_it() -> Result<()> {
    let lab = Lab::new(2)?;
    let machines = serve_all(&lab, "100ms")?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    let hung = main_pid(&machines[0])?;

    machines[0].must(&format!("kill -STOP {hung}"))?;
    lab.wait_only_holder(VIP, "cp2", SOON)?;
    lab.wait_for("the watchdog starts another", SOON, || {
        let after = main_pid(&machines[0]).ok()?;
        (after != 0 && after != hung).then_some(())
    })?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    let journal = machines[0].must("journalctl --unit vrrpd --output cat")?;
    assert!(journal.contains("atchdog"), "{journal}");
    Ok(())
}

#[test]
fn the_journal_has_fields_and_the_sandbox_is_the_one_that_was_measured() -> Result<()> {
    let lab = Lab::new(1)?;
    let machines = serve_all(&lab, "100ms")?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    let entry = lab.wait_for("a transition in the journal", SOON, || {
        let lines = machines[0].must("journalctl --unit vrrpd --output json");
        let lines = lines.ok()?;
        lines
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .find(|entry| {
                let text = entry["MESSAGE"].as_str().unwrap_or_default();
                text.contains("control-plane") && text.contains("aster")
            })
    })?;
    assert_eq!(entry["PRIORITY"], "6", "{entry}");

    let exposure = machines[0].must("systemd-analyze security --no-pager vrrpd")?;
    let figure: f64 = exposure
        .lines()
        .find_map(|line| line.split_once("exposure level for vrrpd.service: "))
        .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or_else(|| panic!("no figure in:\n{exposure}"));
    assert!(figure <= 2.5, "{figure} in:\n{exposure}");
    Ok(())
}
