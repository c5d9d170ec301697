//! The command of `notify`: what it is told, when, and what becomes of one that misbehaves.

use std::time::Duration;

use vrrp_lab::{CONFIG_FILE, Daemon, Host, Lab, Result, User, VIP};

const BOUND: Duration = Duration::from_secs(30);

fn config(priority: u8, script: &str, timeout: &str) -> String {
    format!(
        "instances:\n  - name: one\n    addresses: [{VIP}]\n    interface: ens20f0\n    vrid: 51\n    \
         priority: {priority}\n    advert_interval: 100ms\n    \
         notify: {{exec: [/bin/sh, -c, {script:?}, sh, \"{{keepalived_state}}\"], timeout: {timeout}}}\n"
    )
}

/// Waits until the command has written `line`.
fn wait_told(lab: &Lab, host: &Host, line: &str) -> Result<()> {
    lab.wait_until(&format!("{line:?} on {}", host.name()), BOUND, || {
        told(host).iter().any(|told| told == line)
    })
}

fn told(host: &Host) -> Vec<String> {
    let told = host.read_file("/run/told").unwrap_or_default();
    told.lines().map(str::to_owned).collect()
}

fn wait_metric(lab: &Lab, daemon: &Daemon, result: &str, least: u64) -> Result<()> {
    let label = format!("result=\"{result}\"");
    lab.wait_until(&format!("{least} runs that were {result}"), BOUND, || {
        let metrics = daemon.metrics().unwrap_or_default();
        let mut lines = metrics.lines();
        let line =
            lines.find(|line| line.starts_with("vrrpd_notify_total{") && line.contains(&label));
        let count = line.and_then(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
        count.is_some_and(|count| count >= least)
    })
}

#[test]
fn each_change_of_state_is_told_with_all_that_belongs_to_it() -> Result<()> {
    let lab = Lab::new(2)?;
    let script = "echo $1 $VRRPD_INSTANCE $VRRPD_PREVIOUS $VRRPD_STATE $VRRPD_INTERFACE $VRRPD_VRID \
                  $VRRPD_PRIORITY $VRRPD_ADDRESSES >> /run/told; echo $VRRPD_REASON >> /run/why";
    let (cp1, cp2) = (lab.host("cp1")?, lab.host("cp2")?);
    let first = cp1.start_vrrpd(&config(250, script, "30s"))?;
    first.wait_state("master", BOUND)?;
    let _second = cp2.start_vrrpd(&config(100, script, "30s"))?;
    let words = |priority: u8| format!("ens20f0 51 {priority} {VIP}/32");
    wait_told(&lab, cp1, &format!("BACKUP one init backup {}", words(250)))?;
    wait_told(
        &lab,
        cp1,
        &format!("MASTER one backup master {}", words(250)),
    )?;
    wait_told(&lab, cp2, &format!("BACKUP one init backup {}", words(100)))?;
    // The end of the daemon waits for the last word.
    let ended = first.terminate(BOUND)?;
    assert!(ended.success(), "{ended:?}");
    let last = format!("STOP one master init {}", words(250));
    assert_eq!(told(cp1).last(), Some(&last), "{:?}", told(cp1));
    wait_told(
        &lab,
        cp2,
        &format!("MASTER one backup master {}", words(100)),
    )?;
    let reasons = cp2.read_file("/run/why")?;
    assert!(reasons.lines().all(|line| !line.is_empty()), "{reasons:?}");
    Ok(())
}

#[test]
fn a_command_has_no_capability_and_what_fails_is_logged_counted_and_told() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let script = "grep CapEff /proc/self/status >&2; exit 7";
    host.write_file(CONFIG_FILE, config(250, script, "30s"))?;
    let daemon = host.vrrpd().user(User::NOBODY).start()?;
    wait_metric(&lab, &daemon, "error", 2)?;
    let events = host.vrrpd_command(&["events", "--history", "--json"], BOUND)?;
    let failed = events
        .stdout
        .lines()
        .find(|line| line.contains("notify_failed"));
    let failed = failed.unwrap_or_else(|| panic!("{events:?}"));
    let error = "ended with code 7; it said: CapEff: 0000000000000000";
    assert!(failed.contains(error), "{failed}");
    daemon.process().wait_line(
        "one: the command of `notify` failed: /bin/sh ended with code 7",
        BOUND,
    )?;
    Ok(())
}

#[test]
fn a_command_that_hangs_is_killed_with_its_children_while_the_protocol_goes_on() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let script = "echo $$ >> /run/told; sleep 1000 & echo $! >> /run/told; wait";
    let daemon = host.start_vrrpd(&config(250, script, "500ms"))?;
    daemon.wait_state("master", BOUND)?;
    wait_metric(&lab, &daemon, "error", 2)?;
    daemon
        .process()
        .wait_line("did not end within 500ms and was killed", BOUND)?;
    let processes = told(host);
    assert!(processes.len() >= 2, "{processes:?}");
    lab.wait_until("none of them is left", BOUND, || {
        processes.iter().all(|pid| {
            // Of one that is dead but not waited for, nothing is left to read.
            let line = std::fs::read(format!("/proc/{pid}/cmdline"));
            line.map_or(true, |line| line.is_empty())
        })
    })
}

#[test]
fn commands_run_one_at_a_time_and_only_the_newest_state_waits() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    // The first command runs until the test lets it.
    let script = "echo begin $VRRPD_STATE >> /run/told; until test -e /run/go; do sleep 0.05; done; \
                  echo end $VRRPD_STATE >> /run/told";
    let daemon = host.start_vrrpd(&config(250, script, "5m"))?;
    daemon.wait_state("master", BOUND)?;
    wait_told(&lab, host, "begin backup")?;
    for (action, state) in [
        ("drain", "backup"),
        ("undrain", "master"),
        ("drain", "backup"),
    ] {
        let (code, text) = daemon.post(action)?;
        assert_eq!(code, 200, "{text}");
        daemon.wait_state(state, BOUND)?;
    }
    assert_eq!(told(host), ["begin backup"]);
    host.write_file("/run/go", "")?;
    wait_metric(&lab, &daemon, "ok", 2)?;
    assert_eq!(
        told(host),
        ["begin backup", "end backup", "begin backup", "end backup"]
    );
    daemon.process().wait_line("superseded=3", BOUND)?;
    Ok(())
}

#[test]
fn a_reload_changes_the_command_and_takes_it_away() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let script = |word: &str| format!("echo {word} $VRRPD_STATE >> /run/told");
    let daemon = host.start_vrrpd(&config(250, &script("old"), "30s"))?;
    wait_told(&lab, host, "old master")?;
    let reload = |config: &str| -> Result<()> {
        host.write_file(CONFIG_FILE, config)?;
        let (code, text) = daemon.post("reload")?;
        assert_eq!(code, 200, "{text}");
        Ok(())
    };
    reload(&config(250, &script("new"), "30s"))?;
    daemon.post("drain")?;
    wait_told(&lab, host, "new backup")?;
    let silent = config(250, "true", "30s");
    let silent = silent.lines().filter(|line| !line.contains("notify"));
    reload(&(silent.collect::<Vec<_>>().join("\n") + "\n"))?;
    daemon.post("undrain")?;
    daemon.wait_state("master", BOUND)?;
    reload(&config(250, &script("third"), "30s"))?;
    daemon.post("drain")?;
    wait_told(&lab, host, "third backup")?;
    assert!(
        !told(host).contains(&"new master".to_owned()),
        "{:?}",
        told(host)
    );
    Ok(())
}
