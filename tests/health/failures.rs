//! What an API server can do: end, hang, be sick, be slow, never finish. The VIP leaves, and
//! status says why.

use std::io::Write;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vrrp_lab::{API_PORT, Mode, Result};

use crate::plane::{ControlPlane, http_check, tracking};

#[test]
fn it_ends_in_good_order() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.server("cp1").process().close_stdin();
    plane.leaves_because("connection to 127.0.0.1:6443 refused", "refused")?;
    Ok(())
}

#[test]
fn it_is_killed() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.server("cp1").kill()?;
    plane.leaves_because("connection to 127.0.0.1:6443 refused", "refused")?;
    Ok(())
}

#[test]
fn it_is_stopped_as_by_a_debugger() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.server("cp1").process().stop();
    // The kernel goes on accepting connections for it.
    plane.leaves_because("within 500ms", "tls_timeout")?;
    plane.server("cp1").process().cont();
    plane.cluster.settle("cp1")
}

#[test]
fn it_says_what_is_sick_in_it() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.set("cp1", Mode::Sick)?;
    let status = plane.leaves_because("status 500: [-]etcd failed: reason withheld", "status")?;
    let reason = status["instances"][0]["reason"].to_string();
    assert!(reason.contains("apiserver down"), "{reason}");
    plane.set("cp1", Mode::Healthy)?;
    plane.cluster.settle("cp1")
}

#[test]
fn it_answers_only_after_three_seconds() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.set("cp1", Mode::Slow)?;
    plane.leaves_because("sent no answer within 500ms", "response_timeout")?;
    Ok(())
}

#[test]
fn it_sends_headers_and_then_nothing() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.set("cp1", Mode::Stalled)?;
    plane.leaves_because(
        "status 200 and no complete body within 500ms",
        "response_timeout",
    )?;
    plane.set("cp1", Mode::Healthy)?;
    plane.cluster.settle("cp1")
}

#[test]
fn it_sends_a_body_without_end() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.set("cp1", Mode::Endless)?;
    plane.leaves_because("the body exceeds 65536 bytes", "body_too_large")?;
    plane.set("cp1", Mode::Healthy)?;
    plane.cluster.settle("cp1")
}

/// Something that greets whoever connects, as SSH does, until it is dropped.
struct Greeter {
    end: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Greeter {
    fn start(plane: &ControlPlane) -> Result<Self> {
        let host = plane.cluster.host("cp1");
        let address = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), API_PORT);
        // A socket stays in the namespace it was made in.
        let listener = host.enter(move || TcpListener::bind(address))?;
        let listener = listener.expect("the port is free");
        listener
            .set_nonblocking(true)
            .expect("a listener that polls");
        let end = Arc::new(AtomicBool::new(false));
        let ending = Arc::clone(&end);
        let thread = std::thread::spawn(move || {
            let mut greeted = Vec::new();
            while !ending.load(Ordering::SeqCst) {
                if let Ok((mut stream, _)) = listener.accept() {
                    let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n");
                    greeted.push(stream);
                }
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        Ok(Self {
            end,
            thread: Some(thread),
        })
    }
}

impl Drop for Greeter {
    fn drop(&mut self) {
        self.end.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[test]
fn its_port_is_taken_over_by_something_that_speaks_no_tls() -> Result<()> {
    let plane = ControlPlane::start()?;
    plane.server("cp1").kill()?;
    let _greeter = Greeter::start(&plane)?;
    plane.leaves_because("127.0.0.1:6443 does not speak TLS", "protocol")?;
    Ok(())
}

#[test]
fn its_port_is_taken_over_by_something_that_speaks_no_http() -> Result<()> {
    let check = http_check("http://127.0.0.1:8080/healthz", "200ms", 2);
    let check = check.replace(
        "      tls: {ca: /etc/kubernetes/pki/ca.crt, server_name: kubernetes}\n",
        "",
    );
    let check = check.replace("8080", &API_PORT.to_string());
    let more = tracking("apiserver", &check);
    let lab = vrrp_lab::Lab::new(2)?;
    let plain = |host: &vrrp_lab::Host| plain_server(host);
    let servers: Vec<_> = lab.hosts().iter().map(plain).collect::<Result<_>>()?;
    let cluster = crate::cluster::Cluster::start_in(lab, |_, priority| {
        crate::cluster::config(priority, &more)
    })?;
    let plane = ControlPlane {
        servers: std::collections::BTreeMap::new(),
        cluster,
    };
    plane.wait_checks("cp1", "up")?;
    plane.wait_checks("cp2", "up")?;
    servers[0].kill();
    servers[0].wait_exit(crate::cluster::BOUND)?;
    let _greeter = Greeter::start(&plane)?;
    plane.leaves_because("127.0.0.1:6443 does not speak HTTP", "protocol")?;
    Ok(())
}

/// An HTTP server without TLS.
fn plain_server(host: &vrrp_lab::Host) -> Result<vrrp_lab::Process> {
    let config = format!(
        "daemon off; worker_processes 1; master_process off; pid /run/nginx.pid; error_log stderr;\n\
         events {{ worker_connections 64; }}\n\
         http {{ access_log off; client_body_temp_path /run/body; proxy_temp_path /run/proxy;\n\
         fastcgi_temp_path /run/fastcgi; uwsgi_temp_path /run/uwsgi; scgi_temp_path /run/scgi;\n\
         server {{ listen {API_PORT}; location = /healthz {{ return 200 ok; }} }} }}\n"
    );
    host.write_file("/run/nginx.conf", config)?;
    let nginx = vrrp_lab::Command::new("/usr/sbin/nginx");
    host.spawn(&nginx.args(["-e", "stderr", "-c", "/run/nginx.conf"]))
}
