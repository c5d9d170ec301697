//! The .rpm: the same files as the .deb, and the same course of a service's life. In the managed
//! tree, which is a Debian with rpm beside its own tools: what runs the scripts is the real rpm.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use vrrp_lab::{Lab, Machine, Result, VIP};

use crate::site::{SOON, config, main_pid, managed_tree, package, rpm};

/// Mode and owner by path, of each file that is not a directory.
type Files = BTreeMap<String, String>;

fn output(program: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(file).output();
    let output = output.unwrap_or_else(|cause| panic!("{program}: {cause}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn files_of_rpm(file: &Path) -> Files {
    let format = "[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\\n]";
    let listed = output(
        "rpm",
        &["--query", "--package", "--queryformat", format],
        file,
    );
    let files = listed.lines().filter(|line| !line.starts_with('d'));
    let files = files.map(|line| {
        let (attributes, path) = line.rsplit_once(' ').expect("a path");
        (path.to_owned(), attributes.to_owned())
    });
    files.collect()
}

fn files_of_deb(file: &Path) -> Files {
    let listed = output("dpkg-deb", &["--contents"], file);
    let files = listed.lines().filter(|line| !line.starts_with('d'));
    let files = files.map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let path = words.last().expect("a path").trim_start_matches('.');
        assert_eq!(words[1], "0/0", "{line}");
        (path.to_owned(), format!("{} root/root", words[0]))
    });
    files.collect()
}

#[test]
#[ignore = "needs rpm: tests/run --full"]
fn both_packages_have_the_same_files() {
    let (mut deb, mut rpm) = (files_of_deb(&package(1)), files_of_rpm(&rpm(1)));
    // What each distribution wants where it looks for it.
    let copyright = deb.remove("/usr/share/doc/vrrpd/copyright");
    assert!(copyright.is_some(), "{deb:?}");
    let completions = deb.remove("/usr/share/zsh/vendor-completions/_vrrpd");
    assert!(completions.is_some(), "{deb:?}");
    assert_eq!(
        rpm.remove("/usr/share/zsh/site-functions/_vrrpd"),
        completions
    );
    // The group of the .deb's is set by its script.
    let configuration = deb.insert(
        "/etc/vrrpd/vrrpd.yaml".to_owned(),
        "-rw-r----- root/vrrpd".to_owned(),
    );
    assert_eq!(configuration.as_deref(), Some("-rw-r----- root/root"));
    assert_eq!(rpm, deb);
    for path in [
        "/usr/bin/vrrpd",
        "/usr/lib/systemd/system/vrrpd.service",
        "/usr/lib/sysusers.d/vrrpd.conf",
        "/usr/lib/tmpfiles.d/vrrpd.conf",
        "/usr/share/man/man8/vrrpd.8.gz",
        "/usr/share/doc/vrrpd/LICENSE",
        "/usr/share/doc/vrrpd/changelog.gz",
    ] {
        assert!(rpm.contains_key(path), "{path} in {rpm:?}");
    }
}

fn take_in(machine: &Machine, revision: u8) -> Result<()> {
    machine.copy_in(&rpm(revision), "/root/vrrpd.rpm")
}

#[test]
#[ignore = "needs rpm: tests/run --full"]
fn the_rpm_installs_upgrades_and_goes_as_the_deb_does() -> Result<()> {
    let lab = Lab::new(1)?;
    let machine = Machine::boot(lab.host("cp1")?, &managed_tree())?;
    take_in(&machine, 1)?;
    machine.must("rpm --install --nodeps /root/vrrpd.rpm")?;
    let state = machine.sh("systemctl is-active vrrpd; systemctl is-enabled vrrpd")?;
    assert_eq!(state.stdout, "inactive\ndisabled\n");
    let mode = machine.must("stat -c '%a %U:%G' /etc/vrrpd /etc/vrrpd/vrrpd.yaml")?;
    assert_eq!(mode, "750 root:vrrpd\n640 root:vrrpd\n");
    let changed = machine.must("rpm --verify --nodeps vrrpd")?;
    assert_eq!(
        changed, "",
        "what is installed differs from what was packed"
    );

    let text = config(0, "100ms");
    machine.write_file("/etc/vrrpd/vrrpd.yaml", text.clone())?;
    machine.must("systemctl enable --now vrrpd")?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;

    let before = main_pid(&machine)?;
    take_in(&machine, 2)?;
    machine.must("rpm --upgrade --nodeps /root/vrrpd.rpm")?;
    assert_ne!(main_pid(&machine)?, before, "the old program still runs");
    let kept = machine.must("cat /etc/vrrpd/vrrpd.yaml")?;
    assert_eq!(kept, text);
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    let release = machine.must("rpm --query --queryformat '%{RELEASE}' vrrpd")?;
    assert_eq!(release.trim(), "2");

    machine.must("rpm --erase --nodeps vrrpd")?;
    assert_eq!(lab.holders(VIP)?, Vec::<String>::new());
    let left = machine.must("find /etc /usr /var/lib /run -xdev -name '*vrrpd*' | sort")?;
    assert_eq!(left, "/etc/vrrpd\n/etc/vrrpd/vrrpd.yaml.rpmsave\n");
    Ok(())
}
