//! The daemon as an ordinary user: `nft` gets the one right it needs, nothing else gets any.

use vrrp_lab::{CONFIG_FILE, User};

use crate::scene::{BOUND, backends, config, lab};
use crate::traffic::{Connection, Family, PORT, Result};

#[test]
fn an_ordinary_user_with_two_capabilities_balances_and_commands_of_checks_get_none() -> Result {
    let lab = lab()?;
    let host = lab.host("cp1")?;
    let family = Family::V4;
    let program = "/etc/vrrpd/probe";
    host.write_file(
        program,
        // Those of three backends run at the same time: each has a file of its own.
        "#!/bin/sh\ngrep -E '^Cap(Eff|Amb|Inh)' /proc/self/status > /run/vrrpd/rights.$$\n\
         mv /run/vrrpd/rights.$$ /run/vrrpd/rights\n",
    )?;
    crate::traffic::run(host, &["chmod", "755", program])?;
    let check = format!(
        "    check: {{exec: {{command: [{program}, \"{{backend}}\"]}}, interval: 100ms, timeout: 5s}}\n"
    );
    let lines = backends(&lab, family, &[1, 1, 1]);
    host.write_file(
        CONFIG_FILE,
        config(
            family,
            100,
            &format!("    scheduler: round_robin\n{lines}{check}"),
        ),
    )?;
    let daemon = host.vrrpd().user(User::NOBODY).start()?;
    daemon.wait_status("active with three backends up", BOUND, |status| {
        let balancer = &status["load_balancers"][0];
        let mut backends = balancer["backends"].as_array().into_iter().flatten();
        balancer["state"] == "active" && backends.all(|backend| backend["state"] == "up")
    })?;
    // It answers when the rules are there.
    let done = host.vrrpd_command(&["backend", "undrain", "apiserver", "10.0.50.11"], BOUND)?;
    assert!(done.status.success(), "{done:?}");
    let target = std::net::SocketAddr::new(family.vip(), PORT);
    let mut hosts = Vec::new();
    for client in 0..3 {
        let source = Some(family.client(client));
        hosts.push(Connection::open(lab.client(), source, target)?.host);
    }
    hosts.sort();
    assert_eq!(hosts, ["cp1", "cp2", "cp3"]);
    let rights = host.read_file("/run/vrrpd/rights")?;
    assert_eq!(rights.lines().count(), 3, "{rights}");
    for line in rights.lines() {
        assert!(line.ends_with("\t0000000000000000"), "{rights}");
    }
    assert!(daemon.terminate(BOUND)?.success());
    let tables = crate::traffic::output(host, &["nft", "list", "tables"])?;
    assert!(!tables.contains("table inet vrrpd"), "{tables}");
    Ok(())
}
