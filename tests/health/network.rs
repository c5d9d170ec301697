//! A connection that is open on one end only: every packet to the API server is dropped.

use vrrp_lab::{Command, Result};

use crate::cluster::BOUND;
use crate::plane::ControlPlane;

const SILENCE: &str = "drop";
const REFUSAL: &str = "reject with tcp reset";

/// Every packet to the API server of cp1 meets `verdict`.
fn filter(plane: &ControlPlane, verdict: &str) -> Result<()> {
    let rules = format!(
        "table inet filter {{\n  chain input {{\n    type filter hook input priority 0;\n    \
         tcp dport 6443 {verdict}\n  }}\n}}\n"
    );
    nft(plane, &rules)
}

fn nft(plane: &ControlPlane, rules: &str) -> Result<()> {
    let host = plane.cluster.host("cp1");
    host.write_file("/run/rules.nft", rules)?;
    let command = Command::new("nft").args(["-f", "/run/rules.nft"]);
    let output = host.output(&command, BOUND)?;
    assert!(output.status.success(), "{rules}: {output:?}");
    Ok(())
}

#[test]
fn a_connection_whose_packets_are_dropped_is_noticed_by_the_next_probes() -> Result<()> {
    let plane = ControlPlane::start()?;
    filter(&plane, SILENCE)?;
    // The first failing probe asks on the open connection, the next ones open another.
    plane.leaves_because(
        "no TCP connection to 127.0.0.1:6443 within 500ms",
        "connect_timeout",
    )?;
    assert!(plane.failures("cp1", Some("response_timeout"))? >= 1);
    nft(&plane, "delete table inet filter\n")?;
    plane.cluster.settle("cp1")
}

#[test]
fn connections_that_a_firewall_rejects_are_as_good_as_refused() -> Result<()> {
    let plane = ControlPlane::start()?;
    filter(&plane, REFUSAL)?;
    plane.leaves_because("127.0.0.1:6443 refused", "refused")?;
    nft(&plane, "delete table inet filter\n")?;
    plane.cluster.settle("cp1")
}
