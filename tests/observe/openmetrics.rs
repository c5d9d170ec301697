//! The OpenMetrics text of a running daemon, read by the strict reader of Prometheus' own Python
//! client.

use std::io::Write;
use std::path::Path;
use std::process::{Command as Local, Stdio};

use vrrp_lab::{Command, Lab, Result};

use crate::prometheus::{BOUND, config};

const READ: &str = "import sys\n\
     from prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n\
     print(*(family.name for family in read(sys.stdin.read())))\n";

#[test]
#[ignore = "needs the Python package prometheus-client: tests/run --full"]
fn a_strict_reader_of_openmetrics_has_no_complaint() -> Result<()> {
    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    let daemon = host.start_vrrpd(&config(host.address(), 254))?;
    daemon.wait_state("master", BOUND)?;
    let command = Command::new("curl")
        .args(["--silent", "--fail", "--max-time", "30"])
        .args([
            "--header",
            "Accept: application/openmetrics-text; version=1.0.0",
        ])
        .arg(format!("http://{}:9650/metrics", host.address()));
    let text = lab.client().output(&command, BOUND)?.stdout;
    assert!(text.ends_with("# EOF\n"), "{text}");

    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python");
    let mut reader = Local::new(python)
        .args(["-c", READ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("tests/run --full makes target/python");
    let mut input = reader.stdin.take().expect("piped");
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    let output = reader.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}\n{text}");
    let families = String::from_utf8_lossy(&output.stdout);
    for name in [
        "vrrpd_instance_state",
        "vrrpd_adverts_sent",
        "keepalived_vrrp_state",
    ] {
        assert!(
            families.split_whitespace().any(|one| one == name),
            "{name} in {families}"
        );
    }
    Ok(())
}
