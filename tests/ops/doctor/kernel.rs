//! The kernel's firewall, clock and table of connections.

use std::io;
use std::net::{TcpListener, TcpStream};

use vrrp_lab::{CONFIG_FILE, Host, Lab, LabError, Result};

use super::{Diagnosis, config, run};

#[test]
fn a_rule_that_drops_protocol_112_is_found_and_so_is_a_chain_that_drops_everything() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    Diagnosis::of(host)?.has("ok", "firewall", "no rule of nftables drops");
    run(host, "nft", &["add", "table", "inet", "guard"])?;
    let chain = "{ type filter hook input priority 0; policy drop; }";
    run(host, "nft", &["add", "chain", "inet", "guard", "in", chain])?;
    Diagnosis::of(host)?.has(
        "warning",
        "firewall",
        "inet guard in drops what no rule accepts",
    );
    let rule = ["add", "rule", "inet", "guard", "in", "meta", "l4proto"];
    run(host, "nft", &[&rule[..], &["112", "accept"]].concat())?;
    Diagnosis::of(host)?.has("ok", "firewall", "no rule of nftables drops");
    let rule = ["insert", "rule", "inet", "guard", "in", "ip", "protocol"];
    run(host, "nft", &[&rule[..], &["112", "drop"]].concat())?;
    Diagnosis::of(host)?.has("problem", "firewall", "a rule in inet guard in drops VRRP");
    Ok(())
}

#[test]
fn without_nft_the_firewall_is_said_to_be_unseen() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::under(host, "env", &["PATH=/nowhere"])?;
    diagnosis.has("ok", "firewall", "the firewall is not examined");
    Ok(())
}

#[test]
fn a_slow_clock_source_is_named() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    host.show_file(source, "tsc\n")?;
    Diagnosis::of(host)?.has("ok", "clock", "the clock source is tsc");
    host.show_file(source, "acpi_pm\n")?;
    Diagnosis::of(host)?.has("warning", "clock", "the clock source is acpi_pm");
    Ok(())
}

/// Connections from the host to itself, as long as they are kept.
fn connections(host: &Host, count: usize) -> Result<Vec<TcpStream>> {
    let opened = host.enter(move || -> io::Result<Vec<TcpStream>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut both = Vec::new();
        for _ in 0..count {
            both.push(TcpStream::connect(listener.local_addr()?)?);
            both.push(listener.accept()?.0);
        }
        Ok(both)
    })?;
    opened.map_err(|error| LabError::Other(error.to_string()))
}

#[test]
fn a_table_of_connections_that_is_full_or_soon_will_be_is_told_once() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let balancer = "load_balancers: [{name: api, address: 10.0.50.20, port: 6443, backends: \
                    [\"10.0.50.11:6443\"]}]\n";
    host.write_file(CONFIG_FILE, config(100, balancer))?;
    let rules = "table inet theirs { chain c { type filter hook output priority 0; ct state new accept; }; }";
    run(host, "nft", &[rules])?;
    let _open = connections(host, 50)?;
    Diagnosis::of(host)?.has("ok", "conntrack", "connections are tracked");
    // Few kernels let a network namespace have a limit of its own.
    let limit = "/proc/sys/net/netfilter/nf_conntrack_max";
    host.show_file(limit, "60\n")?;
    Diagnosis::of(host)?.has("warning", "conntrack", "of at most 60 connections");
    host.show_file(limit, "50\n")?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("problem", "conntrack", "new ones are dropped");
    assert_eq!(diagnosis.about("nf_conntrack_max"), 1);
    Ok(())
}
