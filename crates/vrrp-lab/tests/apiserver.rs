//! The stand-in API server: every way to be well or ill, over real TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use vrrp_lab::{
    API_PORT, ApiServer, CA_FILE, Certificate, Command, Host, Lab, LabError, Mode, Result, VIP,
};

const BOUND: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(300);
const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), API_PORT);

fn healthz(host: &Host, bound: Duration) -> Result<(u16, String)> {
    let response = host.https_get(LOCAL, "/healthz", bound)?;
    Ok((response.status, response.body))
}

fn why(error: LabError) -> String {
    match error {
        LabError::Http { why, .. } => why,
        other => other.to_string(),
    }
}

#[test]
fn it_is_healthy_sick_hung_and_dead_as_told() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let server = ApiServer::start(host)?;
    assert_eq!(healthz(host, BOUND)?, (200, "ok".to_owned()));
    server.set_mode(Mode::Sick)?;
    let (status, body) = healthz(host, BOUND)?;
    assert_eq!(status, 500);
    assert!(body.contains("[-]etcd failed: reason withheld"), "{body}");
    server.set_mode(Mode::Hung)?;
    let error = why(healthz(host, SHORT).expect_err("no answer"));
    assert!(error.contains("no answer within"), "{error}");
    server.set_mode(Mode::Dead)?;
    let error = why(healthz(host, BOUND).expect_err("refused"));
    assert!(error.contains("refused"), "{error}");
    server.set_mode(Mode::Healthy)?;
    assert_eq!(healthz(host, BOUND)?, (200, "ok".to_owned()));
    server.kill()?;
    let error = why(healthz(host, BOUND).expect_err("refused"));
    assert!(error.contains("refused"), "{error}");
    assert_eq!(server.mode(), Mode::Dead);
    Ok(())
}

#[test]
fn connections_that_are_open_when_it_dies_are_reset() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let server = ApiServer::start(host)?;
    let mut open = host
        .enter(|| std::net::TcpStream::connect(LOCAL))?
        .expect("a connection");
    // Answered, so the server has accepted the other connection before.
    healthz(host, BOUND)?;
    server.set_mode(Mode::Dead)?;
    let error = std::io::Read::read(&mut open, &mut [0; 1]).expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    Ok(())
}

#[test]
fn curl_trusts_it_by_the_authority_in_the_usual_place() -> Result<()> {
    let lab = Lab::builder().hosts(1).ipv6().build()?;
    let host = lab.host("cp1")?;
    let _server = ApiServer::start(host)?;
    for url in [
        "https://127.0.0.1:6443/whoami",
        "https://[fd00:50::11]:6443/whoami",
    ] {
        let command = Command::new("curl").args(["-sS", "--cacert", CA_FILE, url]);
        let output = host.output(&command, BOUND)?;
        assert_eq!(output.stdout.trim_end(), "cp1", "{output:?}");
    }
    Ok(())
}

#[test]
fn it_may_want_a_client_certificate() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let _server = ApiServer::start_on(host, LOCAL, true)?;
    let curl = Command::new("curl").args(["-sS", "--cacert", CA_FILE]);
    let url = "https://127.0.0.1:6443/healthz";
    let output = host.output(&curl.clone().arg(url), BOUND)?;
    assert!(!output.status.success(), "{output:?}");
    let with = curl
        .args(["--cert", "/etc/kubernetes/pki/healthcheck.crt"])
        .args(["--key", "/etc/kubernetes/pki/healthcheck.key", url]);
    assert_eq!(host.output(&with, BOUND)?.stdout.trim_end(), "ok");
    Ok(())
}

#[test]
fn the_client_sees_through_the_vip_which_server_answers_and_when_none_does() -> Result<()> {
    let lab = Lab::new(2)?;
    let servers = lab
        .hosts()
        .iter()
        .map(ApiServer::start)
        .collect::<Result<Vec<_>>>()?;
    lab.host("cp1")?.add_address(VIP.into(), 32)?;
    let target = SocketAddr::new(VIP.into(), API_PORT);
    let prober = lab.probe_https(target, Duration::from_millis(10))?;
    let answered =
        |least: u64| lab.wait_until("answers", BOUND, || prober.report().answered >= least);
    answered(5)?;
    assert_eq!(
        lab.client().https_get(target, "/whoami", BOUND)?.body,
        "cp1"
    );
    servers[0].set_mode(Mode::Dead)?;
    lab.wait_until("refused connections", BOUND, || {
        prober
            .report()
            .failures
            .iter()
            .any(|why| why.contains("refused"))
    })?;
    servers[0].set_mode(Mode::Healthy)?;
    let so_far = prober.report().answered;
    answered(so_far + 5)?;
    let report = prober.stop();
    assert_eq!(report.gaps.len(), 1, "{report:?}");
    assert!(report.gaps[0].end.is_some(), "{report:?}");
    Ok(())
}

#[test]
fn it_may_be_slow_stall_or_never_end() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let server = ApiServer::start(host)?;
    let curl = Command::new("curl")
        .args(["-sS", "--max-time", "1", "--cacert", CA_FILE])
        .args(["--write-out", "%{http_code} %{size_download}"])
        .args(["--output", "/dev/null", "https://127.0.0.1:6443/healthz"]);
    for (mode, code, received) in [
        (Mode::Slow, "000", 0..1),
        (Mode::Stalled, "200", 0..1),
        (Mode::Endless, "200", 1_000_000..u64::MAX),
    ] {
        server.set_mode(mode)?;
        let output = host.output(&curl, BOUND)?;
        let (status, size) = output.stdout.split_once(' ').expect("two words");
        assert_eq!(status, code, "{mode:?}: {output:?}");
        let size: u64 = size.trim().parse().expect("a number");
        assert!(received.contains(&size), "{mode:?}: {output:?}");
    }
    server.set_mode(Mode::Healthy)?;
    assert_eq!(healthz(host, BOUND)?, (200, "ok".to_owned()));
    Ok(())
}

#[test]
fn it_shows_another_certificate_as_told() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let server = ApiServer::start(host)?;
    let curl = Command::new("curl")
        .args(["-sS", "--cacert", CA_FILE])
        .arg("https://127.0.0.1:6443/healthz");
    for (certificate, complaint) in [
        (Certificate::Expired, "expired"),
        (Certificate::OtherName, "127.0.0.1"),
        // A signature that fits no key: the two authorities bear the same name.
        (Certificate::OtherIssuer, "curl"),
    ] {
        server.rotate(certificate)?;
        let output = host.output(&curl, BOUND)?;
        assert!(!output.status.success(), "{certificate:?}: {output:?}");
        assert!(output.stderr.contains(complaint), "{output:?}");
    }
    server.rotate(Certificate::Good)?;
    assert_eq!(host.output(&curl, BOUND)?.stdout.trim_end(), "ok");
    Ok(())
}
