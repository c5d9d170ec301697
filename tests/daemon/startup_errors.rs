//! What this host refuses is said before anything is touched.

use std::net::TcpListener;

use vrrp_lab::{CONFIG_FILE, Command, Host, Lab, Output, Result, User, tools};

use crate::cluster::{BOUND, config, fingerprint, vip};

/// Runs the daemon, which has to refuse with all of `words` and exit code 1; nothing is touched.
fn refuses(lab: &Lab, run: impl Fn(&Host) -> Result<Output>, words: &[&str]) -> Result<()> {
    let host = lab.host("cp1")?;
    let before = fingerprint(host)?;
    let output = run(host)?;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    for word in words {
        assert!(output.stderr.contains(word), "{word} in {output:?}");
    }
    let said = output
        .stderr
        .lines()
        .filter(|line| line.starts_with("vrrpd: "));
    assert_eq!(said.count(), 1, "one error, by name: {output:?}");
    // The lock file beside the socket may stay: it is what keeps two daemons apart.
    let after = fingerprint(host)?.replace("/run/vrrpd/vrrpd.sock.lock\n", "");
    assert_eq!(after, before);
    assert!(lab.capture().adverts().is_empty());
    assert!(lab.capture().announcements_of(vip()).is_empty());
    Ok(())
}

/// The binary where any user can reach it: the repository may be root's own.
fn exposed_binary(host: &Host) -> Result<&'static str> {
    const PLACE: &str = "/run/vrrpd-under-test";
    host.write_file(PLACE, "")?;
    let mount = Command::new("mount")
        .arg("--bind")
        .arg(tools::vrrpd()?)
        .arg(PLACE);
    let output = host.output(&mount, BOUND)?;
    assert!(output.status.success(), "{output:?}");
    Ok(PLACE)
}

#[test]
fn an_ordinary_user_is_told_which_capabilities_are_missing() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let binary = exposed_binary(host)?;
    refuses(
        &lab,
        |host| {
            let command = Command::new("setpriv")
                .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                .args([
                    "--inh-caps=-all",
                    "--bounding-set=-all",
                    "--",
                    binary,
                    "run",
                ]);
            host.output(&command, BOUND)
        },
        &["CAP_NET_ADMIN", "CAP_NET_RAW", "setcap"],
    )
}

#[test]
fn one_missing_capability_is_named_alone() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let binary = tools::vrrpd()?;
    let run = |host: &Host| {
        let command = Command::new("setpriv")
            .args(["--inh-caps=-all", "--bounding-set=-all,+net_admin", "--"])
            .arg(&binary)
            .arg("run");
        host.output(&command, BOUND)
    };
    refuses(&lab, run, &["CAP_NET_RAW (to send and receive VRRP)"])?;
    assert!(!run(host)?.stderr.contains("CAP_NET_ADMIN ("));
    Ok(())
}

#[test]
fn an_interface_that_is_not_there_is_named_beside_those_that_are() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, "").replace("ens20f0", "eth7"))?;
    refuses(
        &lab,
        |host| host.vrrpd_command(&["run"], BOUND),
        &["control-plane", "eth7", "ens20f0"],
    )
}

#[test]
fn a_metrics_port_in_use_is_named() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    let _taken = host
        .enter(|| TcpListener::bind("127.0.0.1:9650"))?
        .expect("a free port");
    refuses(
        &lab,
        |host| host.vrrpd_command(&["run"], BOUND),
        &["127.0.0.1:9650", "in use", "metrics"],
    )
}

#[test]
fn a_metrics_address_of_another_host_is_named() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let more = "metrics: {listen: \"10.0.50.12:9650\"}\n";
    host.write_file(CONFIG_FILE, config(100, more))?;
    refuses(
        &lab,
        |host| host.vrrpd_command(&["run"], BOUND),
        &["10.0.50.12:9650", "metrics"],
    )
}

#[test]
fn a_file_in_place_of_the_socket_is_left_alone() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    host.write_file(CONFIG_FILE, config(100, ""))?;
    host.write_file("/run/vrrpd/vrrpd.sock", "precious")?;
    refuses(
        &lab,
        |host| host.vrrpd_command(&["run"], BOUND),
        &["/run/vrrpd/vrrpd.sock", "no socket"],
    )?;
    assert_eq!(host.read_file("/run/vrrpd/vrrpd.sock")?, "precious");
    Ok(())
}

#[test]
fn a_directory_that_is_not_the_users_own_is_named() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let more = "control: {socket: /run/lock/vrrpd.sock}\n";
    host.write_file(CONFIG_FILE, config(100, more))?;
    refuses(
        &lab,
        |host| {
            let run = Command::new(tools::vrrpd()?).arg("run").user(User::NOBODY);
            host.output(&run, BOUND)
        },
        &["/run/lock/vrrpd.sock", "ermission denied"],
    )
}
