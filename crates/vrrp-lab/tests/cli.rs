//! The program as a user runs it, proved on Debian's Keepalived.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn vrrp_lab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vrrp-lab"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let output = vrrp_lab(arguments).output().expect("vrrp-lab runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{errors}", output.status);
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

#[test]
fn the_demo_moves_the_vip_to_the_right_host_in_every_step() {
    let document = json(&["demo", "--peer", "keepalived", "--json"]);
    assert_eq!(document["held"], true);
    let steps = document["steps"].as_array().expect("steps");
    let masters: Vec<_> = steps
        .iter()
        .filter_map(|step| step["master"].as_str())
        .collect();
    assert_eq!(masters, ["cp1", "cp2", "cp1", "cp2", "cp3", "cp1"]);
    let vanished = steps[3]["vip_unanswered_ms"]
        .as_f64()
        .expect("milliseconds");
    assert!(
        (1900.0..6000.0).contains(&vanished),
        "{vanished} ms after a crash"
    );
    let sick = (
        &steps[4]["api_unanswered_ms"],
        &steps[4]["vip_unanswered_ms"],
    );
    assert!(
        sick.0.as_f64() > sick.1.as_f64(),
        "{sick:?}: the API is dead while the VIP answers"
    );
}

#[test]
fn the_bench_gives_every_sample_beside_the_theory() {
    let arguments = ["bench", "failover", "--peer", "keepalived", "--only-peer"];
    let arguments = [
        &arguments[..],
        &["--runs", "2", "--interval", "100ms", "--json"],
    ]
    .concat();
    let document = json(&arguments);
    let results = document["results"].as_array().expect("results");
    let names: Vec<_> = results
        .iter()
        .filter_map(|r| r["scenario"].as_str())
        .collect();
    assert_eq!(names, ["crash", "handover", "return", "health"]);
    let crash = &results[0];
    assert_eq!(crash["software"], "keepalived");
    assert_eq!(crash["master_down_interval_ms"], 301.172);
    assert_eq!(crash["samples_ms"].as_array().map(Vec::len), Some(2));
    let outage = &crash["outage"];
    let [min, median, max] =
        ["min_ms", "median_ms", "max_ms"].map(|key| outage[key].as_f64().expect("milliseconds"));
    assert!(
        190.0 < min && min <= median && median <= max && max < 1000.0,
        "{crash}"
    );
}

#[test]
fn the_balance_bench_says_what_haproxy_adds_to_the_direct_way() {
    let arguments = ["bench", "balance", "--peer", "haproxy", "--only-peer"];
    let arguments = [
        &arguments[..],
        &["--runs", "1", "--duration", "300ms", "--json"],
    ]
    .concat();
    let document = json(&arguments);
    let results = document["results"].as_array().expect("results");
    let names: Vec<_> = results
        .iter()
        .filter_map(|r| r["software"].as_str())
        .collect();
    assert_eq!(names, ["direct", "haproxy"]);
    for result in results {
        assert_eq!(result["failed_connections"]["median"], 0.0, "{result}");
        for key in [
            "connections_per_second",
            "processor_seconds_per_10000_connections",
            "one_stream_gbit_per_second",
            "many_streams_gbit_per_second",
            "request_99th_us",
            "connection_99th_us",
        ] {
            let median = result[key]["median"].as_f64();
            assert!(median.is_some_and(|median| median > 0.0), "{key}: {result}");
        }
    }
    assert!(results[0]["request_99th_us"]["added"].is_null());
    assert!(results[1]["request_99th_us"]["added"].is_number());
}

