//! The commands as a shell sees them: what they print, where, and their exit codes. The daemon's
//! side of the control socket is the real server around a made-up view.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use tokio::sync::mpsc;
use vrrp_wire::{Family, Version};
use vrrpd::control::{Control, ControlSocket, serve};
use vrrpd::daemon::command::Request;
use vrrpd::events::{EventLog, What};
use vrrpd::http::Limits;
use vrrpd::status::InstanceState;
use vrrpd::view::{DaemonView, InstanceView, Live, Running};

fn vrrpd(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vrrpd"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("NO_COLOR");
    command
}

fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = vrrpd(arguments).output().expect("vrrpd starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

/// A control socket with one instance in `state`, served by a thread of its own.
struct StandIn {
    directory: TempDir,
    events: Arc<EventLog>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl StandIn {
    fn start(state: InstanceState) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = ControlSocket::bind(&directory.path().join("s")).expect("a free path");
        let view = DaemonView::default();
        let live = Live {
            name: "one".into(),
            state,
            reason: "because".into(),
            since: SystemTime::now(),
            interface: "eth0".into(),
            priority: 100,
            effective_priority: 100,
            effective_priority_reason: String::new(),
            advert_interval: Duration::from_secs(1),
            master: None,
            master_is_self: state == InstanceState::Master,
            addresses: vec!["10.0.50.20/32".into()],
            warnings: Vec::new(),
        };
        let instance = InstanceView::new(51, Version::V3, Family::V4, live);
        view.replace(Running {
            instances: vec![Arc::new(instance)],
            ..Running::default()
        });
        let events = Arc::new(EventLog::default());
        let (requests, receiver) = mpsc::unbounded_channel();
        let control = Control {
            view: Arc::new(view),
            events: Arc::clone(&events),
            requests,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.spawn(serve(socket, control, Limits::default()));
        runtime.spawn(answer(receiver));
        Self {
            directory,
            events,
            runtime: Some(runtime),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    fn ask(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let path = self.path();
        let path = path.to_str().expect("text");
        output(&[arguments, &["--socket", path]].concat())
    }

    fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(10));
        }
    }
}

/// Refuses reloads and resigning, agrees to all else.
async fn answer(mut requests: mpsc::UnboundedReceiver<Request>) {
    while let Some(request) = requests.recv().await {
        let (reply, answer) = match request {
            Request::Reload(reply) => (reply, Err("vrrpd.yaml:3:5: not like this".to_owned())),
            Request::Resign { reply, .. } => (reply, Err("one is not master".to_owned())),
            Request::Drain(reply) | Request::Undrain(reply) | Request::Backend { reply, .. } => {
                (reply, Ok(()))
            }
            Request::Shutdown => continue,
        };
        let _ = reply.send(answer);
    }
}

#[test]
fn without_a_daemon_every_client_command_exits_3_and_says_how_to_start_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("absent");
    let socket = socket.to_str().expect("text");
    for command in ["status", "events", "reload", "resign", "drain", "undrain"] {
        let (code, stdout, stderr) = output(&[command, "--socket", socket]);
        assert_eq!(code, Some(3), "{command}: {stderr}");
        assert_eq!(stdout, "", "{command}");
        assert!(
            stderr.contains("systemctl start vrrpd"),
            "{command}: {stderr}"
        );
    }
}

#[test]
fn status_exits_0_for_a_master_or_backup_and_1_for_a_fault() {
    for (state, wanted) in [
        (InstanceState::Master, 0),
        (InstanceState::Backup, 0),
        (InstanceState::Fault, 1),
        (InstanceState::Init, 1),
    ] {
        let daemon = StandIn::start(state);
        let (code, stdout, stderr) = daemon.ask(&["status"]);
        assert_eq!(code, Some(wanted), "{state:?}: {stdout}{stderr}");
        assert!(stdout.contains(state.as_str()), "{stdout}");
        assert!(
            !stdout.contains('\x1b'),
            "colour without a terminal: {stdout}"
        );
    }
}

