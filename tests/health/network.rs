//! A connection that is open on one end only: every packet to the API server is dropped.

use std::time::Duration;

use vrrp_lab::{Command, Result};

use crate::cluster::BOUND;
use crate::plane::ControlPlane;

fn nft(plane: &ControlPlane, rules: &str) -> Result<()> {
    let host = plane.cluster.host("cp1");
    for rule in rules.split("; ") {
        let command = Command::new("/usr/sbin/nft").args(rule.split(' '));
        let output = host.output(&command, Duration::from_secs(10))?;
        assert!(output.status.success(), "nft {rule}: {output:?}");
    }
    Ok(())
}

#[test]
fn a_connection_whose_packets_are_dropped_is_noticed_by_the_next_probes() -> Result<()> {
    let plane = ControlPlane::start()?;
    nft(
        &plane,
        "add table inet silence; \
         add chain inet silence drops { type filter hook input priority 0 ; }; \
         add rule inet silence drops tcp dport 6443 drop",
    )?;
    // The first failing probe asks on the open connection, the next ones open another.
    plane.leaves_because(
        "no TCP connection to 127.0.0.1:6443 within 500ms",
        "connect_timeout",
    )?;
    assert!(plane.failures("cp1", Some("response_timeout"))? >= 1);
    nft(&plane, "delete table inet silence")?;
    plane.cluster.settle("cp1")
}

#[test]
fn a_connection_that_a_firewall_resets_is_noticed_at_once() -> Result<()> {
    let plane = ControlPlane::start()?;
    nft(
        &plane,
        "add table inet silence; \
         add chain inet silence drops { type filter hook input priority 0 ; }; \
         add rule inet silence drops tcp dport 6443 reject with tcp reset",
    )?;
    plane.leaves_because("127.0.0.1:6443 refused", "refused")?;
    plane.cluster.daemon("cp2").wait_state("master", BOUND)
}
