//! What need not be configured: interface, VRID, and all the rest.

use vrrp_lab::{Lab, Result, VIP};

use crate::cluster::{BOUND, Cluster};

const MINIMAL: &str = "instances:\n  - name: control-plane\n    addresses: [10.0.50.20]\n";

#[test]
fn the_interface_is_that_of_the_route_and_the_vrid_is_equal_on_all_hosts() -> Result<()> {
    let lab = Lab::builder().interface("bond0").build()?;
    let cluster = Cluster::start_in(lab, |_, priority| {
        format!("{MINIMAL}    priority: {priority}\n    advert_interval: 100ms\n")
    })?;
    for host in ["cp1", "cp2", "cp3"] {
        let instance = cluster.instance(host)?;
        assert_eq!(instance["interface"], "bond0", "{host}");
        assert_eq!(instance["vrid"], 20, "{host}");
    }
    assert!(cluster.capture().adverts().iter().all(|a| a.vrid == 20));
    Ok(())
}

#[test]
fn every_default_is_as_documented() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(MINIMAL)?;
    daemon.wait_state("master", BOUND)?;
    let instance = daemon.instance(None)?;
    assert_eq!(instance["priority"], 100);
    assert_eq!(instance["advert_interval_ms"], 1000);
    assert_eq!(instance["version"], 3);
    assert_eq!(instance["family"], "ipv4");
    assert_eq!(instance["addresses"][0], "10.0.50.20/32");
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let held = host
        .addresses()?
        .into_iter()
        .find(|held| held.address == VIP)
        .expect("the VIP");
    assert_eq!(held.prefix, 32);
    // Master_Down_Interval at 1 s and priority 100 is 3.6 s.
    assert!(held.valid_lifetime.is_some_and(|s| s <= 4), "{held:?}");
    Ok(())
}

#[test]
fn a_prefix_is_put_on_the_address_where_one_is_given() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let text = MINIMAL.replace("10.0.50.20", "10.0.50.20/24") + "    advert_interval: 100ms\n";
    let daemon = host.start_vrrpd(&text)?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    let prefix = |text: [u8; 4]| -> Result<Option<u8>> {
        let mut held = host.addresses()?.into_iter();
        Ok(held
            .find(|held| held.address == std::net::IpAddr::from(text))
            .map(|held| held.prefix))
    };
    assert_eq!(prefix([10, 0, 50, 20])?, Some(24));
    assert!(daemon.terminate(BOUND)?.success());
    assert_eq!(prefix([10, 0, 50, 20])?, None);
    assert_eq!(prefix([10, 0, 50, 11])?, Some(24), "the host's own stays");
    Ok(())
}