#[test]
fn status_alive_asks_only_whether_a_daemon_answers() {
    let daemon = StandIn::start(InstanceState::Fault);
    let (code, stdout, stderr) = daemon.ask(&["status", "--alive"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("fault"), "{stdout}");
}

#[test]
fn status_json_is_the_document_with_the_same_exit_code() {
    let daemon = StandIn::start(InstanceState::Fault);
    let (code, stdout, _) = daemon.ask(&["status", "--json"]);
    assert_eq!(code, Some(1));
    let document: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(document["instances"][0]["state"], "fault");
}

#[test]
fn a_refused_reload_prints_why_and_exits_2() {
    let daemon = StandIn::start(InstanceState::Master);
    let (code, _, stderr) = daemon.ask(&["reload"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("vrrpd.yaml:3:5: not like this"), "{stderr}");
    assert!(
        stderr.contains("the old configuration keeps running"),
        "{stderr}"
    );
}

#[test]
fn commands_that_were_done_exit_0_and_refused_ones_1() {
    let daemon = StandIn::start(InstanceState::Master);
    for command in ["drain", "undrain"] {
        let (code, stdout, stderr) = daemon.ask(&[command]);
        assert_eq!(code, Some(0), "{command}: {stderr}");
        assert!(!stdout.is_empty(), "{command} says nothing");
    }
    let (code, _, stderr) = daemon.ask(&["resign"]);
    assert_eq!(
        (code, stderr.as_str()),
        (Some(1), "vrrpd: one is not master\n")
    );
}

#[test]
fn events_are_followed_until_the_daemon_stops() {
    let mut daemon = StandIn::start(InstanceState::Master);
    daemon.events.publish(What::Drain { drained: true });
    let path = daemon.path();
    let mut follower = vrrpd(&["events", "--json", "--since", "0", "--socket"])
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("vrrpd starts");
    let mut lines = BufReader::new(follower.stdout.take().expect("piped")).lines();
    let mut next = || -> serde_json::Value {
        let line = lines.next().expect("a line").expect("text");
        serde_json::from_str(&line).expect("JSON")
    };
    assert_eq!(next()["kind"], "drain");
    daemon.events.publish(What::Drain { drained: false });
    assert_eq!(next()["drained"], false);
    daemon.stop();
    assert_eq!(follower.wait().expect("it ends").code(), Some(3));
}

#[test]
fn a_wrong_command_line_exits_2() {
    for arguments in [&["dance"][..], &["status", "--colour"], &[]] {
        assert_eq!(output(arguments).0, Some(2), "{arguments:?}");
    }
}

#[test]
fn man_prints_the_page_of_the_program_itself() {
    let (code, page, _) = output(&["man"]);
    assert_eq!(code, Some(0));
    assert!(page.contains(".TH vrrpd 8"), "no title in:\n{page}");
}

#[test]
fn schema_is_one_json_schema() {
    let (code, text, _) = output(&["schema"]);
    assert_eq!(code, Some(0));
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(schema["properties"]["instances"]["type"], "array");
}

fn write(directory: &Path, text: &str) -> String {
    let path = directory.join("vrrpd.yaml");
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("text").to_owned()
}

#[test]
fn check_finds_a_good_file_good() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = "instances:\n  - name: one\n    addresses: [192.0.2.20]\n    interface: eth0\n";
    let path = write(directory.path(), text);
    let (code, stdout, stderr) = output(&["check", "--config", &path]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("is good: 1 instance, 0 checks"), "{stdout}");
}

#[test]
fn check_reports_every_error_with_its_place_and_exits_2() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = "instances:\n  - name: one\n    addresses: [192.0.2.20]\n    interface: eth0\n    \
                vrid: 300\n    priorty: 100\n";
    let path = write(directory.path(), text);
    let (code, stdout, stderr) = output(&["check", "--config", &path]);
    assert_eq!(code, Some(2));
    assert_eq!(stdout, "");
    assert!(stderr.contains(&format!("{path}:5:11")), "{stderr}");
    assert!(stderr.contains(&format!("{path}:6:5")), "{stderr}");
    assert!(
        stderr.contains("priority"),
        "the nearest known name in:\n{stderr}"
    );
    assert!(
        !stderr.contains('\x1b'),
        "colour without a terminal: {stderr}"
    );
}

