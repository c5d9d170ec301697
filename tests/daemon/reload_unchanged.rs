//! What a reload does not change is not disturbed by it: seen on the wire, advert by advert.

use std::time::Instant;

use vrrp_lab::{Lab, Result};

use crate::beat::{INGRESS, SLOW, adverts, keeps_its_beat_through, life, reload, slow};
use crate::cluster::{BOUND, Cluster, vip};

#[test]
fn an_unchanged_instance_sends_no_extra_advert_and_misses_none() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&slow())?;
    daemon.wait_state("master", BOUND)?;
    let before = life(&daemon, "control-plane")?;
    let both = slow() + INGRESS;
    let moved = both.replace("vrid: 52", "vrid: 62");
    keeps_its_beat_through(&lab, host, &[both, moved, slow(), slow()])?;
    assert_eq!(life(&daemon, "control-plane")?, before);
    assert_eq!(lab.holder_log().changes_of(vip()).len(), 1);
    Ok(())
}

#[test]
fn an_unchanged_instance_keeps_the_penalty_of_a_check_that_fails() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    // 120 less 20 is what the others' adverts have without a check.
    let tracked = slow().replace("priority: 100", "priority: 120")
        + "    track: [{check: port, penalty: 20}]\n";
    let check = "checks:\n  - {name: port, tcp: {address: \"127.0.0.1:1\"}, interval: 100ms, \
                 timeout: 1s, fall: 1}\n";
    let other = "  - {name: other, tcp: {address: \"127.0.0.1:2\"}, interval: 100ms, \
                 timeout: 1s}\n";
    let text = tracked.clone() + check;
    let daemon = host.start_vrrpd(&text)?;
    daemon.wait_instance("penalised", BOUND, |instance| {
        instance["state"] == "master" && instance["effective_priority"] == 100
    })?;
    let more = tracked.clone() + check + other;
    let group = "groups: [{name: g, members: [control-plane, ingress]}]\n";
    let grouped = tracked.clone() + INGRESS + group + check;
    keeps_its_beat_through(&lab, host, &[more, grouped, text])?;
    assert_eq!(
        daemon.instance(None)?["effective_priority_reason"]
            .as_str()
            .map(|reason| reason.contains("port")),
        Some(true)
    );
    Ok(())
}

#[test]
fn an_unchanged_backup_stays_one_and_says_nothing() -> Result<()> {
    let cluster = Cluster::start("")?;
    let daemon = cluster.daemon("cp2");
    let before = life(daemon, "control-plane")?;
    let since = Instant::now();
    let host = cluster.host("cp2");
    let text = host.read_file(vrrp_lab::CONFIG_FILE)?;
    for with in [INGRESS, "", INGRESS] {
        reload(host, &(text.clone() + with))?;
        cluster.stays_with("cp1", SLOW, 5)?;
    }
    let said = adverts(&cluster.lab, SLOW, since);
    assert!(said.iter().all(|advert| advert.host == "cp1"), "{said:?}");
    assert_eq!(life(daemon, "control-plane")?, before);
    Ok(())
}

#[test]
fn an_unchanged_ipv6_instance_and_one_with_a_virtual_mac_are_not_disturbed() -> Result<()> {
    let lab = Lab::builder().hosts(1).ipv6().build()?;
    let host = lab.host("cp1")?;
    let mac = slow() + "    vmac: true\n";
    let daemon = host.start_vrrpd(&mac)?;
    daemon.wait_state("master", BOUND)?;
    let six = INGRESS.replace("10.0.50.30", "fd00:50::30");
    keeps_its_beat_through(&lab, host, &[mac.clone() + &six, mac])?;

    let lab = Lab::builder().hosts(1).ipv6().build()?;
    let host = lab.host("cp1")?;
    let six = slow().replace("10.0.50.20", "fd00:50::20");
    let daemon = host.start_vrrpd(&six)?;
    daemon.wait_state("master", BOUND)?;
    keeps_its_beat_through(&lab, host, &[six.clone() + INGRESS, six])
}
