//! `vrrpd doctor` in hosts where each trouble is really there.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;
use vrrp_lab::{CONFIG_FILE, Command, Host, KeepalivedInstance, Lab, Result, VIP};

const BOUND: Duration = Duration::from_secs(30);

fn config(priority: u8, more: &str) -> String {
    format!(
        "instances:\n  - name: one\n    addresses: [{VIP}]\n    interface: ens20f0\n    vrid: 51\n    \
         priority: {priority}\n    advert_interval: 100ms\n{more}"
    )
}

/// What doctor finds on a host, with its exit code.
struct Diagnosis {
    code: Option<i32>,
    document: Value,
}

impl Diagnosis {
    fn of(host: &Host) -> Result<Self> {
        let output = host.vrrpd_command(&["doctor", "--json"], BOUND)?;
        let document = serde_json::from_str(&output.stdout);
        let document = document.unwrap_or_else(|error| panic!("{error}: {output:?}"));
        Ok(Self {
            code: output.status.code(),
            document,
        })
    }

    /// Whether there is such a finding, whose message has `words` in it.
    #[track_caller]
    fn has(&self, level: &str, family: &str, words: &str) {
        let findings = self.document["findings"].as_array().expect("findings");
        let found = findings.iter().any(|one| {
            one["level"] == level
                && one["family"] == family
                && one["message"]
                    .as_str()
                    .is_some_and(|text| text.contains(words))
                && (level == "ok" || one["remedy"].as_str().is_some_and(|text| !text.is_empty()))
        });
        assert!(
            found,
            "no {level} of {family} with {words:?} in {:#}",
            self.document
        );
        if level == "problem" {
            assert_eq!(self.code, Some(1));
        }
    }

    #[track_caller]
    fn has_no_problem(&self) {
        assert_eq!(self.code, Some(0), "{:#}", self.document);
        assert_eq!(self.document["problems"], 0, "{:#}", self.document);
    }
}

fn run(host: &Host, program: &str, arguments: &[&str]) -> Result<()> {
    let output = host.output(&Command::new(program).args(arguments), BOUND)?;
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    Ok(())
}

/// The doctor of a host without a daemon.
fn alone(more: &str) -> Result<(Lab, Diagnosis)> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, more))?;
    let diagnosis = Diagnosis::of(host)?;
    Ok((lab, diagnosis))
}

#[test]
fn a_healthy_group_has_no_problem_on_master_and_backup() -> Result<()> {
    let lab = Lab::new(2)?;
    let (first, second) = (lab.host("cp1")?, lab.host("cp2")?);
    let master = first.start_vrrpd(&config(200, ""))?;
    master.wait_state("master", BOUND)?;
    let backup = second.start_vrrpd(&config(100, ""))?;
    backup.wait_state("backup", BOUND)?;
    let diagnosis = Diagnosis::of(first)?;
    diagnosis.has_no_problem();
    diagnosis.has("ok", "segment", "this host is it");
    diagnosis.has("ok", "addresses", "10.0.50.20 is here and nowhere else");
    let diagnosis = Diagnosis::of(second)?;
    diagnosis.has_no_problem();
    diagnosis.has("ok", "segment", "10.0.50.11 is heard as master of VRID 51");
    diagnosis.has("ok", "addresses", "with a master");
    diagnosis.has("ok", "daemon", "is running");
    diagnosis.has("ok", "capabilities", "CAP_NET_RAW");
    Ok(())
}

#[test]
fn the_text_is_for_people_and_ends_with_the_numbers() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let output = host.vrrpd_command(&["doctor"], BOUND)?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let warned = "warning  host, daemon: vrrpd does not answer";
    assert!(output.stdout.contains(warned), "{}", output.stdout);
    assert!(
        output.stdout.contains("\n         -> "),
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.trim_end().ends_with("warnings"),
        "{}",
        output.stdout
    );
    assert!(!output.stdout.contains('\x1b'), "{}", output.stdout);
    Ok(())
}

#[test]
fn a_configuration_that_cannot_be_used_is_a_problem() -> Result<()> {
    let (_lab, diagnosis) = alone("    vird: 5\n")?;
    diagnosis.has("problem", "configuration", "cannot be used");
    Ok(())
}

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
fn another_version_and_an_equal_priority_are_told_apart() -> Result<()> {
    let lab = Lab::new(2)?;
    let other = lab.host("cp2")?;
    let text = config(100, "    version: 2\n").replace("100ms", "1s");
    let master = other.start_vrrpd(&text)?;
    master.wait_state("master", BOUND)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("problem", "segment", "10.0.50.12 speaks version 2");
    diagnosis.has("warning", "segment", "has the priority 100 too");
    Ok(())
}

#[test]
fn another_interval_is_told() -> Result<()> {
    let lab = Lab::new(2)?;
    let master = lab.host("cp2")?.start_vrrpd(&config(100, ""))?;
    master.wait_state("master", BOUND)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(200, "").replace("100ms", "1s"))?;
    Diagnosis::of(host)?.has("warning", "segment", "advertises every 100 ms");
    Ok(())
}

#[test]
fn another_group_under_the_same_identifier_is_a_problem() -> Result<()> {
    let lab = Lab::new(2)?;
    let stranger = config(100, "").replace("10.0.50.20", "10.0.50.99");
    let master = lab.host("cp2")?.start_vrrpd(&stranger)?;
    master.wait_state("master", BOUND)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has(
        "problem",
        "segment",
        "10.0.50.12 uses VRID 51 for 10.0.50.99",
    );
    host.write_file(CONFIG_FILE, config(100, "").replace("vrid: 51", "vrid: 52"))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("ok", "segment", "10.0.50.12 is master of VRID 51 here too");
    Ok(())
}

