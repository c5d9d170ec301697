//! The exec probe: no shell of ours, no children left, bounded output.

use std::path::Path;
use std::time::Duration;

use vrrp_check::{Change, CheckSpec, ErrorKind, ExecSpec, ProbeSpec};

use crate::watch::{BOUND, NEVER, Watched, spec};

fn exec(command: &[&str]) -> CheckSpec {
    let command = command.iter().map(|&part| part.to_owned()).collect();
    spec(ProbeSpec::Exec(ExecSpec {
        command,
        user: None,
        environment: Vec::new(),
    }))
}

fn shell(script: &str) -> CheckSpec {
    exec(&["/bin/sh", "-c", script])
}

/// Waits until a process is gone, or only its exit status is left.
async fn gone(pid: &str) {
    let deadline = tokio::time::Instant::now() + BOUND;
    loop {
        let stat =
            std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
        if stat.is_empty()
            || stat
                .rsplit(')')
                .next()
                .is_some_and(|rest| rest.trim_start().starts_with('Z'))
        {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "process {pid} lives on: {stat}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn pid_in(file: &Path) -> String {
    let deadline = tokio::time::Instant::now() + BOUND;
    loop {
        let content = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(pid) = content.strip_suffix('\n') {
            return pid.to_owned();
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "the command never wrote {}",
            file.display()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn code_zero_is_healthy_and_any_other_tells_what_the_command_said() {
    Watched::start(exec(&["/bin/true"])).success().await;
    let text = Watched::start(shell("echo working; echo 'no quorum' >&2; exit 3"))
        .fails_with(ErrorKind::ExecExit)
        .await;
    assert_eq!(text, "/bin/sh ended with code 3; it said: no quorum");
}

#[tokio::test]
async fn a_signal_and_a_missing_program_are_told_apart() {
    Watched::start(shell("kill -9 $$"))
        .fails_with(ErrorKind::ExecSignal)
        .await;
    let text = Watched::start(exec(&["/nonexistent/probe"]))
        .fails_with(ErrorKind::ExecStart)
        .await;
    assert!(text.contains("/nonexistent/probe"), "{text}");
}

#[tokio::test]
async fn arguments_reach_the_command_as_they_are() {
    let mut check = Watched::start(exec(&["/usr/bin/test", "a b; $HOME", "=", "a b; $HOME"]));
    check.success().await;
}

#[tokio::test]
async fn at_the_time_out_the_command_is_killed_with_its_children() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("pid");
    let mut spec = shell(&format!(
        "sleep 1000 & echo $! > {}; echo waiting; wait",
        file.display()
    ));
    spec.timeout = Duration::from_secs(2);
    spec.interval = NEVER;
    let text = Watched::start(spec)
        .fails_with(ErrorKind::ExecTimeout)
        .await;
    assert!(
        text.contains("within 2s") && text.contains("waiting"),
        "{text}"
    );
    gone(&pid_in(&file).await).await;
}

#[tokio::test]
async fn children_left_behind_by_an_orderly_end_are_killed_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("pid");
    let mut spec = shell(&format!("sleep 1000 & echo $! > {}", file.display()));
    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    gone(&pid_in(&file).await).await;
}

#[tokio::test]
async fn a_dropped_check_takes_its_command_with_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("pid");
    let check = Watched::start(shell(&format!(
        "sleep 1000 & echo $! > {}; wait",
        file.display()
    )));
    let pid = pid_in(&file).await;
    drop(check);
    gone(&pid).await;
}

#[tokio::test]
async fn endless_output_neither_blocks_the_command_nor_fills_memory() {
    let mut spec = shell("head -c 3000000 /dev/zero | tr '\\0' x; echo; exit 4");
    spec.interval = NEVER;
    let text = Watched::start(spec).fails_with(ErrorKind::ExecExit).await;
    assert!(text.contains("code 4") && text.len() < 300, "{text}");
    let mut spec = exec(&["/usr/bin/yes"]);
    (spec.timeout, spec.interval) = (Duration::from_millis(500), NEVER);
    let text = Watched::start(spec)
        .fails_with(ErrorKind::ExecTimeout)
        .await;
    assert!(text.ends_with("it said: y"), "{text}");
}

#[tokio::test]
async fn runs_never_overlap() {
    let directory = tempfile::tempdir().expect("a directory");
    let lock = directory.path().join("lock");
    let mut spec = shell(&format!(
        "mkdir {0} || exit 1; sleep 0.05; rmdir {0}",
        lock.display()
    ));
    spec.interval = Duration::from_millis(1);
    let mut check = Watched::start(spec);
    for _ in 0..10 {
        check.success().await;
    }
}

#[tokio::test]
async fn the_environment_tells_the_check_its_state_and_what_the_caller_adds() {
    let mut spec = shell("echo $VRRPD_CHECK $VRRPD_CHECK_STATE $VRRPD_INSTANCE $FIXED; exit 1");
    spec.interval = NEVER;
    if let ProbeSpec::Exec(exec) = &mut spec.probe {
        exec.environment = vec![("FIXED".into(), "yes".into())];
    }
    spec.fall = 1;
    let mut check = Watched::start(spec);
    let text = check.fails_with(ErrorKind::ExecExit).await;
    assert!(text.ends_with("it said: apiserver unknown yes"), "{text}");
    check
        .handle
        .set_environment(vec![("VRRPD_INSTANCE".into(), "control-plane".into())]);
    check.handle.probe_now();
    let text = check.fails_with(ErrorKind::ExecExit).await;
    assert!(
        text.ends_with("it said: apiserver down control-plane yes"),
        "{text}"
    );
}

#[tokio::test]
async fn a_command_can_run_as_an_unprivileged_user() {
    assert!(
        nix::unistd::geteuid().is_root(),
        "this test changes users and needs root"
    );
    let mut spec = shell("test \"$(id -u):$(id -g):$(id -G)\" = 65534:65534:65534");
    if let ProbeSpec::Exec(exec) = &mut spec.probe {
        exec.user = Some((65534, 65534));
    }
    let mut check = Watched::start(spec);
    assert_eq!(check.success().await.change, Some(Change::Up));
}
