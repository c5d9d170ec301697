//! Debian's nginx as an independent TLS server (package nginx-light).

use std::time::Instant;

use nix::sys::signal::Signal;
use vrrp_lab::{API_PORT, Command, Host, Lab, Process, Result};

use crate::cluster::{BOUND, Cluster, config, vip};
use crate::plane::{apiserver, tracking};

fn start(host: &Host, health: &str) -> Result<Process> {
    write_config(host, health)?;
    let nginx = Command::new("/usr/sbin/nginx");
    host.spawn(&nginx.args(["-e", "stderr", "-c", "/run/nginx.conf"]))
}

fn write_config(host: &Host, health: &str) -> Result<()> {
    let pki = "/etc/kubernetes/pki";
    let config = format!(
        "daemon off; worker_processes 1; pid /run/nginx.pid; error_log stderr;\n\
         events {{ worker_connections 64; }}\n\
         http {{ access_log off; client_body_temp_path /run/body; proxy_temp_path /run/proxy;\n\
         fastcgi_temp_path /run/fastcgi; uwsgi_temp_path /run/uwsgi; scgi_temp_path /run/scgi;\n\
         server {{ listen {API_PORT} ssl;\n\
         ssl_certificate {pki}/apiserver.crt; ssl_certificate_key {pki}/apiserver.key;\n\
         location = /healthz {{ {health} }} }} }}\n"
    );
    host.write_file("/run/nginx.conf", config)
}

const TOKEN_FILE: &str = "/etc/vrrpd/token";

struct Plane {
    servers: Vec<Process>,
    cluster: Cluster,
}

fn plane() -> Result<Plane> {
    plane_with("return 200 ok;", &apiserver())
}

fn plane_with(health: &str, check: &str) -> Result<Plane> {
    let lab = Lab::new(2)?;
    for host in lab.hosts() {
        host.write_file(TOKEN_FILE, "first\n")?;
    }
    let servers = lab.hosts().iter().map(|host| start(host, health));
    let servers = servers.collect::<Result<Vec<_>>>()?;
    let more = tracking("apiserver", check);
    let cluster = Cluster::start_in(lab, |_, priority| config(priority, &more))?;
    for host in ["cp1", "cp2"] {
        wait_check(&cluster, host, "up")?;
    }
    Ok(Plane { servers, cluster })
}

fn wait_check(cluster: &Cluster, host: &str, state: &str) -> Result<serde_json::Value> {
    let daemon = cluster.daemon(host);
    daemon.wait_status(&format!("check {state}"), BOUND, |status| {
        status["checks"][0]["state"] == state
    })
}

#[test]
fn a_stopped_nginx_gives_the_vip_away() -> Result<()> {
    let plane = plane()?;
    plane.servers[0].terminate();
    plane.cluster.settle("cp2")?;
    let status = wait_check(&plane.cluster, "cp1", "down")?;
    let error = status["checks"][0]["last_error"].to_string();
    assert!(error.contains("refused"), "{error}");
    Ok(())
}

#[test]
fn a_reload_of_nginx_which_ends_idle_connections_is_no_failure() -> Result<()> {
    let plane = plane()?;
    let since = Instant::now();
    let connected = |plane: &Plane| -> Result<u64> {
        let metrics = plane.cluster.daemon("cp1").metrics()?;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("vrrpd_check_duration_seconds_count{"));
        Ok(line
            .and_then(|line| line.rsplit_once(' ')?.1.parse().ok())
            .unwrap_or(0))
    };
    for _ in 0..3 {
        let before = connected(&plane)?;
        plane.servers[0].signal(Signal::SIGHUP);
        let lab = &plane.cluster.lab;
        lab.wait_until("probes after the reload", BOUND, || {
            connected(&plane).is_ok_and(|now| now >= before + 3)
        })?;
    }
    let status = wait_check(&plane.cluster, "cp1", "up")?;
    assert!(status["checks"][0]["last_error"].is_null(), "{status}");
    let moves = plane.cluster.moves(since);
    assert!(moves.is_empty(), "{moves:?}");
    assert_eq!(plane.cluster.lab.holders(vip())?, ["cp1"]);
    Ok(())
}

#[test]
fn a_redirect_is_a_failure_that_says_where_to() -> Result<()> {
    let plane = plane()?;
    write_config(
        plane.cluster.host("cp1"),
        "return 302 https://login.example/healthz;",
    )?;
    plane.servers[0].signal(Signal::SIGHUP);
    plane.cluster.settle("cp2")?;
    let status = wait_check(&plane.cluster, "cp1", "down")?;
    let error = status["checks"][0]["last_error"].to_string();
    assert!(
        error.contains("status 302 redirects to https://login.example/healthz"),
        "{error}"
    );
    Ok(())
}

#[test]
fn a_token_comes_from_its_file_anew_for_each_probe() -> Result<()> {
    let check = apiserver().replace(
        "      tls:",
        "      headers: {Authorization: \"Bearer ${file:/etc/vrrpd/token}\"}\n      tls:",
    );
    let wanting = |token: &str| {
        format!(
            "if ($http_authorization != \"Bearer {token}\") {{ return 401 'no such token'; }} \
             return 200 ok;"
        )
    };
    let plane = plane_with(&wanting("first"), &check)?;
    let host = plane.cluster.host("cp1");
    write_config(host, &wanting("second"))?;
    plane.servers[0].signal(Signal::SIGHUP);
    plane.cluster.settle("cp2")?;
    let status = wait_check(&plane.cluster, "cp1", "down")?;
    let error = status["checks"][0]["last_error"].to_string();
    let wanted = "status 401: no such token (the check may need a client certificate or a token)";
    assert!(error.contains(wanted), "{error}");
    host.write_file(TOKEN_FILE, "second\n")?;
    plane.cluster.settle("cp1")
}
