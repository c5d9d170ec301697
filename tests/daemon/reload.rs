//! The configuration is read again: what is equal goes on, what is wrong changes nothing.

use std::time::Instant;

use nix::sys::signal::Signal;
use vrrp_lab::{CONFIG_FILE, Lab, Result, VIP};

use crate::beat::{INGRESS, adverts, ingress, keeps_its_beat, slow};
use crate::cluster::{BOUND, Cluster, config, vip};

/// Writes `text` as the configuration of cp1 and reloads it there.
fn reload(cluster: &Cluster, text: &str) -> Result<()> {
    cluster.host("cp1").write_file(CONFIG_FILE, text)?;
    cluster.command_succeeds("cp1", &["reload"]).map(drop)
}

#[test]
fn a_file_without_changes_changes_nothing() -> Result<()> {
    let cluster = Cluster::start("")?;
    let before = cluster.instance("cp1")?["counters"]["transitions"].clone();
    cluster.command_succeeds("cp1", &["reload"])?;
    cluster.stays("cp1", 10)?;
    assert_eq!(cluster.instance("cp1")?["counters"]["transitions"], before);
    Ok(())
}

#[test]
fn a_bad_file_is_shown_to_the_caller_and_the_old_one_runs_on() -> Result<()> {
    let cluster = Cluster::start("")?;
    let bad = config(250, "    priorty: 5\n");
    cluster.host("cp1").write_file(CONFIG_FILE, bad)?;
    let output = cluster.command("cp1", &["reload"])?;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    for part in [
        "/etc/vrrpd/vrrpd.yaml:8:5",
        "^",
        "old configuration keeps running",
    ] {
        assert!(output.stderr.contains(part), "{part} in {output:?}");
    }
    let daemon = cluster.daemon("cp1");
    daemon.process().wait_line("was not reloaded", BOUND)?;
    let metrics = daemon.metrics()?;
    assert!(
        metrics.contains("vrrpd_config_reloads_total{result=\"error\"} 1"),
        "{metrics}"
    );
    cluster.stays("cp1", 20)?;
    assert_eq!(daemon.instance(None)?["priority"], 250);
    Ok(())
}

#[test]
fn sighup_reloads_too() -> Result<()> {
    let cluster = Cluster::start("")?;
    cluster
        .host("cp1")
        .write_file(CONFIG_FILE, config(251, ""))?;
    let daemon = cluster.daemon("cp1");
    let since = Instant::now();
    daemon.process().signal(Signal::SIGHUP);
    daemon.wait_instance("the new priority", BOUND, |i| i["priority"] == 251)?;
    assert_eq!(cluster.moves(since), []);
    cluster.host("cp1").write_file(CONFIG_FILE, "nonsense")?;
    daemon.process().signal(Signal::SIGHUP);
    daemon.process().wait_line("was not reloaded", BOUND)?;
    cluster.stays("cp1", 10)
}

#[test]
fn an_address_comes_and_goes_without_a_change_of_state() -> Result<()> {
    let cluster = Cluster::start("")?;
    let text = config(250, "");
    let two = text.replace("[10.0.50.20]", "[10.0.50.20, 10.0.50.30]");
    let started = Instant::now();
    let transitions = cluster.instance("cp1")?["counters"]["transitions"].clone();
    reload(&cluster, &two)?;
    cluster.lab.wait_only_holder(ingress(), "cp1", BOUND)?;
    cluster
        .lab
        .wait_until("the new address is announced", BOUND, || {
            !cluster.capture().announcements_of(ingress()).is_empty()
        })?;
    let since = Instant::now();
    let advert = cluster
        .capture()
        .wait_for_advert("both addresses", since, BOUND, |advert| {
            advert.addresses.contains(&ingress())
        })?;
    assert_eq!(advert.host, "cp1");
    reload(&cluster, &text)?;
    cluster.lab.wait_until("the address is gone", BOUND, || {
        cluster.lab.holders(ingress()).is_ok_and(|h| h.is_empty())
    })?;
    cluster.stays("cp1", 10)?;
    assert_eq!(cluster.moves(started), []);
    assert_eq!(
        cluster.instance("cp1")?["counters"]["transitions"],
        transitions
    );
    Ok(())
}

