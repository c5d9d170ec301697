//! Whatever the file holds, the importer answers, and vrrpd takes what it writes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// Words and signs that mean something somewhere.
const PIECES: [&str; 66] = [
    "vrrp_instance",
    "VI_1",
    "VI 2",
    "global_defs",
    "vrrp_script",
    "vrrp_sync_group",
    "group",
    "virtual_server",
    "real_server",
    "virtual_ipaddress",
    "unicast_peer",
    "unicast_src_ip",
    "track_script",
    "track_interface",
    "authentication",
    "auth_type",
    "PASS",
    "auth_pass",
    "priority",
    "advert_int",
    "virtual_router_id",
    "interface",
    "eth0",
    "lo",
    "state",
    "MASTER",
    "nopreempt",
    "preempt_delay",
    "weight",
    "reverse",
    "script",
    "interval",
    "timeout",
    "protocol",
    "TCP",
    "HTTP_GET",
    "url",
    "path",
    "status_code",
    "200-299",
    "10.0.0.1",
    "10.0.0.2/24",
    "fd00::1",
    "255",
    "-5",
    "0",
    "0.5",
    "{",
    "}",
    "{\n",
    "}\n",
    "\n",
    "\"",
    "'",
    "\\",
    "#",
    "!",
    "$A=1",
    "${A}",
    "$A",
    "@node1",
    "@^node1",
    "~SEQ(A,1,3)",
    "include",
    "garp_master_refresh",
    "99999999999999999999",
];

fn settings() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn fixtures() -> Vec<String> {
    [
        "kubeadm",
        "kubespray",
        "openshift",
        "ansible",
        "macros",
        "dual_stack",
    ]
    .map(|name| std::fs::read_to_string(fixture(name)).expect("a fixture"))
    .to_vec()
}

fn try_any(text: &[u8]) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("keepalived.conf");
    std::fs::write(&path, text).expect("a file");
    match import(
        &path,
        &ImportOptions {
            config_id: Some("node1"),
        },
    ) {
        Ok(imported) => assert_accepted(&imported.yaml),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..300)) {
        try_any(&bytes);
    }

    #[test]
    fn any_words_in_an_instance_are_answered(pieces in vec(select(&PIECES[..]), 0..60)) {
        let text = format!("{}{}", pieces.join(" "), instance(&pieces.join(" ")));
        try_any(text.as_bytes());
    }

    #[test]
    fn damaged_files_are_answered(
        file in select(fixtures()),
        damage in vec((any::<Index>(), any::<Index>(), select(&PIECES[..])), 1..6),
    ) {
        let mut words: Vec<&str> = file.split(' ').collect();
        for (from, to, piece) in &damage {
            let (from, to) = (from.index(words.len()), to.index(words.len()));
            words.swap(from, to);
            words.insert(from, piece);
        }
        try_any(words.join(" ").as_bytes());
    }

    #[test]
    fn any_script_is_answered(script in "[ -~\n]{0,200}", pieces in vec(select(&PIECES[..]), 0..20)) {
        let _ = crate::keepalived::probe::http(&script);
        let _ = crate::keepalived::probe::tcp(&script);
        let wild = format!("curl {} $({script}) `{script}` \"{script} | grep {}", pieces.join(" "), pieces.join("'"));
        let _ = crate::keepalived::probe::http(&wild);
    }
}
