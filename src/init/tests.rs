//! What is decided, and the files that come of it.

use vrrp_config::{HostFacts, Loaded, Text, parse_str};

use super::*;

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn wish() -> Wish {
    Wish {
        vip: address("10.0.50.20"),
        hosts: ["10.0.50.11", "10.0.50.12", "10.0.50.13"]
            .map(address)
            .to_vec(),
        interface: None,
        vrid: None,
        ca: None,
        unicast: false,
    }
}

fn there() -> Surroundings {
    Surroundings {
        addresses: vec![address("10.0.50.12")],
        interface: Some("ens20f0".into()),
        on_link: true,
        held: false,
        kubernetes: Some(Kubernetes {
            ca: PathBuf::from("/etc/kubernetes/pki/ca.crt"),
            ca_exists: true,
            port: 6443,
        }),
    }
}

/// The file of a plan, which `check` has no word against.
fn good(plan: &Plan) -> String {
    let text = plan.file();
    let facts = HostFacts {
        local_addresses: plan.own.into_iter().collect(),
        ..HostFacts::default()
    };
    let file = Text {
        name: "vrrpd.yaml",
        text: &text,
    };
    match parse_str(file, None, false, &facts) {
        Ok(Loaded::Config(loaded)) => assert!(loaded.warnings.is_empty(), "{}", loaded.warnings),
        Ok(Loaded::ExternalLoadBalancer(external)) => panic!("{external}"),
        Err(diagnostics) => panic!("{diagnostics}\n{text}"),
    }
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "wide: {line}");
    }
    text
}

#[test]
fn the_second_of_three_control_planes() {
    let plan = Plan::new(&wish(), &there()).expect("a plan");
    assert_eq!(plan.remarks, Vec::<String>::new());
    insta::assert_snapshot!(good(&plan));
}

#[test]
fn unicast_over_ipv6_without_kubernetes() {
    let wish = Wish {
        vip: address("fd00:50::20"),
        hosts: vec![address("fd00:50::12"), address("fd00:50::11")],
        interface: Some("eth1".into()),
        vrid: Some(7),
        unicast: true,
        ..wish()
    };
    let there = Surroundings {
        addresses: vec![address("fd00:50::12")],
        kubernetes: None,
        ..there()
    };
    insta::assert_snapshot!(good(&Plan::new(&wish, &there).expect("a plan")));
}

#[test]
fn what_is_doubtful_is_told() {
    let wish = Wish {
        hosts: Vec::new(),
        ..wish()
    };
    let mut there = there();
    there.on_link = false;
    there.held = true;
    if let Some(kubernetes) = &mut there.kubernetes {
        kubernetes.ca_exists = false;
    }
    let plan = Plan::new(&wish, &there).expect("a plan");
    good(&plan);
    insta::assert_snapshot!(plan.remarks.join("\n"));
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_to_do() {
    let with = |change: fn(&mut Wish)| {
        let mut wish = wish();
        change(&mut wish);
        Plan::new(&wish, &there()).expect_err("refused").to_string()
    };
    let said = [
        with(|wish| wish.vip = address("224.0.0.18")),
        with(|wish| wish.vip = address("10.0.50.12")),
        with(|wish| wish.vip = address("fd00::20")),
        with(|wish| wish.hosts = ["10.0.50.12", "10.0.50.12"].map(address).to_vec()),
        with(|wish| wish.hosts = vec![address("10.0.50.13")]),
        with(|wish| {
            wish.unicast = true;
            wish.hosts.clear();
        }),
    ];
    insta::assert_snapshot!(said.join("\n"));
}