#[test]
fn an_address_that_comes_or_goes_costs_no_extra_advert() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let text = slow();
    let two = text.replace("[10.0.50.20]", "[10.0.50.20, 10.0.50.30]");
    let daemon = host.start_vrrpd(&text)?;
    daemon.wait_state("master", BOUND)?;
    let since = Instant::now();
    for round in 1..=4 {
        lab.wait_until("two more adverts", BOUND, || {
            adverts(&lab, 51, since).len() >= 2 * round
        })?;
        let text = if round % 2 == 1 { &two } else { &text };
        host.write_file(CONFIG_FILE, text.as_str())?;
        assert!(host.vrrpd_command(&["reload"], BOUND)?.status.success());
    }
    lab.wait_until("the last adverts", BOUND, || {
        adverts(&lab, 51, since).len() >= 10
    })?;
    keeps_its_beat(&adverts(&lab, 51, since));
    assert_eq!(lab.holder_log().changes_of(vip()).len(), 1);
    assert_eq!(lab.holder_log().changes_of(ingress()).len(), 4);
    Ok(())
}

#[test]
fn a_changed_interface_moves_that_instance_alone() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.add_interface("ens30f0")?;
    host.add_address_to("ens30f0", [10, 0, 60, 11].into(), 24)?;
    let slow = slow();
    let daemon = host.start_vrrpd(&(slow.clone() + INGRESS))?;
    let on = |interface: &str| {
        daemon.wait_status(
            &format!("ingress is master on {interface}"),
            BOUND,
            |status| {
                let instance = &status["instances"][1];
                instance["state"] == "master"
                    && instance["interface"] == interface
                    && instance["addresses_present"] == 1
            },
        )
    };
    on("ens20f0")?;
    daemon.wait_state("master", BOUND)?;
    let since = Instant::now();
    host.write_file(CONFIG_FILE, slow + &INGRESS.replace("ens20f0", "ens30f0"))?;
    assert!(host.vrrpd_command(&["reload"], BOUND)?.status.success());
    on("ens30f0")?;
    lab.wait_until("some more adverts", BOUND, || {
        adverts(&lab, 51, since).len() >= 8
    })?;
    keeps_its_beat(&adverts(&lab, 51, since));
    let links = host.links()?;
    let held = host.addresses()?;
    let on: Vec<_> = held
        .iter()
        .filter(|held| held.address == ingress())
        .filter_map(|held| links.iter().find(|link| link.ifindex == held.ifindex))
        .map(|link| link.name.as_str())
        .collect();
    assert_eq!(on, ["ens30f0"]);
    assert_eq!(lab.holder_log().changes_of(vip()).len(), 1);
    Ok(())
}

#[test]
fn another_prefix_replaces_the_address() -> Result<()> {
    let cluster = Cluster::start("")?;
    let text = config(250, "").replace("[10.0.50.20]", "[10.0.50.20/24]");
    reload(&cluster, &text)?;
    let host = cluster.host("cp1");
    cluster
        .lab
        .wait_until("the VIP has the new prefix alone", BOUND, || {
            host.addresses().is_ok_and(|held| {
                let prefixes: Vec<u8> = held
                    .iter()
                    .filter(|held| held.address == VIP)
                    .map(|held| held.prefix)
                    .collect();
                prefixes == [24]
            })
        })?;
    cluster.settle("cp1")?;
    assert!(host.holds(host.address().into())?, "the host's own stays");
    Ok(())
}

#[test]
fn a_lower_priority_hands_over_and_a_higher_one_takes_back() -> Result<()> {
    let cluster = Cluster::start("")?;
    reload(&cluster, &config(20, ""))?;
    cluster.settle("cp2")?;
    reload(&cluster, &config(250, ""))?;
    cluster.settle("cp1")
}

