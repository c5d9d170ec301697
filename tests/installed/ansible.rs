//! The Ansible role, run as people run it: over SSH, from another machine, host after host; and by
//! each host for itself, with Debian's own Ansible, over its local connection.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use vrrp_lab::{Command, Lab, Machine, Output, Result, VIP};

use crate::site::{SOON, managed_tree, package};

/// For a play over three hosts on a busy machine.
const PLAY: Duration = Duration::from_secs(300);

/// Far more than a handover takes, far less than Master_Down_Interval, 3 s.
const HANDOVER: Duration = Duration::from_millis(1500);

fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// `refresh` is the time between announcements.
fn inventory(hosts: &str, connection: &str, package: &Path, refresh: &str) -> String {
    format!(
        "vrrpd:\n  hosts:\n{hosts}  vars:\n    {connection}\n    ansible_become: false\n    \
         vrrpd_package: {}\n    vrrpd_users: [nobody]\n    vrrpd_config:\n      instances:\n        \
         - name: control-plane\n          addresses: [10.0.50.20]\n          vrid: 51\n          \
         announce: {{refresh: {refresh}}}\n",
        package.display()
    )
}

/// The machine that runs Ansible: a directory with a key and an inventory, on the lab's client.
struct Controller<'a> {
    lab: &'a Lab,
    home: tempfile::TempDir,
}

impl<'a> Controller<'a> {
    fn new(lab: &'a Lab) -> Result<Self> {
        let home = tempfile::tempdir().expect("a directory");
        let key = home.path().join("key");
        let command = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&key);
        let made = lab.client().output(&command, SOON)?;
        assert!(made.status.success(), "{}", made.stderr);
        Ok(Self { lab, home })
    }

    /// A host that lets this key in.
    fn boot(&self, place: usize) -> Result<Machine> {
        let machine = Machine::boot(&self.lab.hosts()[place], &managed_tree())?;
        let key = fs::read(self.home.path().join("key.pub")).expect("made");
        machine.write_file("/root/.ssh/authorized_keys", key)?;
        machine.must("ssh-keygen -A && systemctl start ssh")?;
        Ok(machine)
    }

    /// Runs the shipped playbook with `refresh` as the time between announcements.
    fn play(&self, revision: u8, refresh: &str, arguments: &[&str]) -> Result<Output> {
        let path = |name: &str| self.home.path().join(name);
        let package_file = path(&format!("vrrpd_{revision}.deb"));
        fs::copy(package(revision), &package_file).expect("prepared");
        let hosts: Vec<_> = (0..self.lab.hosts().len())
            .map(|place| {
                let address = self.lab.hosts()[place].address();
                format!("    {address}: {{vrrpd_priority: {}}}\n", 254 - place)
            })
            .collect();
        let inventory = inventory(
            &hosts.concat(),
            "ansible_user: root",
            &package_file,
            refresh,
        );
        fs::write(path("inventory.yml"), inventory).expect("written");
        let command = Command::new(repository("target/python/bin/ansible-playbook"))
            .args(["--inventory", &path("inventory.yml").to_string_lossy()])
            .arg(repository("packaging/ansible/vrrpd.yml"))
            .args(arguments)
            .env(
                "ANSIBLE_CONFIG",
                repository("packaging/ansible/ansible.cfg"),
            )
            .env("ANSIBLE_PRIVATE_KEY_FILE", path("key"))
            .env("ANSIBLE_HOST_KEY_CHECKING", "False")
            .env("ANSIBLE_PIPELINING", "True")
            .env("ANSIBLE_NOCOLOR", "True")
            .env("HOME", self.home.path())
            .env("LC_ALL", "C.UTF-8");
        self.lab.client().output(&command, PLAY)
    }

    fn plays_well(&self, revision: u8, refresh: &str, arguments: &[&str]) -> Result<String> {
        let output = self.play(revision, refresh, arguments)?;
        let text = output.stdout + &output.stderr;
        assert!(output.status.success(), "{text}");
        Ok(text)
    }
}

/// How many of the hosts the recap says were changed.
fn changed(text: &str) -> usize {
    let recap = text.split_once("PLAY RECAP").expect("a recap").1;
    let hosts = recap.lines().filter(|line| line.contains("changed="));
    hosts.filter(|line| !line.contains("changed=0 ")).count()
}

