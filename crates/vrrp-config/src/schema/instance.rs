//! An instance and what belongs to it; sync groups.

use super::{Key, Kind, Shape};

pub(crate) static INSTANCE: Shape = Shape {
    name: "instance",
    what: "an instance",
    keys: &[
        Key::new(
            "name",
            Kind::Name,
            "Stands in commands, logs and metrics; unique among instances",
        )
        .example("control-plane")
        .required(),
        Key::new(
            "addresses",
            Kind::List(1, &Kind::Prefixed),
            "The virtual addresses, all of one family; /32 or /128 unless a prefix is given",
        )
        .example("[10.0.50.20]")
        .required(),
        Key::new("interface", Kind::Interface, "The interface to run on")
            .example("ens20f0")
            .otherwise("the interface of the route to the first address"),
        Key::new(
            "vrid",
            Kind::Number(1, 255),
            "The virtual router's identifier, equal on all of its hosts",
        )
        .example("51")
        .otherwise("the last byte of the first address, 255 where that is 0"),
        Key::new(
            "priority",
            Kind::Number(1, 255),
            "The highest wins: give each host its own. 255 is for the owner of the addresses only",
        )
        .example("120")
        .default("100"),
        Key::new(
            "advert_interval",
            Kind::Duration("10ms", "40.95s"),
            "How often the master advertises itself, in steps of 10ms, equal on all hosts; \
             version 2: whole seconds from 1s to 255s",
        )
        .example("500ms")
        .default("1s"),
        Key::new(
            "version",
            Kind::Number(2, 3),
            "The VRRP version; 2 is for IPv4 only",
        )
        .example("2")
        .default("3"),
        Key::new(
            "preempt",
            Kind::Switch,
            "Whether a higher priority takes over from a living master",
        )
        .example("false")
        .default("true"),
        Key::new(
            "preempt_delay",
            Kind::Duration("0s", "1h"),
            "How long to wait, after start or recovery, before that",
        )
        .example("30s")
        .default("0s"),
        Key::new(
            "checksum",
            Kind::Words(&["auto", "rfc9568", "rfc5798"]),
            "The form of the checksum of version 3 over IPv4; `auto` learns it from the peers",
        )
        .example("rfc5798")
        .default("auto"),
        Key::new("auth", Kind::Object(&AUTH), "The password of version 2")
            .example("{pass: s3cret}")
            .otherwise("none"),
        Key::new("source", Kind::Address, "The source address of adverts")
            .example("10.0.50.11")
            .otherwise("the interface's primary address; IPv6: its link-local address"),
        Key::new(
            "peers",
            Kind::List(1, &Kind::Address),
            "Unicast to these hosts and never multicast; this host's own address is left out",
        )
        .example("[10.0.50.12, 10.0.50.13]")
        .otherwise("multicast"),
        Key::new(
            "min_ttl",
            Kind::Number(1, 255),
            "With `peers`: the least TTL of an advert that is accepted; lower it where routers \
             are between",
        )
        .example("254")
        .default("255"),
        Key::new(
            "lease",
            Kind::AnyOf(&[
                Kind::Words(&["auto", "off"]),
                Kind::Number(1, 86_400),
                Kind::Duration("1s", "1day"),
            ]),
            "The lifetime of the addresses in the kernel, in whole seconds: after it they are gone \
             unless a living daemon has renewed it. `auto` is Master_Down_Interval rounded up",
        )
        .example("4s")
        .default("auto"),
        Key::new(
            "vmac",
            Kind::Switch,
            "Serve the addresses from the virtual MAC address, on a macvlan",
        )
        .example("true")
        .default("false"),
        Key::new(
            "announce",
            Kind::Object(&ANNOUNCE),
            "Gratuitous ARP or unsolicited neighbour advertisements of the master",
        )
        .example("{burst: 3, refresh: 30s}"),
        Key::new(
            "track",
            Kind::List(0, &Kind::Object(&TRACK)),
            "What lowers the priority while it fails",
        )
        .example("[{check: apiserver}]")
        .otherwise("nothing"),
        Key::new(
            "notify",
            Kind::Object(&NOTIFY),
            "A command that is told of each change of state",
        )
        .example("{exec: [/usr/local/bin/moved, \"{state}\"]}")
        .otherwise("none"),
    ],
    one_of: &[],
    aliases: &[
        ("address", "addresses"),
        ("vip", "addresses"),
        ("virtual_ipaddress", "addresses"),
        ("virtual_router_id", "vrid"),
        ("advert_int", "advert_interval"),
        ("interval", "advert_interval"),
        ("authentication", "auth"),
        ("unicast_peer", "peers"),
        ("unicast_src_ip", "source"),
        ("mcast_src_ip", "source"),
        ("use_vmac", "vmac"),
        ("track_script", "track"),
        ("track_interface", "track"),
        ("vrrp_version", "version"),
        ("notify_master", "notify"),
        ("notify_backup", "notify"),
        ("notify_fault", "notify"),
    ],
};