/// One run of a bench of many instances with both programs: what it gave for each.
fn small_bench(name: &str, arguments: &[&str]) -> Vec<serde_json::Value> {
    let usual = [
        "bench",
        name,
        "--peer",
        "keepalived",
        "--runs",
        "1",
        "--json",
    ];
    let document = json(&[&usual[..], arguments].concat());
    assert_eq!(document["bench"], name);
    let results = document["results"].as_array().expect("results").clone();
    let programs: Vec<_> = results
        .iter()
        .filter_map(|result| result["program"].as_str())
        .collect();
    assert!(!programs.is_empty() && programs.chunks(2).all(|two| two == ["vrrpd", "keepalived"]));
    for result in &results {
        // On a busy machine an address may have moved meanwhile, which is noted too.
        let notes = result["notes"].to_string();
        assert!(!notes.contains("cannot"), "{result}");
    }
    results
}

fn median(result: &serde_json::Value, key: &str) -> f64 {
    let median = result[key]["median"].as_f64();
    median.unwrap_or_else(|| panic!("{key} in {result}"))
}

#[test]
fn the_cost_bench_tells_processor_time_and_memory_of_master_and_backup() {
    let arguments = [
        "--instances",
        "2",
        "--interval",
        "100ms",
        "--window",
        "300ms",
    ];
    for result in small_bench("cost", &arguments) {
        assert_eq!(result["instances"], "2");
        assert_eq!(result["interval"], "100ms");
        for key in ["master_cpu_percent", "backup_cpu_percent"] {
            let percent = median(&result, key);
            assert!(0.0 < percent && percent < 200.0, "{key}: {result}");
        }
        for key in ["master_pss_mib", "backup_pss_mib"] {
            let mebibytes = median(&result, key);
            assert!(0.5 < mebibytes && mebibytes < 500.0, "{key}: {result}");
        }
    }
}

#[test]
fn the_start_bench_tells_when_all_addresses_are_on_the_right_host_and_of_the_first_advert() {
    let arguments = [
        "--instances",
        "3",
        "--interval",
        "100ms",
        "--window",
        "300ms",
    ];
    let results = small_bench("start", &arguments);
    let (both, alone) = results.split_at(2);
    for result in both {
        assert_eq!(result["priority"], "254", "{result}");
        assert!(median(result, "all_on_right_host_ms") > 0.0, "{result}");
        let [before, after] =
            ["two_holders_before_ms", "two_holders_after_ms"].map(|key| median(result, key));
        assert!(before >= 0.0 && after >= 0.0, "{result}");
    }
    for result in alone {
        assert_eq!(result["priority"], "255", "{result}");
        assert!(median(result, "first_advert_ms") > 0.0, "{result}");
    }
}

#[test]
fn the_scale_bench_tells_of_instances_on_many_interfaces_that_another_host_takes_over() {
    let arguments = [
        "--instances",
        "4",
        "--interval",
        "100ms",
        "--window",
        "300ms",
    ];
    for result in small_bench("scale", &arguments) {
        assert_eq!(result["interfaces"], "4", "{result}");
        for key in ["master_cpu_percent", "master_pss_mib", "all_taken_over_ms"] {
            assert!(median(&result, key) > 0.0, "{key}: {result}");
        }
        assert!(
            result["beyond_master_down_interval_ms"].is_object(),
            "{result}"
        );
    }
}

#[test]
fn the_storm_bench_tells_what_a_flood_of_bogus_adverts_does() {
    let arguments = ["bench", "storm", "--peer", "keepalived", "--runs", "1"];
    let arguments = [
        &arguments[..],
        &["--instances", "2", "--interval", "1s", "--rate", "2000"],
        &["--duration", "3s", "--json"],
    ]
    .concat();
    let document = json(&arguments);
    let results = document["results"].as_array().expect("results");
    let programs: Vec<_> = results
        .iter()
        .filter_map(|result| result["program"].as_str())
        .collect();
    assert_eq!(programs, ["vrrpd", "keepalived"]);
    for result in results {
        let rate = median(result, "bogus_adverts_per_second");
        assert!(10.0 < rate && rate < 2100.0, "{result}");
        for key in ["master_cpu_percent", "backup_cpu_percent"] {
            let percent = median(result, key);
            assert!(0.0 < percent && percent < 200.0, "{key}: {result}");
        }
        assert!(median(result, "state_changes") >= 0.0, "{result}");
    }
    // Keepalived need not stand it.
    let ours = &results[0];
    assert_eq!(ours["notes"], serde_json::json!([]), "{ours}");
    assert_eq!(median(ours, "state_changes"), 0.0, "{ours}");
    assert!(median(ours, "master_adverts") >= 2.0, "{ours}");
    let late = median(ours, "late_p999_ms");
    assert!(late <= median(ours, "late_worst_ms"), "{ours}");
}

