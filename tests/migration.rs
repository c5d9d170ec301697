//! docs/migrating-from-keepalived.md, word for word: its commands are taken out of the document
//! and run on each of three hosts, forward and back, while a client asks without a pause.

#[path = "guides/document.rs"]
mod document;

use std::net::IpAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use vrrp_lab::{Command, Host, Lab, Prober, Result, VIP, tools};

const GUIDE: &str = include_str!("../docs/migrating-from-keepalived.md");
/// For everything that is waited for: far more than it takes, for a busy machine.
const BOUND: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_secs(1);
/// Master_Down_Interval is never less (RFC 9568 §6.1): whoever takes over sooner followed a goodbye
/// and did not wait for a silent master.
const SILENCE: Duration = Duration::from_secs(3);
/// From the lowest priority to the highest, as the guide wants it.
const ORDER: [(&str, u8); 3] = [("cp3", 100), ("cp2", 120), ("cp1", 150)];
const BIN: &str = "/run/lab/bin";

/// What `systemctl` does in the guide, for a host without systemd: both services as their units
/// have them, and a command returns when systemd's would.
const SYSTEMCTL: &str = r#"#!/bin/bash
set -euo pipefail
stop() {
    local pid
    pid=$(cat "$1")
    kill -TERM "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
}
case "$*" in
"enable --now keepalived")
    keepalived --dont-fork --log-console --vrrp --use-file /etc/keepalived/keepalived.conf \
        --pid /run/keepalived/pid --vrrp_pid /run/keepalived/vrrp.pid \
        </dev/null >>/run/keepalived/log 2>&1 &
    until [[ -s /run/keepalived/pid ]]; do sleep 0.02; done
    ;;
"disable --now keepalived")
    stop /run/keepalived/pid
    ;;
"enable --now vrrpd")
    vrrpd run </dev/null >>/run/vrrpd/log 2>&1 &
    echo $! >/run/vrrpd/pid
    until code=0; vrrpd status >/dev/null 2>&1 || code=$?; ((code != 3)); do sleep 0.02; done
    ;;
"disable --now vrrpd")
    stop /run/vrrpd/pid
    vrrpd cleanup --keep-leased
    ;;
*)
    echo "systemctl $*: not in the guide" >&2
    exit 1
    ;;
esac
"#;

/// The usual file: version 2 because nobody said otherwise, a password, a script.
fn keepalived_conf(priority: u8) -> String {
    let state = if priority == 150 { "MASTER" } else { "BACKUP" };
    format!(
        r#"! Configuration File for keepalived
global_defs {{
    router_id LVS_DEVEL
    script_user root
    enable_script_security
}}

vrrp_script check_apiserver {{
    script "/usr/bin/curl -sfk --max-time 1 https://localhost:6443/healthz -o /dev/null"
    interval 3
    timeout 2
    fall 10
    rise 2
    weight -60
}}

vrrp_instance VI_1 {{
    state {state}
    interface ens20f0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass s3cret
    }}
    virtual_ipaddress {{
        {VIP}
    }}
    track_script {{
        check_apiserver
    }}
}}
"#
    )
}

/// The commands under a heading of the guide.
fn commands(heading: &str) -> String {
    document::commands(GUIDE, heading)
}

/// Runs commands in a host, as the administrator would.
fn run(host: &Host, commands: &str) -> Result<String> {
    eprintln!(
        "{:?} {} {commands}",
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH),
        host.name()
    );
    let path = format!("{BIN}:/usr/sbin:/usr/bin:/sbin:/bin");
    let command = Command::new("bash")
        .args(["-euo", "pipefail", "-c", commands])
        .env("PATH", path);
    let output = host.output(&command, BOUND)?;
    assert!(
        output.status.success(),
        "{commands}\n{}{}{}",
        output.stdout,
        output.stderr,
        log_of(host)
    );
    Ok(output.stdout)
}

fn log_of(host: &Host) -> String {
    ["/run/keepalived/log", "/run/vrrpd/log"]
        .map(|path| host.read_file(path).unwrap_or_default())
        .join("\n")
}

/// Puts `systemctl` and `vrrpd` where the host's shell finds them.
fn install(host: &Host) -> Result<()> {
    host.write_file(format!("{BIN}/systemctl"), SYSTEMCTL)?;
    let vrrpd = tools::vrrpd()?;
    host.enter(move || {
        let bin = Path::new(BIN);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(bin.join("systemctl"), executable)
            .and_then(|()| symlink(vrrpd, bin.join("vrrpd")))
    })?
    .expect("the directory is the host's own");
    Ok(())
}

