//! The lab itself: hosts are apart from the machine and from each other, and nothing is left.

mod common;

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use vrrp_lab::{Command, Host, Lab, LabError, Result, User, VIP};

const BOUND: Duration = Duration::from_secs(20);

/// Files of the hosts' network namespaces, which stay until these are closed: the kernel would give
/// their inodes to the next ones, which may be another test's.
fn stay(hosts: &[Host]) -> Result<Vec<File>> {
    let open = |host: &Host| {
        let opened = host.enter(|| File::open("/proc/thread-self/ns/net"))?;
        Ok(opened.expect("a namespace"))
    };
    hosts.iter().map(open).collect()
}

/// Whether any process or thread of this machine is in the network namespace `inode`.
fn is_inhabited(inode: u64) -> bool {
    !common::inhabitants(inode).is_empty()
}

#[test]
fn nothing_is_left_after_a_lab_is_dropped() -> Result<()> {
    let lab = Lab::new(2)?;
    let inodes: Vec<u64> = lab
        .hosts()
        .iter()
        .map(|host| host.namespace().inode())
        .collect();
    let _stay = stay(lab.hosts())?;
    let process = lab.host("cp1")?.spawn(&Command::new("sleep").arg("1000"))?;
    let pid = process.pid();
    assert!(inodes.iter().all(|inode| is_inhabited(*inode)));
    std::mem::forget(process);
    drop(lab);
    assert!(!inodes.iter().any(|inode| is_inhabited(*inode)));
    assert!(!Path::new(&format!("/proc/{pid}/exe")).exists());
    for directory in ["/run/vrrp-lab", "/etc/vrrpd", "/run/vrrpd"] {
        assert!(!Path::new(directory).exists(), "{directory} is left");
    }
    Ok(())
}

#[test]
fn a_lab_that_panics_leaves_nothing_either() {
    let namespace = std::sync::Arc::new(std::sync::Mutex::new((0, Vec::new())));
    let seen = std::sync::Arc::clone(&namespace);
    let panicked = std::thread::spawn(move || {
        let lab = Lab::new(1).expect("a lab");
        let host = &lab.hosts()[0];
        let files = stay(lab.hosts()).expect("files");
        *seen.lock().expect("lock") = (host.namespace().inode(), files);
        let _process = host
            .spawn(&Command::new("sleep").arg("1000"))
            .expect("a process");
        panic!("on purpose");
    })
    .join();
    assert!(panicked.is_err());
    let inode = namespace.lock().expect("lock").0;
    assert_ne!(inode, 0);
    assert!(!is_inhabited(inode));
}

#[test]
fn each_host_has_its_own_name_files_and_interfaces() -> Result<()> {
    let lab = Lab::builder().hosts(2).interface("bond0").build()?;
    let (cp1, cp2) = (lab.host("cp1")?, lab.host("cp2")?);
    cp1.write_file("/run/vrrpd/one", "1")?;
    cp1.write_file("/etc/vrrpd/one", "1")?;
    assert!(cp2.read_file("/run/vrrpd/one").is_err());
    assert!(cp2.read_file("/etc/vrrpd/one").is_err());
    assert!(!Path::new("/etc/vrrpd/one").exists());
    assert!(cp1.read_file("/etc/passwd")?.contains("root"));
    let names = cp2.output(&Command::new("ls").arg("/sys/class/net"), BOUND)?;
    assert_eq!(names.stdout, "bond0\nlo\n");
    let hostname = cp2.output(&Command::new("uname").arg("-n"), BOUND)?;
    assert_eq!(hostname.stdout, "cp2\n");
    Ok(())
}

#[test]
fn a_process_may_run_as_another_user_with_two_capabilities() -> Result<()> {
    let lab = Lab::new(1)?;
    let command = Command::new("cat")
        .arg("/proc/self/status")
        .user(User::NOBODY);
    let output = lab.hosts()[0].output(&command, BOUND)?;
    assert!(output.stdout.contains("Uid:\t65534\t65534"), "{output:?}");
    // CAP_NET_ADMIN is 12, CAP_NET_RAW is 13.
    for set in ["CapPrm", "CapEff", "CapAmb", "CapBnd"] {
        assert!(
            output.stdout.contains(&format!("{set}:\t0000000000003000")),
            "{output:?}"
        );
    }
    Ok(())
}

