//! Installing, removing and purging.

use vrrp_lab::{Lab, Machine, Result, VIP};

use crate::site::{SOON, config, install, tree};

#[test]
fn a_fresh_install_starts_nothing_and_a_configured_one_serves_after_enable() -> Result<()> {
    let lab = Lab::new(1)?;
    let machine = Machine::boot(lab.host("cp1")?, &tree())?;
    install(&machine, 1)?;

    let state = machine.sh("systemctl is-active vrrpd; systemctl is-enabled vrrpd")?;
    assert_eq!(state.stdout, "inactive\ndisabled\n");
    let mode = machine.must("stat -c '%a %U:%G' /etc/vrrpd /etc/vrrpd/vrrpd.yaml")?;
    assert_eq!(mode, "750 root:vrrpd\n640 root:vrrpd\n");
    // The shipped file configures nothing, and the daemon says so instead of serving something.
    let check = machine.sh("vrrpd check")?;
    assert_eq!(check.status.code(), Some(2), "{}", check.stderr);
    for file in [
        "/usr/share/man/man8/vrrpd.8.gz",
        "/usr/share/man/man8/vrrpd-run.8.gz",
        "/usr/share/man/man5/vrrpd.yaml.5.gz",
        "/usr/share/bash-completion/completions/vrrpd",
        "/usr/share/zsh/vendor-completions/_vrrpd",
        "/usr/share/fish/vendor_completions.d/vrrpd.fish",
        "/usr/share/doc/vrrpd/copyright",
        "/usr/share/doc/vrrpd/changelog.gz",
    ] {
        machine.must(&format!("test -s {file}"))?;
    }

    machine.write_file("/etc/vrrpd/vrrpd.yaml", config(0, "100ms"))?;
    machine.must("systemctl enable --now vrrpd")?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;
    let status = machine.must("runuser -u vrrpd -- vrrpd status")?;
    assert!(status.contains("control-plane"), "{status}");
    Ok(())
}

#[test]
fn remove_gives_the_address_up_and_purge_leaves_nothing() -> Result<()> {
    let lab = Lab::new(1)?;
    let machine = Machine::boot(lab.host("cp1")?, &tree())?;
    let before = machine
        .must("find /etc /usr /var/lib /run -xdev -name '*vrrpd*'; getent passwd; getent group")?;
    install(&machine, 1)?;
    machine.write_file("/etc/vrrpd/vrrpd.yaml", config(0, "100ms"))?;
    machine.must("systemctl enable --now vrrpd")?;
    lab.wait_only_holder(VIP, "cp1", SOON)?;

    machine.must("apt-get -q remove --yes vrrpd")?;
    assert_eq!(lab.holders(VIP)?, Vec::<String>::new());
    machine.must("test -e /etc/vrrpd/vrrpd.yaml && ! test -e /usr/bin/vrrpd")?;

    machine.must("apt-get -q purge --yes vrrpd")?;
    let after = machine
        .must("find /etc /usr /var/lib /run -xdev -name '*vrrpd*'; getent passwd; getent group")?;
    assert_eq!(after, before);
    Ok(())
}