/// Three hosts under Keepalived, and the client that asks.
struct Cluster {
    prober: Prober,
    lab: Lab,
}

impl Cluster {
    fn start() -> Result<Self> {
        let lab = Lab::new(3)?;
        for (name, priority) in ORDER {
            let host = lab.host(name)?;
            install(host)?;
            host.write_file("/etc/keepalived/keepalived.conf", keepalived_conf(priority))?;
        }
        Ok(Self {
            prober: lab.probe(VIP)?,
            lab,
        })
    }

    fn host(&self, name: &str) -> Result<&Host> {
        self.lab.host(name)
    }

    /// Waits until `master` serves the VIP.
    fn wait_served_by(&self, master: &str) -> Result<()> {
        self.lab.wait_only_holder(VIP, master, BOUND)?;
        self.prober
            .wait_answer(master, Instant::now(), BOUND)
            .map(drop)
    }

    /// Waits until `master` has been the only one to speak for longer than any timer runs.
    fn wait_settled(&self, master: &str) -> Result<()> {
        self.wait_served_by(master)?;
        let since = Instant::now();
        self.lab.wait_until("nobody else speaks", BOUND, || {
            let adverts = self.lab.capture().adverts();
            let other = adverts.iter().rfind(|advert| advert.host != master);
            let quiet = other.map_or(since, |advert| advert.at.max(since));
            quiet.elapsed() > INTERVAL * 4
        })
    }

    /// Runs what the guide says on each host, the master last, and returns the longest time
    /// without service and the longest time with two holders.
    fn change_all(&self, headings: &[&str]) -> Result<(Duration, Duration)> {
        let began = Instant::now();
        for (name, _) in ORDER {
            for heading in headings {
                run(self.host(name)?, &commands(heading))?;
            }
            self.wait_served_by("cp1")?;
        }
        self.wait_settled("cp1")?;
        let overlaps = self.lab.holder_log().overlaps_of(IpAddr::from(VIP));
        let both = overlaps.iter().filter(|overlap| overlap.start >= began);
        let longest = both.map(vrrp_lab::Overlap::length).max();
        Ok((
            self.prober.longest_gap_since(began),
            longest.unwrap_or_default(),
        ))
    }
}

#[test]
fn three_hosts_change_from_keepalived_to_vrrpd_and_back_by_the_commands_of_the_guide() -> Result<()>
{
    let cluster = Cluster::start()?;
    let _servers = ORDER
        .map(|(name, _)| cluster.host(name).and_then(vrrp_lab::ApiServer::start))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    for (name, _) in ORDER.iter().rev() {
        run(cluster.host(name)?, "systemctl enable --now keepalived")?;
    }
    cluster.wait_settled("cp1")?;

    // What it costs without vrrpd: Keepalived's master is stopped.
    let told = Instant::now();
    run(cluster.host("cp1")?, "systemctl disable --now keepalived")?;
    cluster.wait_served_by("cp2")?;
    let usual = cluster.prober.longest_gap_since(told);
    run(cluster.host("cp1")?, "systemctl enable --now keepalived")?;
    cluster.wait_served_by("cp1")?;

    let (gap, both) = cluster.change_all(&["Prepare a host", "Switch a host over"])?;
    println!("Keepalived's own handover: {usual:?}; to vrrpd: {gap:?}, two holders for {both:?}");
    assert!(gap < SILENCE, "{gap:?}, Keepalived's own: {usual:?}");
    assert!(both <= INTERVAL, "two holders for {both:?}");
    for (name, priority) in ORDER {
        let host = cluster.host(name)?;
        let status = run(host, "vrrpd status --json")?;
        assert!(
            status.contains(&format!("\"priority\": {priority}")),
            "{status}"
        );
        assert!(
            !log_of(host).contains("dropped an advert"),
            "{}",
            log_of(host)
        );
    }

    let (gap, both) = cluster.change_all(&["The way back"])?;
    println!("back: {gap:?}, two holders for {both:?}");
    assert!(gap < SILENCE, "{gap:?}, Keepalived's own: {usual:?}");
    assert!(both <= INTERVAL, "two holders for {both:?}");
    for (name, _) in ORDER {
        let complaint = log_of(cluster.host(name)?)
            .lines()
            .find(|line| {
                ["nvalid", "bogus", "ismatch", "ncorrect"]
                    .iter()
                    .any(|w| line.contains(w))
            })
            .map(str::to_owned);
        assert_eq!(complaint, None);
    }
    Ok(())
}
