//! What a host lacks for load balancing: `vrrpd doctor` and `vrrpd check` say so.

use std::time::Duration;

use serde_json::Value;
use vrrp_lab::{CONFIG_FILE, Command, Host, Lab, Result, VIP};

const BOUND: Duration = Duration::from_secs(30);

fn config(interface: &str) -> String {
    format!(
        "instances: [{{name: one, addresses: [{VIP}], interface: {interface}, vrid: 51}}]\n\
         load_balancers: [{{name: apiserver, address: {VIP}, port: 6443, \
         backends: [\"10.0.50.11:6443\", \"10.0.50.12:6443\"]}}]\n"
    )
}

fn set_forwarding(host: &Host, value: &'static str) -> Result<()> {
    let written = host.enter(move || std::fs::write("/proc/sys/net/ipv4/ip_forward", value))?;
    written.map_err(|error| vrrp_lab::LabError::Other(error.to_string()))
}

/// The findings of doctor on load balancing: level and message.
fn findings(host: &Host) -> Result<Vec<(String, String)>> {
    let output = host.vrrpd_command(&["doctor", "--json"], BOUND)?;
    let document: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let all = document["findings"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(all
        .filter(|one| one["family"] == "load balancing")
        .map(|one| (text(&one["level"]), text(&one["message"])))
        .collect())
}

#[test]
fn what_load_balancers_need_from_the_host_is_a_problem_with_its_remedy() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config("ens20f0"))?;
    set_forwarding(host, "0")?;
    let found = findings(host)?;
    assert!(
        found
            .iter()
            .any(|(level, message)| level == "problem"
                && message.contains("net.ipv4.ip_forward is off")),
        "{found:?}"
    );
    let checked = host.vrrpd_command(&["check"], BOUND)?;
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    for part in ["net.ipv4.ip_forward is off", "/etc/sysctl.d/90-vrrpd.conf"] {
        assert!(checked.stderr.contains(part), "{checked:?}");
    }
    set_forwarding(host, "1")?;
    let drop =
        "table inet theirs { chain f { type filter hook forward priority 0; policy drop; }; }";
    let written = host.output(&Command::new("nft").arg(drop), BOUND)?;
    assert!(written.status.success(), "{written:?}");
    let found = findings(host)?;
    assert!(
        found.iter().any(|(level, message)| level == "warning"
            && message.contains("chain f of table inet theirs drops forwarded packets")),
        "{found:?}"
    );
    assert!(
        found.iter().all(|(level, _)| level != "problem"),
        "{found:?}"
    );
    Ok(())
}

#[test]
fn a_file_for_another_host_is_not_judged_by_this_one() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    set_forwarding(host, "0")?;
    host.write_file(CONFIG_FILE, config("bond7"))?;
    let checked = host.vrrpd_command(&["check", "--deny-warnings"], BOUND)?;
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    Ok(())
}
