//! The container's image and the static pod: read by tools of the container world, and run with
//! what the pod gives it and nothing else.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Local;
use std::time::Duration;

use serde_json::Value;
use vrrp_lab::{Command, Lab, Result, VIP};

const BOUND: Duration = Duration::from_secs(60);

/// What systemd-nspawn gives a container by itself, but for what the pod gives.
const OTHERS: &str = "CAP_AUDIT_CONTROL,CAP_AUDIT_WRITE,CAP_CHOWN,CAP_DAC_OVERRIDE,\
     CAP_DAC_READ_SEARCH,CAP_FOWNER,CAP_FSETID,CAP_IPC_OWNER,CAP_KILL,CAP_LEASE,\
     CAP_LINUX_IMMUTABLE,CAP_MKNOD,CAP_NET_BIND_SERVICE,CAP_NET_BROADCAST,CAP_SETFCAP,CAP_SETGID,\
     CAP_SETPCAP,CAP_SETUID,CAP_SYS_ADMIN,CAP_SYS_BOOT,CAP_SYS_CHROOT,CAP_SYS_NICE,CAP_SYS_PTRACE,\
     CAP_SYS_RESOURCE,CAP_SYS_TTY_CONFIG";

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn image() -> PathBuf {
    let version = env!("CARGO_PKG_VERSION");
    let arch = std::env::consts::ARCH;
    let path = repository(&format!("target/package/vrrpd-{version}-{arch}.oci.tar"));
    assert!(
        path.exists(),
        "{} is missing: run packaging/build --static and packaging/container/build",
        path.display()
    );
    path
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Local::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|cause| panic!("{program}: {cause}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The container of the static pod, as serde reads it.
fn container() -> Value {
    let text = fs::read_to_string(repository("packaging/kubernetes/vrrpd.yaml")).expect("shipped");
    let pod: Value = serde_yaml::from_str(&text).expect("YAML");
    pod["spec"]["containers"][0].clone()
}

#[test]
#[ignore = "needs skopeo and a static build: tests/run --full"]
fn the_image_is_one_that_container_tools_read() {
    let archive = format!("oci-archive:{}", image().display());
    let inspected = run("skopeo", &["inspect", "--config", &archive]);
    let config: Value = serde_json::from_str(&inspected).expect("JSON");
    assert_eq!(config["os"], "linux");
    assert_eq!(config["config"]["User"], "0:0");
    assert_eq!(config["config"]["Entrypoint"][0], "/usr/bin/vrrpd");
    let labels = &config["config"]["Labels"];
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(labels["org.opencontainers.image.version"], version);
    // The pod asks for this one.
    let wanted = format!("localhost/vrrpd:{version}");
    assert_eq!(container()["image"], wanted.as_str());
    // Copied, every digest is computed anew.
    let directory = tempfile::tempdir().expect("a directory");
    let copy = format!("oci:{}:{version}", directory.path().join("copy").display());
    run("skopeo", &["copy", "--insecure-policy", &archive, &copy]);
}

#[test]
#[ignore = "needs umoci and a static build: tests/run --full"]
fn the_image_serves_with_what_the_static_pod_gives_it() -> Result<()> {
    let pod = container();
    let added = pod["securityContext"]["capabilities"]["add"].as_array();
    let capabilities: Vec<_> = added
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|name| format!("CAP_{name}"))
        .collect();
    assert_eq!(capabilities, ["CAP_NET_ADMIN", "CAP_NET_RAW"]);
    assert_eq!(pod["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(pod["securityContext"]["allowPrivilegeEscalation"], false);

    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let source = format!("oci-archive:{}", image().display());
    let layout = path("layout").display().to_string();
    run(
        "skopeo",
        &[
            "copy",
            "--insecure-policy",
            &source,
            &format!("oci:{layout}:image"),
        ],
    );
    let bundle = path("bundle").display().to_string();
    run(
        "umoci",
        &["unpack", "--image", &format!("{layout}:image"), &bundle],
    );
    // The places that any container runtime makes to mount on.
    for name in ["dev", "proc", "sys", "tmp"] {
        fs::create_dir(path("bundle/rootfs").join(name)).expect("made");
    }
    for name in ["etc", "run"] {
        fs::create_dir(path(name)).expect("made");
    }
    let config = "instances:\n  - name: control-plane\n    addresses: [10.0.50.20]\n    \
                  vrid: 51\n    advert_interval: 100ms\n";
    fs::write(path("etc/vrrpd.yaml"), config).expect("written");

    let lab = Lab::new(1)?;
    let host = lab.host("cp1")?;
    // The program and nothing else: what a missing library or file would be needed for fails here.
    // A lab's host has control groups only once somebody mounts them.
    let start = "[ -e /sys/fs/cgroup/cgroup.procs ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup\n\
                 exec systemd-nspawn \"$@\"";
    let command = Command::new("sh")
        .name("systemd-nspawn")
        .args(["-c", start, "sh"])
        .args(["--quiet", "--register=no", "--keep-unit", "--settings=no"])
        .args(["--console=pipe", "--read-only", "--no-new-privileges=yes"])
        .args(["--resolv-conf=off", "--timezone=off", "--link-journal=no"])
        .args([
            &format!("--drop-capability={OTHERS}"),
            &format!("--capability={}", capabilities.join(",")),
        ])
        .arg("--network-namespace-path=/proc/self/ns/net")
        .arg(format!("--bind-ro={}:/etc/vrrpd", path("etc").display()))
        .arg(format!("--bind={}:/run/vrrpd", path("run").display()))
        .arg(format!("--directory={bundle}/rootfs"))
        .args(["/usr/bin/vrrpd", "run"]);
    let running = host.spawn(&command)?;
    let held = lab.wait_only_holder(VIP, "cp1", BOUND);
    held.inspect_err(|_| println!("{}", running.text()))?;

    // The two probes, as the kubelet runs them: another process in the container.
    let pid = running.pid();
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.expect("a child");
    let leader = children.split_whitespace().next().expect("a child");
    for probe in ["livenessProbe", "readinessProbe"] {
        let words = pod[probe]["exec"]["command"].as_array().expect("a command");
        let words = words.iter().filter_map(Value::as_str);
        let inside = Command::new("nsenter")
            .args(["--target", leader, "--all", "--"])
            .args(words);
        let output = host.output(&inside, BOUND)?;
        assert!(output.status.success(), "{probe}: {}", output.stderr);
    }
    Ok(())
}