#[test]
#[ignore = "needs Ansible: tests/run --full"]
fn ansible_installs_changes_and_upgrades_one_host_after_the_other() -> Result<()> {
    let lab = Lab::new(3)?;
    let controller = Controller::new(&lab)?;
    let machines = (0..3).map(|place| controller.boot(place));
    let machines = machines.collect::<Result<Vec<_>>>()?;

    // Only looking, where there is nothing yet.
    controller.plays_well(1, "60s", &["--check", "--diff"])?;
    machines[0].must("! test -e /usr/bin/vrrpd")?;

    controller.plays_well(1, "60s", &[])?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    let mode = machines[0].must("stat -c '%a %U:%G' /etc/vrrpd/vrrpd.yaml; id -nG nobody")?;
    assert_eq!(mode, "640 root:vrrpd\nnogroup vrrpd\n");
    let again = controller.plays_well(1, "60s", &[])?;
    assert_eq!(changed(&again), 0, "{again}");

    let looked = controller.plays_well(1, "30s", &["--check", "--diff"])?;
    assert_eq!(changed(&looked), 3, "{looked}");
    assert!(looked.contains("refresh: 30s"), "{looked}");
    machines[2].must("grep -q 60s /etc/vrrpd/vrrpd.yaml")?;

    // A change, then an upgrade, host by host, while a client asks.
    let prober = lab.probe(VIP)?;
    controller.plays_well(1, "30s", &[])?;
    let upgraded = controller.plays_well(2, "30s", &[])?;
    assert_eq!(changed(&upgraded), 3, "{upgraded}");
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    let report = prober.stop();
    let longest = report
        .longest_gap()
        .map_or(Duration::ZERO, |gap| gap.length);
    println!("longest time without an answer: {longest:?}");
    assert!(longest < HANDOVER, "{:?}", report.longest_gap());
    for machine in &machines {
        machine.must("grep -q 30s /etc/vrrpd/vrrpd.yaml")?;
        let version = machine.must("dpkg-query -W -f '${Version}' vrrpd")?;
        assert!(version.trim().ends_with("-2"), "{version}");
    }

    // A wrong one goes no further than the first host, and not into its file.
    let refused = controller.play(2, "soon", &[])?;
    assert!(!refused.status.success(), "{}", refused.stdout);
    let said = &refused.stdout;
    assert!(
        said.contains("soon") && !said.contains("10.0.50.12"),
        "{said}"
    );
    machines[0].must("grep -q 30s /etc/vrrpd/vrrpd.yaml")?;
    assert_eq!(lab.holders(VIP)?, ["cp1"]);
    Ok(())
}

/// Copies the files below `from` to the same places below `to` in the machine.
fn copy_tree(machine: &Machine, from: &Path, to: &str) -> Result<()> {
    for entry in fs::read_dir(from).expect("shipped") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let to = format!("{to}/{name}");
        if path.is_dir() {
            copy_tree(machine, &path, &to)?;
        } else {
            machine.copy_in(&path, &to)?;
        }
    }
    Ok(())
}

/// In what state its virtual router is, and since when.
fn state(machine: &Machine) -> Result<[String; 2]> {
    let status: Value =
        serde_json::from_str(&machine.must("vrrpd status --json")?).expect("a document");
    let instance = &status["instances"][0];
    Ok(["state", "since"].map(|key| instance[key].as_str().expect(key).to_owned()))
}

/// The host at `place` runs the playbook for itself.
fn play_locally(machine: &Machine, place: usize, refresh: &str, arguments: &str) -> Result<Output> {
    let host = format!("    localhost: {{vrrpd_priority: {}}}\n", 254 - place);
    let package = Path::new("/root/vrrpd.deb");
    let inventory = inventory(&host, "ansible_connection: local", package, refresh);
    machine.write_file("/root/ansible/own.yml", inventory)?;
    let play = format!(
        "cd /root/ansible && HOME=/root ANSIBLE_NOCOLOR=True \
         ansible-playbook --inventory own.yml vrrpd.yml {arguments} 2>&1"
    );
    machine.output(&play, PLAY)
}

#[test]
#[ignore = "needs a tree with Ansible: tests/run --full"]
fn each_host_runs_the_role_for_itself_over_the_local_connection() -> Result<()> {
    let lab = Lab::new(3)?;
    let boot = |place: usize| {
        let machine = Machine::boot(&lab.hosts()[place], &managed_tree())?;
        copy_tree(&machine, &repository("packaging/ansible"), "/root/ansible")?;
        machine.copy_in(&package(1), "/root/vrrpd.deb")?;
        Ok(machine)
    };
    let machines = (0..3).map(boot).collect::<Result<Vec<_>>>()?;
    let all_play = |refresh: &str, arguments: &str, changes: usize| -> Result<String> {
        let mut said = String::new();
        for (place, machine) in machines.iter().enumerate() {
            let output = play_locally(machine, place, refresh, arguments)?;
            assert!(output.status.success(), "{}", output.stdout);
            assert_eq!(changed(&output.stdout), changes, "{}", output.stdout);
            said.push_str(&output.stdout);
        }
        Ok(said)
    };

    all_play("60s", "--check --diff", 1)?;
    machines[0].must("! test -e /usr/bin/vrrpd")?;
    all_play("60s", "", 1)?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    all_play("60s", "", 0)?;

    let looked = all_play("30s", "--check --diff", 1)?;
    assert!(looked.contains("refresh: 30s"), "{looked}");
    machines[1].must("grep -q 60s /etc/vrrpd/vrrpd.yaml")?;
    let states = || -> Result<Vec<_>> { machines.iter().map(state).collect() };
    let before = states()?;
    all_play("30s", "", 1)?;
    assert_eq!(states()?, before, "a reload changed a state");
    machines[1].must("grep -q 30s /etc/vrrpd/vrrpd.yaml")?;

    let refused = play_locally(&machines[0], 0, "soon", "")?;
    assert!(!refused.status.success(), "{}", refused.stdout);
    machines[0].must("grep -q 30s /etc/vrrpd/vrrpd.yaml")?;
    assert_eq!(lab.holders(VIP)?, ["cp1"]);
    Ok(())
}