#[test]
fn a_program_that_does_not_exist_is_an_error_that_names_it() -> Result<()> {
    let lab = Lab::new(1)?;
    let error = lab.hosts()[0]
        .spawn(&Command::new("no-such-program"))
        .expect_err("an error");
    assert!(matches!(error, LabError::NoProgram { .. }), "{error}");
    assert!(error.to_string().contains("no-such-program"), "{error}");
    Ok(())
}

#[test]
fn a_crashed_host_loses_processes_and_virtual_addresses_and_comes_back_empty() -> Result<()> {
    let lab = Lab::new(2)?;
    let host = lab.host("cp1")?;
    host.add_address(VIP.into(), 32)?;
    host.write_file("/run/vrrpd/state", "drained")?;
    let process = host.spawn(&Command::new("sleep").arg("1000"))?;
    assert_eq!(lab.holders(VIP)?, ["cp1"]);
    host.crash()?;
    assert!(!process.is_running() || process.wait_exit(BOUND).is_ok());
    assert_eq!(lab.holders(VIP)?, [""; 0]);
    assert!(host.read_file("/run/vrrpd/state").is_err());
    assert!(!reaches(&lab, "cp2", "10.0.50.11")?);
    host.boot()?;
    assert!(reaches(&lab, "cp2", "10.0.50.11")?);
    Ok(())
}

#[test]
fn frames_can_be_stopped_in_either_direction() -> Result<()> {
    let lab = Lab::new(3)?;
    let host = lab.host("cp1")?;
    let hears = |listener: &str, speaker: &str| -> Result<bool> {
        let target = lab.host(listener)?.address();
        let socket = lab
            .host(listener)?
            .enter(move || std::net::UdpSocket::bind((target, 9)))?
            .expect("a socket");
        socket
            .set_read_timeout(Some(Duration::from_millis(200)))
            .expect("a timeout");
        lab.host(speaker)?
            .enter(move || {
                let speaker = std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket");
                speaker.set_broadcast(true).expect("broadcast");
                speaker.send_to(b"x", (target, 9)).map(drop)
            })?
            .expect("sent");
        Ok(socket.recv(&mut [0; 1]).is_ok())
    };
    // Each side knows the other's MAC address, so that a direction does not need the other.
    assert!(hears("cp1", "cp2")? && hears("cp2", "cp1")?);
    host.cut_from()?;
    assert!(hears("cp1", "cp2")? && !hears("cp2", "cp1")?);
    host.mend()?;
    host.cut_to()?;
    assert!(!hears("cp1", "cp2")? && hears("cp2", "cp1")?);
    host.mend()?;
    assert!(hears("cp1", "cp2")? && hears("cp2", "cp1")?);
    host.cut()?;
    assert!(!hears("cp1", "cp2")? && !hears("cp2", "cp1")?);
    assert!(
        host.links()?.iter().all(|link| link.carrier),
        "a cut is silent"
    );
    host.mend()?;
    host.unplug()?;
    assert!(
        host.links()?.iter().any(|link| !link.carrier),
        "an unplugged cable is noticed"
    );
    host.mend()?;
    lab.partition(&[&["cp1"]])?;
    assert!(!hears("cp1", "cp2")? && hears("cp3", "cp2")?);
    lab.heal()?;
    assert!(hears("cp1", "cp2")?);
    Ok(())
}

#[test]
fn an_interface_deleted_and_made_again_has_a_new_index_and_works() -> Result<()> {
    let lab = Lab::builder().hosts(2).ipv6().build()?;
    let host = lab.host("cp1")?;
    let index = |host: &Host| -> Result<Option<u32>> {
        Ok(host
            .links()?
            .iter()
            .find(|l| l.name == host.interface())
            .map(|l| l.ifindex))
    };
    let before = index(host)?;
    host.delete_interface()?;
    assert_eq!(index(host)?, None);
    host.create_interface()?;
    assert_ne!(index(host)?, before);
    assert!(reaches(&lab, "cp2", "10.0.50.11")?);
    assert!(host.holds(host.link_local().into())?);
    assert!(reaches(&lab, "cp2", "fd00:50::11")?);
    Ok(())
}

/// Whether a TCP connection from `host` to `address` is accepted or refused, in other words
/// whether packets go there and back.
fn reaches(lab: &Lab, host: &str, address: &str) -> Result<bool> {
    let target = std::net::SocketAddr::new(address.parse().expect("an address"), 1);
    let answer = lab
        .host(host)?
        .enter(move || std::net::TcpStream::connect_timeout(&target, Duration::from_secs(4)))?;
    Ok(match answer {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
    })
}