#[test]
fn an_address_that_somebody_else_uses_is_found_by_arp() -> Result<()> {
    let lab = Lab::new(2)?;
    lab.host("cp2")?.add_address(VIP.into(), 24)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has(
        "problem",
        "addresses",
        "in use at 02:00:0a:00:32:0c, and no master",
    );
    let master = host.vrrpd().start()?;
    master.wait_state("master", BOUND)?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has(
        "problem",
        "addresses",
        "is here and also at 02:00:0a:00:32:0c",
    );
    Ok(())
}

#[test]
fn an_address_that_this_host_has_by_hand_is_a_problem() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    host.add_address(VIP.into(), 32)?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("problem", "addresses", "already, and not from vrrpd");
    Ok(())
}

#[test]
fn an_address_of_no_network_of_the_interface_is_doubtful() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(
        CONFIG_FILE,
        config(100, "").replace("10.0.50.20", "192.0.2.20"),
    )?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has(
        "warning",
        "addresses",
        "192.0.2.20 is in no network of ens20f0",
    );
    Ok(())
}

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
fn a_keepalived_that_is_still_running_is_named() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    Diagnosis::of(host)?.has("ok", "processes", "no other program");
    let instance = KeepalivedInstance::new(VIP.into(), 90);
    let _keepalived = host.start_keepalived(&instance.config(host.interface(), ""))?;
    lab.wait_until("keepalived holds the address", BOUND, || {
        host.holds(IpAddr::from(VIP)).is_ok_and(|holds| holds)
    })?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("warning", "processes", "keepalived is running");
    Ok(())
}

#[test]
fn kubernetes_that_goes_past_the_address_and_a_missing_authority_are_named() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let check = "    track: [{check: api}]\nchecks:\n  - name: api\n    http: {url: \
                 \"https://127.0.0.1:6443/healthz\", tls: {ca: /etc/kubernetes/pki/none.crt}}\n";
    host.write_file(CONFIG_FILE, config(100, check))?;
    let kubelet =
        |server: &str| format!("clusters:\n- cluster:\n    server: https://{server}:6443\n");
    host.write_file("/etc/kubernetes/kubelet.conf", kubelet("10.0.50.11"))?;
    host.write_file("/etc/kubernetes/admin.conf", kubelet("10.0.50.20"))?;
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("warning", "kubernetes", "kubelet.conf goes to 10.0.50.11");
    diagnosis.has(
        "ok",
        "kubernetes",
        "admin.conf goes through the virtual address",
    );
    diagnosis.has(
        "problem",
        "kubernetes",
        "/etc/kubernetes/pki/none.crt does not exist",
    );
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
    Ok(())
}

#[test]
fn a_master_that_cannot_be_heard_is_told_by_the_backup_and_by_arp() -> Result<()> {
    let lab = Lab::new(2)?;
    let (first, second) = (lab.host("cp1")?, lab.host("cp2")?);
    run(second, "nft", &["add", "table", "netdev", "deaf"])?;
    let chain = "{ type filter hook ingress device ens20f0 priority 0; policy accept; }";
    run(
        second,
        "nft",
        &["add", "chain", "netdev", "deaf", "in", chain],
    )?;
    let rule = [
        "add", "rule", "netdev", "deaf", "in", "ip", "protocol", "112", "drop",
    ];
    run(second, "nft", &rule)?;
    let master = first.start_vrrpd(&config(200, ""))?;
    master.wait_state("master", BOUND)?;
    second.write_file(CONFIG_FILE, config(100, ""))?;
    let diagnosis = Diagnosis::of(second)?;
    diagnosis.has("warning", "segment", "no advert of VRID 51 came");
    diagnosis.has("problem", "addresses", "and no master of its VRID is heard");
    diagnosis.has("problem", "firewall", "netdev deaf in drops VRRP");
    Ok(())
}

#[test]
fn a_probe_of_the_master_is_noted_by_the_backups_that_it_reaches_and_moves_nothing() -> Result<()> {
    let lab = Lab::new(2)?;
    let (cp1, cp2) = (lab.host("cp1")?, lab.host("cp2")?);
    let master = cp1.start_vrrpd(&config(250, ""))?;
    master.wait_state("master", BOUND)?;
    let backup = cp2.start_vrrpd(&config(100, ""))?;
    let before = backup.wait_instance("a master", BOUND, |one| one["master"].is_object())?;
    assert_eq!(
        before["probes"].as_array().map(Vec::len),
        Some(0),
        "{before}"
    );
    let output = cp1.vrrpd_command(&["doctor", "--probe", "--json"], BOUND)?;
    assert!(
        output.stdout.contains("a probe was sent to 224.0.0.18"),
        "{output:?}"
    );
    let address = cp1.address().to_string();
    let heard = backup.wait_instance("a probe", BOUND, |one| {
        one["probes"][0]["address"] == address.as_str()
    })?;
    assert_eq!(heard["state"], "backup", "{heard}");
    assert_eq!(heard["master"]["address"], address.as_str(), "{heard}");
    assert_eq!(master.state().as_deref(), Some("master"));
    Diagnosis::of(cp2)?.has("ok", "segment", &format!("a probe of {address} arrived"));
    let events = cp2.vrrpd_command(&["events", "--history"], BOUND)?;
    let words = format!("one: a probe of `vrrpd doctor` on {address} arrived");
    assert!(events.stdout.contains(&words), "{events:?}");
    Ok(())
}
