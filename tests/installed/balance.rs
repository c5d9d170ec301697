//! Load balancing by the installed service: `nft` inside the unit's sandbox.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use vrrp_lab::{Host, Lab, Machine, Result, VIP};

use crate::site::{SOON, config, install, tree};

/// Answers each connection to port 6443 with a word, until the test program ends.
fn serve(host: &Host) -> Result<()> {
    let listener = host.enter(|| TcpListener::bind(("0.0.0.0", 6443)).expect("a free port"))?;
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"served");
        }
    });
    Ok(())
}

/// What a client of the virtual address gets.
fn ask(lab: &Lab) -> Result<String> {
    let target = SocketAddr::from((VIP, 6443));
    let answer = lab.client().enter(move || {
        let mut stream = TcpStream::connect_timeout(&target, SOON)?;
        stream.set_read_timeout(Some(SOON))?;
        let mut text = String::new();
        stream.read_to_string(&mut text).map(|_| text)
    })?;
    Ok(answer.unwrap_or_else(|error| error.to_string()))
}

#[test]
fn load_balancers_work_inside_the_sandbox_and_a_stop_takes_their_table_away() -> Result<()> {
    let lab = Lab::new(2)?;
    let backend = lab.host("cp2")?;
    serve(backend)?;
    let host = lab.host("cp1")?;
    host.write_file("/proc/sys/net/ipv4/ip_forward", "1")?;
    let machine = Machine::boot(host, &tree())?;
    install(&machine, 1)?;
    let balancer = format!(
        "load_balancers:\n  - name: apiserver\n    address: {VIP}\n    port: 6443\n    \
         backends: [\"{}:6443\"]\n    check: {{tcp: {{}}, interval: 200ms}}\n",
        backend.address()
    );
    let text = config(0, "100ms") + &balancer;
    machine.write_file("/etc/vrrpd/vrrpd.yaml", text)?;
    machine.must("systemctl enable --now vrrpd")?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;

    lab.wait_for("the load balancer is active", SOON, || {
        let status = machine
            .must("runuser -u vrrpd -- vrrpd status --json")
            .ok()?;
        let status: serde_json::Value = serde_json::from_str(&status).ok()?;
        (status["load_balancers"][0]["state"] == "active").then_some(())
    })?;
    machine.must("nft list table inet vrrpd")?;
    assert_eq!(ask(&lab)?, "served");

    machine.must("systemctl stop vrrpd")?;
    let tables = machine.must("nft list tables")?;
    assert!(!tables.contains("vrrpd"), "{tables}");
    Ok(())
}