#[test]
fn a_changed_vrid_moves_that_instance_alone() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let text = slow() + INGRESS;
    let daemon = host.start_vrrpd(&text)?;
    daemon.wait_state("master", BOUND)?;
    lab.wait_only_holder(ingress(), "cp1", BOUND)?;
    host.write_file(CONFIG_FILE, text.replace("vrid: 52", "vrid: 62"))?;
    let since = Instant::now();
    assert!(host.vrrpd_command(&["reload"], BOUND)?.status.success());
    lab.wait_until("adverts of the new VRID", BOUND, || {
        adverts(&lab, 62, since).len() >= 5
    })?;
    lab.wait_only_holder(ingress(), "cp1", BOUND)?;
    let farewell = adverts(&lab, 52, since);
    assert!(
        farewell.iter().any(|advert| advert.priority == 0),
        "{farewell:?}"
    );
    lab.wait_until("some more adverts of the other", BOUND, || {
        adverts(&lab, 51, since).len() >= 6
    })?;
    keeps_its_beat(&adverts(&lab, 51, since));
    assert_eq!(lab.holder_log().changes_of(vip()).len(), 1);
    Ok(())
}

#[test]
fn a_dropped_instance_hands_over_and_leaves_the_others_alone() -> Result<()> {
    let cluster = Cluster::start_in(Lab::new(3)?, |_, priority| {
        config(priority, "") + INGRESS + &format!("    priority: {priority}\n")
    })?;
    cluster.lab.wait_only_holder(ingress(), "cp1", BOUND)?;
    let since = Instant::now();
    reload(&cluster, &config(250, ""))?;
    cluster.lab.wait_only_holder(ingress(), "cp2", BOUND)?;
    let farewell = adverts(&cluster.lab, 52, since);
    assert!(farewell.iter().any(|a| a.priority == 0 && a.host == "cp1"));
    assert_eq!(cluster.moves(since), []);
    let status = cluster.daemon("cp1").status()?;
    assert_eq!(status["instances"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[test]
fn a_changed_check_is_followed() -> Result<()> {
    let cluster = Cluster::start("")?;
    let refused = "    track: [{check: port}]\nchecks:\n  - name: port\n    \
                   tcp: {address: \"127.0.0.1:1\"}\n    interval: 100ms\n    timeout: 1s\n";
    reload(&cluster, &config(250, refused))?;
    cluster.settle("cp2")?;
    reload(&cluster, &config(250, ""))?;
    cluster.settle("cp1")
}

#[test]
fn an_external_load_balancer_is_no_configuration_to_reload() -> Result<()> {
    let cluster = Cluster::start("")?;
    let text = "kind: ClusterConfiguration\napiVersion: konvoy.mesosphere.io/v1beta2\nspec:\n  \
                kubernetes:\n    controlPlane:\n      \
                controlPlaneEndpointOverride: \"lb.example.com:6443\"\n";
    cluster.host("cp1").write_file(CONFIG_FILE, text)?;
    let output = cluster.command("cp1", &["reload"])?;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stderr.contains("lb.example.com"), "{output:?}");
    cluster.stays("cp1", 10)
}

#[test]
fn an_interface_that_is_not_there_yet_is_waited_for_after_a_reload() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    host.write_file(CONFIG_FILE, config(100, "").replace("ens20f0", "bond7"))?;
    assert!(host.vrrpd_command(&["reload"], BOUND)?.status.success());
    daemon.wait_instance("fault", BOUND, |instance| {
        instance["state"] == "fault" && instance["interface"] == "bond7"
    })?;
    lab.wait_until("the VIP is gone from the old interface", BOUND, || {
        lab.holders(VIP).is_ok_and(|holders| holders.is_empty())
    })?;
    host.link_down()?;
    host.rename_link("ens20f0", "bond7")?;
    let up = vrrp_lab::Command::new("ip").args(["link", "set", "bond7", "up"]);
    assert!(host.output(&up, BOUND)?.status.success());
    daemon.wait_state("master", BOUND)
}
