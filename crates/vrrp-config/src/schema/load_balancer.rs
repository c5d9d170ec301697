//! A load balancer, its backends and their check.

use super::check::{FALL, RISE, TIMEOUT};
use super::{EXEC, HOLD_DOWN, HTTP, Key, Kind, Shape};

pub(crate) static LOAD_BALANCER: Shape = Shape {
    name: "load_balancer",
    what: "a load balancer",
    keys: &[
        Key::new("name", Kind::Name, "Unique among load balancers")
            .example("apiserver")
            .required(),
        Key::new("address", Kind::Address, "An address of an instance")
            .example("10.0.50.20")
            .required(),
        Key::new("port", Kind::Number(1, 65_535), "Where clients connect")
            .example("6443")
            .required(),
        Key::new(
            "backends",
            Kind::List(
                1,
                &Kind::AnyOf(&[Kind::SocketAddress, Kind::Object(&BACKEND)]),
            ),
            "The servers: address and port, or a mapping with a weight",
        )
        .example("[\"10.0.50.11:6443\", \"10.0.50.12:6443\"]")
        .required(),
        Key::new(
            "scheduler",
            Kind::Words(&["source_hash", "round_robin", "random"]),
            "How a new client finds its backend",
        )
        .example("round_robin")
        .default("source_hash"),
        Key::new(
            "persistence",
            Kind::Duration("1s", "7days"),
            "How long a client address keeps its backend while that is healthy",
        )
        .example("1h")
        .otherwise("not kept"),
        Key::new(
            "idle_timeout",
            Kind::Duration("1s", "7days"),
            "After which an idle connection is forgotten",
        )
        .example("30m")
        .default("1h"),
        Key::new(
            "allow",
            Kind::List(1, &Kind::Prefixed),
            "Networks whose clients may connect",
        )
        .example("[10.0.0.0/8]")
        .otherwise("everyone"),
        Key::new(
            "check",
            Kind::Object(&BACKEND_CHECK),
            "How the health of each backend is known",
        )
        .example("{tcp: {}, interval: 2s}")
        .otherwise("all are taken as healthy"),
    ],
    one_of: &[],
    aliases: &[
        ("real_server", "backends"),
        ("servers", "backends"),
        ("lb_algo", "scheduler"),
        ("balance", "scheduler"),
        ("algorithm", "scheduler"),
        ("persistence_timeout", "persistence"),
        ("checks", "check"),
        ("health_check", "check"),
        ("timeout", "idle_timeout"),
    ],
};

pub(crate) static BACKEND: Shape = Shape {
    name: "backend",
    what: "a backend",
    keys: &[
        Key::new(
            "address",
            Kind::SocketAddress,
            "Address and port of the server",
        )
        .example("10.0.50.12:6443")
        .required(),
        Key::new(
            "weight",
            Kind::Number(1, 255),
            "Its share of new clients, relative to the other backends",
        )
        .example("2")
        .default("1"),
    ],
    one_of: &[],
    aliases: &[],
};

pub(crate) static BACKEND_CHECK: Shape = Shape {
    name: "backend_check",
    what: "a backend check",
    keys: &[
        Key::new("http", Kind::Object(&HTTP), "A GET over HTTP or HTTPS")
            .example("{url: \"https://{backend}/healthz\"}"),
        Key::new("tcp", Kind::Object(&BACKEND_TCP), "A TCP connection: `{}`").example("{}"),
        Key::new(
            "exec",
            Kind::Object(&EXEC),
            "A program: exit code 0 is healthy",
        )
        .example("{command: [/usr/local/bin/probe]}"),
        Key::new(
            "interval",
            Kind::Duration("10ms", "1h"),
            "From the start of one probe to the start of the next",
        )
        .example("2s")
        .default("5s"),
        TIMEOUT,
        FALL,
        RISE,
        Key::new(
            "hold_down",
            Kind::Object(&HOLD_DOWN),
            "Keeps what has failed down for a while, for what flaps",
        )
        .example("{initial: 30s}")
        .otherwise("off"),
    ],
    one_of: &["http", "tcp", "exec"],
    aliases: &[("https", "http"), ("script", "exec")],
};

pub(crate) static BACKEND_TCP: Shape = Shape {
    name: "backend_tcp",
    what: "a TCP check",
    keys: &[Key::new(
        "address",
        Kind::Words(&["{backend}"]),
        "What is checked anyway",
    )
    .example("\"{backend}\"")
    .default("{backend}")],
    one_of: &[],
    aliases: &[],
};