#[test]
fn the_steady_bench_tells_of_each_program_in_real_time_and_not() {
    let arguments = ["bench", "steady", "--peer", "keepalived", "--runs", "1"];
    let arguments = [
        &arguments[..],
        &["--interval", "100ms", "--duration", "2s", "--json"],
    ]
    .concat();
    let document = json(&arguments);
    assert!(document["busy_cores"].as_u64() > Some(0), "{document}");
    let results = document["results"].as_array().expect("results");
    let scheduling: Vec<_> = results
        .iter()
        .filter_map(|result| result["scheduling"].as_str())
        .collect();
    assert_eq!(
        scheduling,
        [
            "realtime: auto",
            "realtime: off",
            "vrrp_rt_priority 10",
            "default"
        ]
    );
    for result in results {
        assert!(median(result, "state_changes") >= 0.0, "{result}");
        assert!(median(result, "adverts") >= 2.0, "{result}");
        let late = [
            "late_p50_ms",
            "late_p99_ms",
            "late_p999_ms",
            "late_worst_ms",
        ]
        .map(|key| median(result, key));
        assert!(late.is_sorted() && late[0] >= 0.0, "{result}");
    }
}

#[test]
fn a_bench_refuses_a_peer_that_does_something_else() {
    for (bench, peer) in [("balance", "keepalived"), ("failover", "haproxy")] {
        let output = vrrp_lab(&["bench", bench, "--peer", peer, "--only-peer"])
            .output()
            .expect("vrrp-lab runs");
        assert!(!output.status.success());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("no peer for this bench"), "{errors}");
    }
}

/// Starts the demo and waits until there is a master. Returns it with the namespaces it made.
fn demo_with_a_master() -> (Child, BTreeMap<u64, File>) {
    let mut demo = vrrp_lab(&["demo", "--peer", "keepalived"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("vrrp-lab starts");
    let output = BufReader::new(demo.stdout.take().expect("a pipe"));
    let mut lines = output.lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("cp1 master")), "no master");
    // Goes on reading, so that the demo is not stopped by a full or closed pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let own = common::namespaces_of(std::process::id());
    let mut made = common::namespaces_of(demo.id());
    made.retain(|inode, _| !own.contains_key(inode));
    assert!(made.len() >= 5, "switch, client and three hosts: {made:?}");
    (demo, made)
}

fn wait_until_uninhabited(namespaces: &BTreeMap<u64, File>) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let left: BTreeSet<u32> = namespaces
            .keys()
            .flat_map(|inode| common::inhabitants(*inode))
            .collect();
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "processes {left:?} are left");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn ctrl_c_ends_the_demo_and_everything_it_started() {
    let (mut demo, namespaces) = demo_with_a_master();
    let pid = Pid::from_raw(i32::try_from(demo.id()).expect("a pid"));
    kill(pid, Signal::SIGINT).expect("a signal");
    assert_eq!(demo.wait().expect("an end").code(), Some(130));
    wait_until_uninhabited(&namespaces);
}

#[test]
fn even_sigkill_leaves_nothing_of_the_demo_behind() {
    let (mut demo, namespaces) = demo_with_a_master();
    demo.kill().expect("a signal");
    demo.wait().expect("an end");
    wait_until_uninhabited(&namespaces);
}