pub(crate) static AUTH: Shape = Shape {
    name: "auth",
    what: "`auth`",
    keys: &[Key::new(
        "pass",
        Kind::Text,
        "1 to 8 bytes, sent in clear with each advert: against mistakes, not against attackers",
    )
    .example("s3cret")
    .required()],
    one_of: &[],
    aliases: &[("password", "pass"), ("auth_pass", "pass")],
};

pub(crate) static ANNOUNCE: Shape = Shape {
    name: "announce",
    what: "`announce`",
    keys: &[
        Key::new(
            "burst",
            Kind::Number(1, 100),
            "Packets for each address on becoming master",
        )
        .example("3")
        .default("5"),
        Key::new(
            "refresh",
            Kind::AnyOf(&[Kind::Words(&["off", "0s"]), Kind::Duration("1s", "1day")]),
            "How often to repeat one while master",
        )
        .example("30s")
        .default("60s"),
    ],
    one_of: &[],
    aliases: &[],
};

pub(crate) static TRACK: Shape = Shape {
    name: "track",
    what: "a tracked thing",
    keys: &[
        Key::new("check", Kind::Text, "The name of a check").example("apiserver"),
        Key::new(
            "interface",
            Kind::Interface,
            "An interface, whose carrier is tracked",
        )
        .example("bond1"),
        Key::new(
            "penalty",
            Kind::Number(1, 254),
            "What a failure subtracts from the priority",
        )
        .example("50")
        .otherwise("a failure lowers the priority to 1"),
    ],
    one_of: &["check", "interface"],
    aliases: &[("weight", "penalty")],
};

pub(crate) static NOTIFY: Shape = Shape {
    name: "notify",
    what: "`notify`",
    keys: &[
        Key::new(
            "exec",
            Kind::List(1, &Kind::Text),
            "The program's absolute path and its arguments; there is no shell. `{instance}`, \
             `{state}`, `{previous}`, `{keepalived_state}` and `{priority}` stand for their values",
        )
        .example("[/usr/local/bin/moved, \"{state}\"]")
        .required(),
        Key::new(
            "timeout",
            Kind::Duration("100ms", "1h"),
            "After which it is killed with all that it has started",
        )
        .example("10s")
        .default("30s"),
    ],
    one_of: &[],
    aliases: &[("command", "exec"), ("script", "exec")],
};

pub(crate) static GROUP: Shape = Shape {
    name: "group",
    what: "a group",
    keys: &[
        Key::new("name", Kind::Name, "Unique among groups")
            .example("dual-stack")
            .required(),
        Key::new(
            "members",
            Kind::List(2, &Kind::Text),
            "The names of two or more instances, none of them in another group",
        )
        .example("[control-plane, control-plane-v6]")
        .required(),
    ],
    one_of: &[],
    aliases: &[("instances", "members")],
};
