//! What `vrrpd check` knows of the host: which addresses are its own and which are virtual.

use std::time::Duration;

use vrrp_lab::{Lab, Result};

const BOUND: Duration = Duration::from_secs(20);

fn config(address: &str) -> String {
    format!(
        "instances:\n  - name: one\n    addresses: [{address}]\n    vrid: 51\n    \
         advert_interval: 100ms\n    priority: 200\n"
    )
}

#[test]
fn check_tells_the_hosts_own_address_from_one_that_vrrpd_holds() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    // With a prefix it looks like an address of the host's own.
    let daemon = host.start_vrrpd(&config("10.0.50.20/24"))?;
    daemon.wait_state("master", BOUND)?;
    let check = ["check", "--deny-warnings"];
    let held = host.vrrpd_command(&check, BOUND)?;
    assert_eq!(held.status.code(), Some(0), "{held:?}");
    host.write_file("/etc/vrrpd/vrrpd.yaml", config("10.0.50.11"))?;
    let own = host.vrrpd_command(&check, BOUND)?;
    assert_eq!(own.status.code(), Some(2), "{own:?}");
    let text = "the virtual address 10.0.50.11 is this host's own address";
    assert!(own.stderr.contains(text), "{own:?}");
    Ok(())
}
