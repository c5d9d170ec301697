//! The daemon as its own user, with two capabilities and no more.

use vrrp_lab::{CONFIG_FILE, Command, Daemon, Lab, Result, User, VIP};

use crate::cluster::{BOUND, config, vip};

/// CAP_NET_ADMIN is 12, CAP_NET_RAW is 13.
const TWO: &str = "0000000000003000";
/// And CAP_IPC_LOCK, 14, and CAP_SYS_NICE, 23: where root may not raise its own limits.
const TWO_AND_REAL_TIME: u64 = 1 << 12 | 1 << 13 | 1 << 14 | 1 << 23;
const NONE: &str = "0000000000000000";

/// A field of every thread's status.
fn of_threads(daemon: &Daemon, field: &str) -> Vec<String> {
    let tasks = format!("/proc/{}/task", daemon.process().pid());
    std::fs::read_dir(tasks)
        .expect("the daemon runs")
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok())
        .filter_map(|status| {
            let mut lines = status.lines();
            let line = lines.find(|line| line.starts_with(&format!("{field}:")))?;
            Some(line.split_once('\t')?.1.to_owned())
        })
        .collect()
}

/// No thread of the daemon can do more than it needs.
fn is_confined(daemon: &Daemon) {
    for (field, wanted) in [
        ("CapEff", TWO),
        ("CapPrm", TWO),
        ("CapInh", NONE),
        ("CapAmb", NONE),
        ("NoNewPrivs", "1"),
    ] {
        let values = of_threads(daemon, field);
        assert!(values.len() >= 3, "its threads: {values:?}");
        assert!(
            values.iter().all(|value| value == wanted),
            "{field}: {values:?}"
        );
    }
}

#[test]
fn an_ordinary_user_with_two_capabilities_does_everything() -> Result<()> {
    let lab = Lab::new(2)?;
    let mut daemons = Vec::new();
    for (host, priority) in lab.hosts().iter().zip([250, 130]) {
        host.write_file(CONFIG_FILE, config(priority, ""))?;
        daemons.push(host.vrrpd().user(User::NOBODY).start()?);
    }
    let [one, two] = &daemons[..] else {
        panic!("two daemons")
    };
    one.wait_state("master", BOUND)?;
    two.wait_state("backup", BOUND)?;
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    for daemon in &daemons {
        is_confined(daemon);
        let uids = of_threads(daemon, "Uid");
        assert!(uids.iter().all(|uid| uid == "65534\t65534\t65534\t65534"));
    }
    lab.wait_until("gratuitous ARPs", BOUND, || {
        lab.capture().announcements_of(vip()).len() >= 5
    })?;
    assert!(
        one.host()
            .vrrpd_command(&["reload"], BOUND)?
            .status
            .success()
    );
    assert!(
        one.host()
            .vrrpd_command(&["drain"], BOUND)?
            .status
            .success()
    );
    lab.wait_only_holder(VIP, "cp2", BOUND)?;
    assert!(
        one.host()
            .vrrpd_command(&["undrain"], BOUND)?
            .status
            .success()
    );
    lab.wait_only_holder(VIP, "cp1", BOUND)?;
    assert!(one.metrics()?.contains("process_open_fds"));
    assert!(one.terminate(BOUND)?.success());
    lab.wait_only_holder(VIP, "cp2", BOUND)
}

#[test]
fn started_as_root_it_lets_go_of_all_it_does_not_need() -> Result<()> {
    let lab = Lab::new(1)?;
    let text = config(100, "realtime: off\n");
    let daemon = lab.host("cp1")?.start_vrrpd(&text)?;
    daemon.wait_state("master", BOUND)?;
    is_confined(&daemon);
    let bounding = of_threads(&daemon, "CapBnd");
    assert!(bounding.iter().all(|set| set == TWO), "{bounding:?}");
    Ok(())
}

#[test]
fn for_real_time_it_keeps_at_most_what_that_needs_and_passes_it_on_to_nobody() -> Result<()> {
    let lab = Lab::new(1)?;
    let daemon = lab.host("cp1")?.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    for field in ["CapEff", "CapPrm"] {
        for set in of_threads(&daemon, field) {
            let set = u64::from_str_radix(&set, 16).expect("hexadecimal digits");
            assert_eq!(set & !TWO_AND_REAL_TIME, 0, "{field}: {set:x}");
        }
    }
    for (field, wanted) in [("CapInh", NONE), ("CapAmb", NONE), ("CapBnd", TWO)] {
        let values = of_threads(&daemon, field);
        assert!(
            values.iter().all(|set| set == wanted),
            "{field}: {values:?}"
        );
    }
    Ok(())
}

#[test]
fn the_socket_is_for_owner_and_group_alone() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    let stat = Command::new("stat").args(["--format=%a %F", "/run/vrrpd/vrrpd.sock"]);
    assert_eq!(host.output(&stat, BOUND)?.stdout, "660 socket\n");
    Ok(())
}

#[test]
fn root_writes_in_the_directory_of_the_units_user_and_leaves_it_usable_for_him() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let chown = Command::new("chown").args(["65534:65534", "/run/vrrpd"]);
    assert!(host.output(&chown, BOUND)?.status.success());
    let daemon = host.start_vrrpd(&config(100, ""))?;
    daemon.wait_state("master", BOUND)?;
    assert_eq!(daemon.post("drain")?.0, 200);
    daemon.wait_state("backup", BOUND)?;
    assert!(daemon.terminate(BOUND)?.success());
    assert!(host.read_file("/run/vrrpd/vrrpd.sock").is_err(), "removed");

    let daemon = host.vrrpd().user(User::NOBODY).start()?;
    let status = daemon.wait_status("drained", BOUND, |status| status["drained"] == true)?;
    assert_eq!(status["instances"][0]["state"], "backup");
    assert_eq!(daemon.post("undrain")?.0, 200);
    daemon.wait_state("master", BOUND)
}
