//! Real HTTPS through it: Debian's nginx as API servers, curl as the client, the cluster's own
//! certificates in the checks.

use std::collections::BTreeSet;

use vrrp_lab::{CA_FILE, Command, Host, Lab, Process};

use crate::scene::{BOUND, Scene, backends};
use crate::traffic::{Family, PORT, Result, prepare_client, prepare_host};

/// The server says where it is.
fn nginx(host: &Host) -> Result<Process> {
    let (name, pki) = (host.name(), "/etc/kubernetes/pki");
    let config = format!(
        "daemon off; worker_processes 1; pid /run/nginx.pid; error_log stderr;\n\
         events {{ worker_connections 256; }}\n\
         http {{ access_log off; client_body_temp_path /run/body; proxy_temp_path /run/proxy;\n\
         fastcgi_temp_path /run/fastcgi; uwsgi_temp_path /run/uwsgi; scgi_temp_path /run/scgi;\n\
         server {{ listen {PORT} ssl;\n\
         ssl_certificate {pki}/apiserver.crt; ssl_certificate_key {pki}/apiserver.key;\n\
         location = /healthz {{ return 200 ok; }} location / {{ return 200 {name}; }} }} }}\n"
    );
    host.write_file("/run/nginx.conf", config)?;
    let nginx = Command::new("/usr/sbin/nginx");
    Ok(host.spawn(&nginx.args(["-e", "stderr", "-c", "/run/nginx.conf"]))?)
}

/// What curl gets from the virtual address, its certificate verified.
fn curl(scene: &Scene, client: u16) -> Result<String> {
    let source = scene.family.client(client).to_string();
    let url = format!("https://{}:{PORT}/", scene.family.vip());
    let arguments = [
        "--silent",
        "--show-error",
        "--fail",
        "--max-time",
        "20",
        "--cacert",
        "/run/ca.crt",
        "--interface",
        &source,
        &url,
    ];
    let output = scene
        .lab
        .client()
        .output(&Command::new("curl").args(arguments), BOUND)?;
    if output.status.success() {
        Ok(output.stdout.trim().to_owned())
    } else {
        Err(format!("curl: {output:?}").into())
    }
}

#[test]
fn curl_gets_answers_of_every_nginx_and_none_of_a_stopped_one() -> Result {
    let lab = Lab::builder().ipv6().build()?;
    let mut servers = Vec::new();
    for host in lab.hosts() {
        prepare_host(host)?;
        servers.push(nginx(host)?);
    }
    prepare_client(lab.client())?;
    let ca = lab.host("cp1")?.read_file(CA_FILE)?;
    lab.client().write_file("/run/ca.crt", ca)?;
    let lines = format!(
        "{}    scheduler: round_robin\n    check: {{http: {{url: \"https://{{backend}}/healthz\", \
         tls: {{ca: {CA_FILE}, server_name: kubernetes}}}}, interval: 200ms, timeout: 3s, \
         fall: 2, rise: 2}}\n",
        backends(&lab, Family::V4, &[1, 1, 1])
    );
    let scene = Scene::start_in(lab, Family::V4, &lines)?;
    for host in ["cp1", "cp2", "cp3"] {
        scene.wait_backend("cp1", host, "up")?;
    }
    let answers = |scene: &Scene| -> Result<BTreeSet<String>> {
        (0..6).map(|client| curl(scene, client)).collect()
    };
    let all = ["cp1", "cp2", "cp3"].map(str::to_owned);
    assert_eq!(answers(&scene)?, BTreeSet::from(all.clone()));
    // Its workers end before it does.
    let stopped = servers.remove(1);
    stopped.terminate();
    stopped.wait_exit(BOUND)?;
    let down = scene.wait_backend("cp1", "cp2", "down")?;
    assert!(down.to_string().contains("refused"), "{down}");
    let [one, _, three] = all;
    assert_eq!(answers(&scene)?, BTreeSet::from([one, three]));
    Ok(())
}
