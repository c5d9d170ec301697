//! Debian's nginx as an independent TLS server (package nginx-light).

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;
use vrrp_check::{Change, CheckState, ErrorKind, ProbeError};

use crate::pki::{Authority, Identity};
use crate::watch::{BOUND, NEVER, Watched, with_tls};

const NGINX: &str = "/usr/sbin/nginx";

struct Nginx {
    child: Child,
    port: u16,
    identity: Identity,
    _directory: TempDir,
}

impl Nginx {
    fn start(identity: Identity, listen: &str, more: &str) -> Self {
        assert!(
            Path::new(NGINX).exists(),
            "{NGINX} is missing: install Debian's nginx-light"
        );
        let directory = tempfile::tempdir().expect("a directory");
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .expect("a port")
            .port();
        let here = directory.path().display();
        let (cert, key) = (identity.cert.display(), identity.key.display());
        let config = format!(
            "daemon off; worker_processes 1; pid {here}/pid; error_log stderr;
             events {{ worker_connections 64; }}
             http {{
                 access_log off;
                 client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;
                 uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
                 server {{
                     listen 127.0.0.1:{port} {listen};
                     ssl_certificate {cert}; ssl_certificate_key {key};
                     {more}
                     location = /healthz {{ return 200 'ok'; }}
                     location = /sick {{ return 503 '[-]etcd failed: reason withheld\\n'; }}
                 }}
             }}"
        );
        let file = directory.path().join("nginx.conf");
        std::fs::write(&file, config).expect("write");
        let child = Command::new(NGINX)
            .args(["-p", &here.to_string(), "-e", "stderr", "-c"])
            .arg(&file)
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .expect("nginx starts");
        Self {
            child,
            port,
            identity,
            _directory: directory,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    fn group(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    fn signal_all(&self, signal: Signal) {
        killpg(self.group(), signal).expect("a signal sent");
    }
}

impl Drop for Nginx {
    /// The master ends and reaps its workers; what will not end is killed.
    fn drop(&mut self) {
        let _ = killpg(self.group(), Signal::SIGCONT);
        let _ = kill(self.group(), Signal::SIGTERM);
        let deadline = Instant::now() + BOUND;
        while Instant::now() < deadline {
            if let Ok(Some(_)) = self.child.try_wait() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = killpg(self.group(), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn nginx_is_healthy_over_both_versions_of_http_and_its_death_is_an_event() {
    for listen in ["ssl http2", "ssl"] {
        let authority = Authority::new("the authority");
        let nginx = Nginx::start(authority.kubernetes(), listen, "");
        let mut spec = with_tls(nginx.url("/healthz"), authority.trusting());
        let mut check = Watched::start(spec.clone());
        check.until(Change::Up).await;
        drop(check);

        spec.interval = NEVER;
        let mut check = Watched::start(spec);
        check.success().await;
        nginx.signal_all(Signal::SIGKILL);
        let down = check.until(Change::Down).await;
        let kinds: Vec<_> = down
            .iter()
            .filter_map(|report| report.outcome.as_ref().err().map(ProbeError::kind))
            .collect();
        let prompt = [ErrorKind::Refused, ErrorKind::Reset, ErrorKind::Closed];
        assert!(
            !kinds.is_empty() && kinds.iter().all(|kind| prompt.contains(kind)),
            "{kinds:?}"
        );
    }
}

#[tokio::test]
async fn nginxs_idle_time_out_and_a_reload_with_a_new_certificate_are_no_failures() {
    let authority = Authority::new("the authority");
    let nginx = Nginx::start(authority.kubernetes(), "ssl http2", "keepalive_timeout 1s;");
    let mut spec = with_tls(nginx.url("/healthz"), authority.trusting());
    let mut starting = Watched::start(spec.clone());
    starting.until(Change::Up).await;
    drop(starting);

    spec.interval = NEVER;
    let mut check = Watched::start(spec);
    check.success().await;
    check.success().await;
    let renewed = authority.kubernetes();
    std::fs::copy(&renewed.cert, &nginx.identity.cert).expect("copied");
    std::fs::copy(&renewed.key, &nginx.identity.key).expect("copied");
    kill(nginx.group(), Signal::SIGHUP).expect("a signal sent");
    check.success().await;
    check.success().await;
    assert_eq!(check.state(), CheckState::Up);
}

#[tokio::test]
async fn a_stopped_nginx_is_a_time_out_and_continues_healthy() {
    let authority = Authority::new("the authority");
    let nginx = Nginx::start(authority.kubernetes(), "ssl", "");
    let mut spec = with_tls(nginx.url("/healthz"), authority.trusting());
    spec.timeout = Duration::from_secs(1);
    let mut check = Watched::start(spec);
    check.until(Change::Up).await;
    nginx.signal_all(Signal::SIGSTOP);
    let down = check.until(Change::Down).await;
    let last = down
        .last()
        .expect("a report")
        .outcome
        .clone()
        .expect_err("a failure");
    assert_eq!(
        last.kind(),
        ErrorKind::TlsTimeout,
        "the kernel still accepts: {last}"
    );
    nginx.signal_all(Signal::SIGCONT);
    check.until(Change::Up).await;
}

#[tokio::test]
async fn nginxs_own_errors_are_told_with_their_line() {
    let authority = Authority::new("the authority");
    let nginx = Nginx::start(authority.kubernetes(), "ssl http2", "");
    let mut check = Watched::start(with_tls(nginx.url("/sick"), authority.trusting()));
    loop {
        let error = check.failure().await;
        if error.kind() == ErrorKind::Status {
            assert!(
                error
                    .to_string()
                    .starts_with("status 503: [-]etcd failed: reason withheld"),
                "{error}"
            );
            return;
        }
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    }
}
