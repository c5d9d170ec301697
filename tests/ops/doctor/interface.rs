//! The interface of an instance, its settings in the kernel, and who else manages it.

use vrrp_lab::{CONFIG_FILE, Lab, Result};

use super::{BOUND, Diagnosis, alone, config, run};

#[test]
fn an_interface_that_is_not_there_is_named_with_those_that_are() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, "").replace("ens20f0", "eth7"))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("problem", "interface", "there is no interface eth7");
    assert!(
        diagnosis
            .document
            .to_string()
            .contains("this host has ens20f0")
    );
    Ok(())
}

#[test]
fn an_interface_that_is_down_or_without_address_is_a_problem() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    assert!(host.delete_address(host.address().into())?);
    Diagnosis::of(host)?.has("problem", "interface", "no IPv4 address");
    host.link_down()?;
    Diagnosis::of(host)?.has("problem", "interface", "switched off");
    Ok(())
}

#[test]
fn kernel_settings_that_keep_a_host_from_answering_are_named() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, "    vmac: true\n"))?;
    Diagnosis::of(host)?.has("ok", "sysctls", "no obstacle");
    host.write_file("/proc/sys/net/ipv4/conf/ens20f0/arp_ignore", "8")?;
    host.write_file("/proc/sys/net/ipv4/conf/all/rp_filter", "1")?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("problem", "sysctls", "arp_ignore is 8 for ens20f0");
    diagnosis.has("warning", "sysctls", "rp_filter is strict");
    Ok(())
}

#[test]
fn a_manager_of_the_interface_is_named_with_its_setting() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    Diagnosis::of(host)?.has(
        "ok",
        "managers",
        "neither systemd-networkd nor NetworkManager",
    );
    let links = host.links()?;
    let index = links
        .iter()
        .find(|link| link.name == "ens20f0")
        .expect("the interface")
        .ifindex;
    let state = "ADMIN_STATE=configured\nOPER_STATE=routable\n";
    host.write_file(format!("/run/systemd/netif/links/{index}"), state)?;
    Diagnosis::of(host)?.has("warning", "managers", "systemd-networkd manages ens20f0");
    host.write_file(
        format!("/run/systemd/netif/links/{index}"),
        "ADMIN_STATE=unmanaged\n",
    )?;
    host.write_file(
        format!("/run/NetworkManager/devices/{index}"),
        "[device]\nmanaged=full\n",
    )?;
    Diagnosis::of(host)?.has("warning", "managers", "NetworkManager manages ens20f0");
    Ok(())
}

#[test]
fn an_interface_without_carrier_without_multicast_or_in_a_bridge_is_a_problem() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    run(host, "ip", &["link", "set", "ens20f0", "multicast", "off"])?;
    Diagnosis::of(host)?.has("problem", "interface", "ens20f0 does no multicast");
    run(host, "ip", &["link", "add", "br0", "type", "bridge"])?;
    run(host, "ip", &["link", "set", "ens20f0", "master", "br0"])?;
    Diagnosis::of(host)?.has("problem", "interface", "ens20f0 is a port of br0");
    host.unplug()?;
    lab.wait_until("the carrier is gone", BOUND, || {
        host.links().is_ok_and(|links| {
            links
                .iter()
                .any(|link| link.name == "ens20f0" && !link.carrier)
        })
    })?;
    Diagnosis::of(host)?.has("problem", "interface", "ens20f0 has no carrier");
    Ok(())
}

#[test]
fn without_a_route_to_the_address_the_interface_is_asked_for() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let text = config(100, "").replace("    interface: ens20f0\n", "");
    host.write_file(CONFIG_FILE, text.replace("10.0.50.20", "192.0.2.20"))?;
    Diagnosis::of(host)?.has(
        "problem",
        "interface",
        "no route leads to the first address",
    );
    Ok(())
}

#[test]
fn a_source_that_this_host_does_not_have_is_a_problem() -> Result<()> {
    let (_lab, diagnosis) = alone("    source: 10.0.50.77\n")?;
    diagnosis.has("problem", "interface", "does not have 10.0.50.77");
    Ok(())
}

#[test]
fn ipv6_that_is_switched_off_is_a_problem() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let text = config(100, "").replace("[10.0.50.20]", "[\"fd00:50::20\"]");
    host.write_file(CONFIG_FILE, text)?;
    host.write_file("/proc/sys/net/ipv6/conf/ens20f0/disable_ipv6", "1")?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("problem", "sysctls", "IPv6 is switched off on ens20f0");
    diagnosis.has("problem", "interface", "no link-local IPv6 address");
    Ok(())
}
