//! The host as a whole: the file, the daemon, its rights and limits, other programs, Kubernetes.

use std::net::IpAddr;

use vrrp_lab::{CONFIG_FILE, KeepalivedInstance, Lab, Result, User, VIP};

use super::{BOUND, Diagnosis, alone, config};

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
fn warnings_of_the_file_are_counted() -> Result<()> {
    let unused = "checks: [{name: idle, tcp: {address: \"127.0.0.1:1\"}}]\n";
    let (_lab, diagnosis) = alone(unused)?;
    diagnosis.has("warning", "configuration", "has warnings: 1");
    diagnosis.has_no_problem();
    Ok(())
}

#[test]
fn a_drain_a_failing_check_and_a_fault_of_the_daemon_are_told() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let check = "    track: [{check: api, penalty: 50}]\nchecks:\n  - name: api\n    tcp: {address: \
                 \"127.0.0.1:6443\"}\n    interval: 100ms\n";
    let daemon = host.start_vrrpd(&config(100, check))?;
    daemon.wait_instance("the penalty", BOUND, |one| one["effective_priority"] == 50)?;
    let drained = host.vrrpd_command(&["drain"], BOUND)?;
    assert!(drained.status.success(), "{drained:?}");
    let diagnosis = Diagnosis::of(host)?;
    diagnosis.has("warning", "daemon", "this host is drained");
    diagnosis.has(
        "warning",
        "daemon",
        "one has the priority 50 instead of 100",
    );
    host.link_down()?;
    daemon.wait_state("fault", BOUND)?;
    Diagnosis::of(host)?.has("problem", "daemon", "one is in fault: ");
    Ok(())
}

#[test]
fn missing_capabilities_are_named_and_what_could_not_be_seen_without_them() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let without = ["--inh-caps", "-net_raw", "--bounding-set", "-net_raw"];
    let diagnosis = Diagnosis::under(host, "setpriv", &without)?;
    diagnosis.has("problem", "capabilities", "this command lacks CAP_NET_RAW");
    diagnosis.has("warning", "segment", "nobody could be listened to");
    diagnosis.has("warning", "addresses", "could not be asked");
    Ok(())
}

#[test]
fn limits_that_keep_the_protocol_thread_waiting_are_named() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    Diagnosis::of(host)?.has("ok", "realtime", "can be had");
    // Neither the capabilities nor the limits that stand in for them.
    let caps = "-sys_nice,-ipc_lock,-sys_resource";
    let without = [
        "--rtprio=0",
        "--memlock=65536",
        "setpriv",
        "--inh-caps",
        caps,
        "--bounding-set",
        caps,
    ];
    let diagnosis = Diagnosis::under(host, "prlimit", &without)?;
    diagnosis.has("warning", "realtime", "real-time scheduling is not allowed");
    diagnosis.has("warning", "realtime", "memory may not be locked");
    Ok(())
}

#[test]
fn how_the_running_daemon_is_scheduled_is_told() -> Result<()> {
    let lab = Lab::new(2)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    Diagnosis::of(host)?.has("ok", "realtime", "in real time, and memory is locked");
    // As nobody it has neither the capabilities nor limits from a unit.
    let other = lab.host("cp2")?;
    other.write_file(CONFIG_FILE, config(90, ""))?;
    let daemon = other.vrrpd().user(User::NOBODY).start()?;
    daemon.wait_state("backup", BOUND)?;
    let diagnosis = Diagnosis::of(other)?;
    diagnosis.has("warning", "realtime", "not scheduled in real time");
    diagnosis.has("warning", "realtime", "is not locked");
    Ok(())
}