const DOUBTFUL: &str = "instances:\n  - name: one\n    addresses: [192.0.2.20]\n    \
                        interface: eth0\n    lease: 600\n";

#[test]
fn check_takes_warnings_for_errors_when_told_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = write(directory.path(), DOUBTFUL);
    let (code, stdout, stderr) = output(&["check", "--config", &path]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("warning: a lease of 600 s"), "{stderr}");
    assert!(stdout.contains("is good"), "{stdout}");
    let (code, stdout, stderr) = output(&["check", "--deny-warnings", "--config", &path]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(
        stderr.contains("1 warning, and --deny-warnings"),
        "{stderr}"
    );
}

/// The document of `check --json`, with the file's own path left out.
fn verdict(text: &str) -> (Option<i32>, serde_json::Value) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = write(directory.path(), text);
    let (code, stdout, stderr) = output(&["check", "--json", "--config", &path]);
    assert_eq!(stderr, "", "beside the document");
    let text = stdout.replace(&path, "vrrpd.yaml");
    (
        code,
        serde_json::from_str(&text).expect("one JSON document"),
    )
}

#[test]
fn check_json_has_every_field_of_the_documented_shape() {
    let (code, verdict) = verdict(&format!(
        "{DOUBTFUL}    vird: 5\n    vrid: 1\n    vrid: 2\n"
    ));
    assert_eq!(code, Some(2));
    let place = |line: u32, column: u32, end_column: u32| {
        serde_json::json!({"file": "vrrpd.yaml", "line": line, "column": column,
                           "end_line": line, "end_column": end_column})
    };
    let wanted = serde_json::json!({
        "file": "vrrpd.yaml", "usable": false, "errors": 2, "warnings": 1, "summary": null,
        "diagnostics": [
            {"severity": "warning", "key": "instances[0].lease", "location": place(5, 12, 15),
             "message": "a lease of 600 s is long: the others take over after 3.61s",
             "label": "a killed daemon's address stays beside the new master's until then",
             "hint": "write `lease: auto`"},
            {"severity": "error", "key": "instances[0].vird", "location": place(6, 5, 9),
             "message": "\"vird\" is no key of an instance", "label": "did you mean `vrid`?"},
            {"severity": "error", "key": "instances[0].vrid", "location": place(8, 5, 9),
             "message": "\"vrid\" is given twice", "hint": "remove one of the two",
             "related": [{"location": place(7, 5, 9), "message": "first given here"}]},
        ],
    });
    assert_eq!(verdict, wanted, "{verdict:#}");
}

#[test]
fn check_json_of_a_good_file_says_what_is_in_it() {
    let good = "instances: [{name: one, addresses: [192.0.2.20], interface: eth0}]\n";
    let (code, verdict) = verdict(good);
    assert_eq!(code, Some(0));
    assert_eq!(verdict["usable"], true);
    assert_eq!(verdict["summary"], "1 instance, 0 checks");
    assert_eq!(verdict["diagnostics"], serde_json::json!([]));
}

#[test]
fn check_json_names_a_file_that_cannot_be_read_without_a_place() {
    let (code, stdout, _) = output(&["check", "--json", "--config", "/nonexistent/vrrpd.yaml"]);
    assert_eq!(code, Some(2));
    let verdict: serde_json::Value = serde_json::from_str(&stdout).expect("one JSON document");
    let one = &verdict["diagnostics"][0];
    assert!(
        one["location"].is_null()
            && one["message"]
                .as_str()
                .is_some_and(|text| text.contains("/nonexistent")),
        "{verdict:#}"
    );
}

