//! The metrics as text, judged by Prometheus' own tool, and what the port answers.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Exposition, Names, bind, render, serve};
use crate::http::Limits;
use crate::testing;
use crate::view::DaemonView;

/// Samples by name with labels, as written.
fn samples(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').expect("a sample has a value"))
        .collect()
}

#[test]
fn promtool_finds_no_fault_with_the_classic_text() {
    let text = render(&testing::view(), Names::Own, Exposition::Classic);
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test needs promtool (Debian: prometheus)");
    promtool
        .stdin
        .take()
        .expect("piped")
        .write_all(text.as_bytes())
        .expect("promtool reads");
    let output = promtool.wait_with_output().expect("promtool ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{text}");
    assert_eq!(said, "", "promtool had something to say about:\n{text}");
}

#[test]
fn every_name_of_the_contract_is_there() {
    let text = render(&testing::view(), Names::Own, Exposition::OpenMetrics);
    let families: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    insta::assert_snapshot!(families.join("\n"));
}

#[test]
fn samples_carry_the_identity_of_their_instance() {
    let text = render(&testing::view(), Names::Own, Exposition::OpenMetrics);
    let samples = samples(&text);
    let identity = r#"instance="control-plane",interface="ens20f0",vrid="51""#;
    for (name, labels, value) in [
        ("vrrpd_instance_state", "", "2"),
        ("vrrpd_adverts_sent_total", "", "42"),
        ("vrrpd_adverts_dropped_total", r#",reason="checksum""#, "3"),
        ("vrrpd_adverts_dropped_total", r#",reason="ttl""#, "0"),
        ("vrrpd_transitions_total", r#",to="master""#, "1"),
        (
            "vrrpd_announcements_sent_total",
            r#",kind="gratuitous_arp""#,
            "10",
        ),
        (
            "vrrpd_checksum_form_received_total",
            r#",form="rfc5798""#,
            "0",
        ),
        (
            "vrrpd_last_transition_timestamp_seconds",
            "",
            "1769860800.0",
        ),
        (
            "vrrpd_advert_lateness_seconds_bucket",
            r#",le="0.0005""#,
            "1",
        ),
    ] {
        // The bound of a bucket stands before the family's labels.
        let written = match labels.strip_prefix(",le=") {
            Some(bound) => format!("{name}{{le={bound},{identity}}}"),
            None => format!("{name}{{{identity}{labels}}}"),
        };
        assert_eq!(
            samples.get(written.as_str()),
            Some(&value),
            "{written} in\n{text}"
        );
    }
    assert_eq!(
        samples[r#"vrrpd_adverts_dropped_total{reason="unknown_vrid"}"#],
        "7"
    );
    assert_eq!(samples[r#"vrrpd_check_up{check="apiserver"}"#], "0");
    let failures = |check, kind| {
        samples[format!(r#"vrrpd_check_failures_total{{check="{check}",kind="{kind}"}}"#).as_str()]
    };
    assert_eq!(failures("apiserver", "refused"), "2");
    assert_eq!(failures("apiserver", "tls_expired"), "0");
    assert_eq!(failures("etcd", "refused"), "0");
    let last = r#"vrrpd_check_last_error{check="apiserver",kind="refused"}"#;
    assert_eq!(samples[last], "1");
    assert!(
        !samples.contains_key(r#"vrrpd_check_up{check="etcd"}"#),
        "it is unknown"
    );
    let heard =
        |peer| format!("vrrpd_peer_last_heard_timestamp_seconds{{{identity},peer=\"{peer}\"}}");
    assert!(samples.contains_key(heard("10.0.50.12").as_str()), "{text}");
    assert!(
        !samples.contains_key(heard("10.0.50.13").as_str()),
        "it was never heard"
    );
    assert!(
        text.contains(r#"instance="say \"v6\"""#),
        "quotes are escaped:\n{text}"
    );
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn no_counter_has_the_state_as_a_label_and_the_process_is_described() {
    let text = render(&testing::view(), Names::Own, Exposition::Classic);
    assert!(!text.contains("state=\""), "{text}");
    let samples = samples(&text);
    for name in [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        "process_start_time_seconds",
    ] {
        let value: f64 = samples[name].parse().expect("a number");
        assert!(
            value > 0.0 || name == "process_cpu_seconds_total",
            "{name} {value}"
        );
    }
}

async fn port(view: &Arc<DaemonView>, limits: Limits) -> SocketAddr {
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("any free port");
    let address = listener.local_addr().expect("it has one");
    tokio::spawn(serve(listener, Arc::clone(view), Names::Own, limits));
    address
}

async fn request(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(text.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("it answers and closes");
    answer
}

#[tokio::test]
async fn metrics_come_in_the_format_the_client_asks_for() {
    let address = port(&testing::view(), Limits::default()).await;
    let classic = request(address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(
        classic.contains("content-type: text/plain; version=0.0.4"),
        "{classic}"
    );
    assert!(
        classic.contains("# TYPE vrrpd_adverts_sent_total counter"),
        "{classic}"
    );
    let openmetrics = request(
        address,
        "GET /metrics HTTP/1.1\r\nHost: x\r\n\
         Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n",
    )
    .await;
    assert!(
        openmetrics.contains("content-type: application/openmetrics-text"),
        "{openmetrics}"
    );
    assert!(
        openmetrics.contains("# TYPE vrrpd_adverts_sent counter"),
        "{openmetrics}"
    );
}

#[tokio::test]
async fn health_follows_the_heartbeat_of_the_protocol_thread() {
    let view = testing::view();
    let address = port(&view, Limits::default()).await;
    let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let before = request(address, get).await;
    assert!(before.starts_with("HTTP/1.1 503"), "{before}");
    view.protocol_heartbeat.touch();
    let after = request(address, get).await;
    assert!(
        after.starts_with("HTTP/1.1 200") && after.ends_with("ok\n"),
        "{after}"
    );
}

#[tokio::test]
async fn status_is_the_same_document_as_on_the_control_socket() {
    let view = testing::view();
    let address = port(&view, Limits::default()).await;
    let answer = request(address, "GET /status HTTP/1.1\r\nHost: x\r\n\r\n").await;
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    let document: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(document["instances"][0]["state"], "master");
}

#[tokio::test]
async fn the_page_is_whole_in_itself_and_may_load_nothing_from_elsewhere() {
    let address = port(&testing::view(), Limits::default()).await;
    let get = |path: String| async move {
        request(address, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await
    };
    let page = get("/".into()).await;
    let linked: Vec<_> = page
        .split(['"', '\''])
        .skip_while(|part| !part.contains("<html"))
        .collect();
    let linked = linked.windows(2).filter_map(|pair| {
        let attribute = pair[0].trim_end().rsplit([' ', '<']).next()?;
        matches!(attribute, "href=" | "src=").then_some(pair[1])
    });
    let linked: Vec<_> = linked.collect();
    for part in ["page.css", "page.js", "icon.svg", "status"] {
        assert!(linked.contains(&part), "{part} among {linked:?}");
    }
    for path in linked {
        let answer = get(format!("/{path}")).await;
        let health = path == "healthz";
        assert!(
            answer.starts_with("HTTP/1.1 200") || health,
            "{path}: {answer}"
        );
    }
    for path in ["/", "/page.css", "/page.js", "/icon.svg"] {
        let answer = get(path.into()).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        for header in [
            "content-security-policy: default-src 'none'; ",
            "x-content-type-options: nosniff",
            "x-frame-options: DENY",
            "referrer-policy: no-referrer",
        ] {
            assert!(head.contains(header), "{path}: {header} in {head}");
        }
        assert!(!head.contains("unsafe"), "{path}: {head}");
        let elsewhere = body.replace("http://www.w3.org/2000/svg", "");
        assert!(
            !elsewhere.contains("//www") && !elsewhere.contains("http"),
            "{path}"
        );
        assert!(
            !body.contains("innerHTML") && !body.contains("style="),
            "{path}"
        );
    }
}

#[tokio::test]
async fn nothing_on_this_port_changes_state() {
    let address = port(&testing::view(), Limits::default()).await;
    for path in [
        "/",
        "/page.js",
        "/metrics",
        "/status",
        "/healthz",
        "/v1/drain",
        "/v1/reload",
        "/v1/resign",
    ] {
        let text = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        let answer = request(address, &text).await;
        assert!(
            answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 405"),
            "{path}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_is_cut_off() {
    let limits = Limits {
        connections: 1,
        header_deadline: Duration::from_millis(100),
        ..Limits::default()
    };
    let address = port(&testing::view(), limits).await;
    let answer = request(address, "GET /metrics HTTP/1.1\r\nHost:").await;
    assert!(!answer.contains("vrrpd_instance_state"), "{answer}");
}
