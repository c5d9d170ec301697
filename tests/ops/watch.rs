//! `vrrpd status` on a terminal: what `--watch` draws, for whom there are colours, and what those
//! read who may not ask.

use std::time::Duration;

use vrrp_lab::{Command, Host, Lab, Process, Result, User, VIP, tools};

const BOUND: Duration = Duration::from_secs(30);
const ROWS: usize = 20;
const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";

fn config() -> String {
    format!(
        "instances:\n  - name: one\n    addresses: [{VIP}]\n    interface: ens20f0\n    vrid: 51\n    \
         priority: 250\n    advert_interval: 100ms\n"
    )
}

/// `vrrpd status --watch` on a terminal of 80 columns; what it writes goes to /run/screen.
fn watch(host: &Host, no_colour: &str) -> Result<Process> {
    let script = format!("stty rows {ROWS} cols 80; exec \"$VRRPD\" status --watch");
    let command = Command::new("script")
        .args(["-q", "-e", "-f", "-c", &script, "/run/screen"])
        .env("VRRPD", tools::vrrpd()?)
        .env("TERM", "xterm")
        .env("NO_COLOR", no_colour);
    host.spawn(&command)
}

fn screen(host: &Host) -> String {
    host.read_file("/run/screen").unwrap_or_default()
}

/// The lines of each whole picture, without colours and control sequences.
fn pictures(screen: &str) -> Vec<Vec<String>> {
    let whole = screen.split(BEGIN).skip(1);
    let whole = whole.filter_map(|rest| Some(rest.split_once(END)?.0));
    whole
        .map(|picture| picture.split("\r\n").map(plain).collect())
        .collect()
}

fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut parts = line.split("\x1b[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
        plain.push_str(&part[end + 1..]);
    }
    plain
}

/// Waits until the newest picture has a line with all of `words`.
fn wait_line(lab: &Lab, host: &Host, words: &[&str]) -> Result<()> {
    lab.wait_until(&format!("a picture with {words:?}"), BOUND, || {
        let pictures = pictures(&screen(host));
        let newest = pictures.last().into_iter().flatten();
        newest
            .into_iter()
            .any(|line| words.iter().all(|word| line.contains(word)))
    })
}

#[test]
fn watching_draws_over_the_last_picture_with_the_last_changes_and_outlives_the_daemon() -> Result<()>
{
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config())?;
    daemon.wait_state("master", BOUND)?;
    let watching = watch(host, "")?;
    wait_line(&lab, host, &["master", "one", "this host", "10.0.50.20"])?;
    wait_line(&lab, host, &["STATE", "CHANGED", "AGO", "FROM", "BECAUSE"])?;
    daemon.post("drain")?;
    wait_line(&lab, host, &["drained: this host stays backup"])?;
    wait_line(&lab, host, &["backup", "one", "master", "s "])?;
    daemon.terminate(BOUND)?;
    wait_line(&lab, host, &["vrrpd:", "no vrrpd listens on"])?;
    let again = host.start_vrrpd(&config())?;
    again.wait_state("backup", BOUND)?;
    again.post("undrain")?;
    wait_line(&lab, host, &["master", "one", "this host"])?;
    // What a terminal makes of Ctrl-C.
    watching.write_line("\x03")?;
    let ended = watching.wait_exit(BOUND)?;
    assert!(ended.success(), "{ended:?}");

    let screen = screen(host);
    assert!(!screen.contains("\x1b[2J"), "the screen was cleared");
    let start = screen.find("\x1b[?1049h\x1b[?25l").expect("its own screen");
    let (_, left) = screen.split_once("\x1b[?25h\x1b[?1049l").expect("and back");
    assert!(start < screen.find(BEGIN).expect("a picture"));
    assert!(
        left.contains("this host"),
        "the last picture is left behind: {left:?}"
    );
    for picture in pictures(&screen) {
        assert!(picture.len() <= ROWS, "{picture:#?}");
        for line in &picture {
            assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
        }
    }
    for picture in screen.split(BEGIN).skip(1) {
        assert!(picture.starts_with("\x1b[H"), "{picture:?}");
    }
    Ok(())
}

#[test]
fn colours_are_for_terminals_of_those_who_want_them() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config())?;
    daemon.wait_state("master", BOUND)?;
    for (no_colour, coloured) in [("", true), ("1", false)] {
        let watching = watch(host, no_colour)?;
        wait_line(&lab, host, &["master", "this host"])?;
        let colours = screen(host).contains("\x1b[1m\x1b[32mmaster");
        assert_eq!(colours, coloured, "{:?}", screen(host));
        watching.write_line("\x03")?;
        watching.wait_exit(BOUND)?;
        host.write_file("/run/screen", "")?;
    }
    let piped = host.vrrpd_command(&["status"], BOUND)?;
    assert!(!piped.stdout.contains('\x1b'), "{piped:?}");
    Ok(())
}

#[test]
fn who_may_not_ask_is_told_which_group_to_join() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config())?;
    daemon.wait_state("master", BOUND)?;
    let status = Command::new(tools::vrrpd()?)
        .args(["status"])
        .user(User::NOBODY);
    let refused = host.output(&status, BOUND)?;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let words = "permission denied on /run/vrrpd/vrrpd.sock: run this as root or as a member of the \
                 group vrrpd";
    assert!(refused.stderr.contains(words), "{refused:?}");
    daemon.terminate(BOUND)?;
    let gone = host.vrrpd_command(&["status"], BOUND)?;
    assert_eq!(gone.status.code(), Some(3), "{gone:?}");
    assert!(gone.stderr.contains("no vrrpd listens on"), "{gone:?}");
    Ok(())
}
