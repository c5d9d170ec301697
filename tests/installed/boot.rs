//! Booting: the service waits for its network, and comes back by itself.

use vrrp_lab::{Lab, Machine, Result, VIP};

use crate::site::{SOON, serve, tree};

#[test]
fn a_host_that_boots_before_its_network_serves_once_the_network_is_there() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let machine = serve(&lab, 0, "100ms")?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    machine.power_off()?;
    assert_eq!(lab.holders(VIP)?, Vec::<String>::new());

    // No route to the VIP, no carrier: there is nothing yet to serve on.
    host.link_down()?;
    let machine = Machine::boot(host, &tree())?;
    let active = machine.must("systemctl is-active vrrpd")?;
    assert_eq!(active.trim(), "active");
    assert_eq!(lab.holders(VIP)?, Vec::<String>::new());

    host.link_up()?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    Ok(())
}