#[test]
fn check_of_a_file_that_is_not_there_exits_2_and_names_it() {
    let (code, _, stderr) = output(&["check", "--config", "/nonexistent/vrrpd.yaml"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("/nonexistent/vrrpd.yaml"), "{stderr}");
}

#[test]
fn run_without_a_capability_exits_1_and_names_it_before_anything_is_touched() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = format!(
        "instances:\n  - name: one\n    addresses: [192.0.2.20]\n    interface: eth0\n\
         control: {{socket: {}/run/s}}\n",
        directory.path().display()
    );
    let path = write(directory.path(), &text);
    let output = Command::new("setpriv")
        .args([
            "--bounding-set",
            "-net_raw",
            env!("CARGO_BIN_EXE_vrrpd"),
            "run",
            "--config",
            &path,
        ])
        .stdin(Stdio::null())
        .output()
        .expect("this test needs setpriv (Debian: util-linux)");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(1),
        "this test needs root: {stderr}"
    );
    assert!(
        stderr.contains("CAP_NET_RAW (to send and receive VRRP)"),
        "{stderr}"
    );
    assert!(!stderr.contains("CAP_NET_ADMIN ("), "{stderr}");
    assert!(
        !directory.path().join("run").exists(),
        "it made the socket's directory"
    );
}

#[test]
fn import_prints_a_config_that_check_accepts_and_lists_what_it_left_out() {
    let conf = "crates/vrrp-config/src/keepalived/tests/fixtures/kubeadm/keepalived.conf";
    let (code, yaml, list) = output(&["import", conf]);
    assert_eq!(code, Some(0), "{list}");
    assert!(list.contains("keepalived.conf:3: router_id"), "{list}");
    let directory = tempfile::tempdir().expect("a directory");
    let file = write(directory.path(), &yaml);
    let (code, _, errors) = output(&["check", "--config", &file]);
    assert_eq!(code, Some(0), "{errors}");
}

#[test]
fn import_never_overwrites_a_file_and_lets_nobody_else_read_a_new_one() {
    use std::os::unix::fs::PermissionsExt;

    let conf = "crates/vrrp-config/src/keepalived/tests/fixtures/kubeadm/keepalived.conf";
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("new.yaml");
    let name = path.to_str().expect("text");
    let (code, printed, list) = output(&["import", conf, "--output", name]);
    assert_eq!((code, printed.as_str()), (Some(0), ""), "{list}");
    let mode = path.metadata().expect("it is there").permissions().mode();
    assert_eq!(mode & 0o007, 0, "{mode:o}");
    let (code, _, error) = output(&["import", conf, "--output", name]);
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("left alone"), "{error}");
}

#[test]
fn import_tells_a_konvoy_file_and_a_manifest_of_kube_vip_by_what_is_in_them() {
    let pod = "crates/vrrp-config/src/kube_vip/fixtures/static-pod.yaml";
    let (code, yaml, list) = output(&["import", pod]);
    assert_eq!(code, Some(0), "{list}");
    assert!(yaml.contains("interface: ens20f0"), "{yaml}");
    assert!(
        list.contains("static-pod.yaml:33: lb_enable=true"),
        "{list}"
    );
    let cluster = "examples/konvoy/cluster.yaml";
    let (code, yaml, list) = output(&["import", cluster]);
    assert_eq!(code, Some(0), "{list}");
    assert!(yaml.contains("vrid: 51"), "{yaml}");
    let inventory = ["--inventory", "examples/konvoy/inventory.yaml"];
    let (code, _, error) = output(&[&["import", pod], &inventory[..]].concat());
    assert_eq!(code, Some(2));
    assert!(error.contains("goes with a Konvoy cluster.yaml"), "{error}");
}

#[test]
fn import_of_something_else_exits_2_and_says_why() {
    let (code, _, error) = output(&["import", "Cargo.toml"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(error.contains("Cargo.toml"), "{error}");
}
