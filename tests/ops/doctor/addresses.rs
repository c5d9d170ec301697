//! The virtual addresses: whose they are, and whether they fit.

use vrrp_lab::{CONFIG_FILE, Lab, Result, VIP};

use super::{BOUND, Diagnosis, config};

#[test]
fn an_address_that_somebody_else_uses_is_found_by_arp() -> Result<()> {
    let lab = Lab::new(2)?;
    lab.host("cp2")?.add_address(VIP.into(), 24)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has(
        "problem",
        "addresses",
        "in use at 02:00:0a:00:32:0c, and no master",
    );
    let master = host.vrrpd().start()?;
    master.wait_state("master", BOUND)?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has(
        "problem",
        "addresses",
        "is here and also at 02:00:0a:00:32:0c",
    );
    Ok(())
}

#[test]
fn an_address_that_this_host_has_by_hand_is_a_problem() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    host.add_address(VIP.into(), 32)?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("problem", "addresses", "already, and not from vrrpd");
    Ok(())
}

#[test]
fn an_address_of_no_network_of_the_interface_is_doubtful() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(
        CONFIG_FILE,
        config(100, "").replace("10.0.50.20", "192.0.2.20"),
    )?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has(
        "warning",
        "addresses",
        "192.0.2.20 is in no network of ens20f0",
    );
    Ok(())
}

#[test]
fn an_address_that_a_dead_daemon_left_is_named_with_what_removes_it() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, "    lease: off\n"))?;
    daemon.wait_state("master", BOUND)?;
    daemon.process().kill();
    daemon.process().wait_exit(BOUND)?;
    let diagnosis = Diagnosis::of(host)?;
    let words = "this host has 10.0.50.20 from a vrrpd that does not answer";
    diagnosis.has("warning", "addresses", words);
    let removed = host.vrrpd_command(&["cleanup"], BOUND)?;
    assert!(removed.status.success(), "{removed:?}");
    Diagnosis::of(host)?.has("ok", "addresses", "10.0.50.20 is free");
    Ok(())
}
