//! Drained hosts stay backup, also when their daemon is started anew.

use vrrp_lab::{Result, VIP};

use crate::cluster::{BOUND, Cluster, config};

#[test]
fn a_drained_master_hands_over_and_is_master_again_when_undrained() -> Result<()> {
    let cluster = Cluster::start("")?;
    cluster.command_succeeds("cp1", &["drain"])?;
    cluster.settle("cp2")?;
    let status = cluster.daemon("cp1").status()?;
    assert_eq!(status["drained"], true);
    let reason = status["instances"][0]["reason"].to_string();
    assert!(reason.contains("drain"), "{reason}");
    cluster.stays("cp2", 20)?;
    cluster.command_succeeds("cp1", &["undrain"])?;
    cluster.settle("cp1")?;
    assert_eq!(cluster.daemon("cp1").status()?["drained"], false);
    Ok(())
}

#[test]
fn a_drained_host_stays_backup_even_where_it_is_alone() -> Result<()> {
    let mut cluster = Cluster::start("")?;
    cluster.command_succeeds("cp3", &["drain"])?;
    let says_so = |instance: &serde_json::Value| instance["reason"].to_string().contains("drain");
    cluster
        .daemon("cp3")
        .wait_instance("the reason", BOUND, says_so)?;
    cluster.crash("cp1")?;
    cluster.settle("cp2")?;
    cluster.crash("cp2")?;
    let daemon = cluster.take("cp3");
    cluster.lab.wait_until("nobody holds the VIP", BOUND, || {
        cluster
            .lab
            .holders(VIP)
            .is_ok_and(|holders| holders.is_empty())
    })?;
    daemon.wait_state("backup", BOUND)?;
    assert!(daemon.post("undrain")?.0 == 200);
    daemon.wait_state("master", BOUND)
}

#[test]
fn a_drain_survives_a_restart_of_the_daemon() -> Result<()> {
    let mut cluster = Cluster::start("")?;
    cluster.command_succeeds("cp1", &["drain"])?;
    cluster.settle("cp2")?;
    let daemon = cluster.take("cp1");
    assert!(daemon.terminate(BOUND)?.success());
    drop(daemon);
    cluster.start_daemon("cp1")?;
    cluster.settle("cp2")?;
    assert_eq!(cluster.daemon("cp1").status()?["drained"], true);
    cluster.stays("cp2", 20)?;
    let daemon = cluster.take("cp1");
    daemon.process().kill();
    daemon.process().wait_exit(BOUND)?;
    drop(daemon);
    cluster.start_daemon("cp1")?;
    cluster.settle("cp2")?;
    assert_eq!(cluster.daemon("cp1").status()?["drained"], true);
    cluster.command_succeeds("cp1", &["undrain"])?;
    cluster.settle("cp1")
}

#[test]
fn a_drain_does_not_survive_a_restart_of_the_host() -> Result<()> {
    let mut cluster = Cluster::start("")?;
    cluster.command_succeeds("cp1", &["drain"])?;
    cluster.settle("cp2")?;
    cluster.crash("cp1")?;
    cluster.boot("cp1")?;
    cluster.settle("cp1")
}

#[test]
fn a_reload_does_not_end_a_drain() -> Result<()> {
    let cluster = Cluster::start("")?;
    cluster.command_succeeds("cp1", &["drain"])?;
    cluster.settle("cp2")?;
    let ingress = "  - name: ingress\n    addresses: [10.0.50.30]\n    interface: ens20f0\n    \
                   vrid: 52\n    advert_interval: 100ms\n";
    let text = config(251, "") + ingress;
    cluster
        .host("cp1")
        .write_file("/etc/vrrpd/vrrpd.yaml", text)?;
    cluster.command_succeeds("cp1", &["reload"])?;
    let daemon = cluster.daemon("cp1");
    cluster
        .lab
        .wait_until("the new instance is backup", BOUND, || {
            daemon
                .instance(Some("ingress"))
                .is_ok_and(|instance| instance["state"] == "backup")
        })?;
    cluster.stays("cp2", 20)?;
    assert_eq!(daemon.instance(Some("ingress"))?["state"], "backup");
    assert_eq!(cluster.lab.holders([10, 0, 50, 30])?, [""; 0]);
    Ok(())
}
