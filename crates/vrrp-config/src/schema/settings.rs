//! The configuration as a whole, and the settings of the daemon.

use super::{CHECK, GROUP, INSTANCE, Key, Kind, LOAD_BALANCER, Shape};

pub(crate) static ROOT: Shape = Shape {
    name: "vrrpd.yaml",
    what: "the configuration",
    keys: &[
        Key::new(
            "instances",
            Kind::List(1, &Kind::Object(&INSTANCE)),
            "The virtual routers",
        )
        .example("[{name: control-plane, addresses: [10.0.50.20]}]")
        .required(),
        Key::new(
            "groups",
            Kind::List(0, &Kind::Object(&GROUP)),
            "Sync groups: their members are master on the same host, or not at all",
        )
        .example("[{name: dual-stack, members: [control-plane, control-plane-v6]}]")
        .otherwise("none"),
        Key::new(
            "checks",
            Kind::List(0, &Kind::Object(&CHECK)),
            "Health checks of this host; an instance refers to them by name under `track`",
        )
        .example("[{name: etcd, tcp: {address: \"127.0.0.1:2379\"}}]")
        .otherwise("none"),
        Key::new(
            "load_balancers",
            Kind::List(0, &Kind::Object(&LOAD_BALANCER)),
            "Load balancers in the kernel, at work on the host that holds their address",
        )
        .example(
            "[{name: apiserver, address: 10.0.50.20, port: 6443, backends: [\"10.0.50.11:6443\"]}]",
        )
        .otherwise("none"),
        Key::new("control", Kind::Object(&CONTROL), "The control socket")
            .example("{socket: /run/vrrpd/vrrpd.sock}"),
        Key::new("metrics", Kind::Object(&METRICS), "Metrics for Prometheus")
            .example("{listen: \"10.0.50.11:9650\"}"),
        Key::new("log", Kind::Object(&LOG), "What is logged, and how")
            .example("{format: journald}"),
        Key::new(
            "realtime",
            Kind::Words(&["auto", "off"]),
            "Real-time scheduling and locked memory for the protocol thread, where the host \
             allows it",
        )
        .example("off")
        .default("auto"),
    ],
    one_of: &[],
    aliases: &[
        ("vrrp_instance", "instances"),
        ("vrrp_sync_group", "groups"),
        ("vrrp_script", "checks"),
        ("virtual_server", "load_balancers"),
        ("logging", "log"),
    ],
};

pub(crate) static CONTROL: Shape = Shape {
    name: "control",
    what: "`control`",
    keys: &[Key::new(
        "socket",
        Kind::Path,
        "Where the daemon listens for `vrrpd status` and the other commands: an absolute path of \
         at most 107 bytes",
    )
    .example("/run/vrrpd/other.sock")
    .default("/run/vrrpd/vrrpd.sock")],
    one_of: &[],
    aliases: &[],
};

pub(crate) static METRICS: Shape = Shape {
    name: "metrics",
    what: "`metrics`",
    keys: &[
        Key::new(
            "listen",
            Kind::AnyOf(&[Kind::SocketAddress, Kind::Words(&["off"])]),
            "Address and port of the metrics, or `off`",
        )
        .example("10.0.50.11:9650")
        .default("127.0.0.1:9650"),
        Key::new(
            "keepalived_names",
            Kind::Switch,
            "Also give the names of the common Keepalived exporters, so that dashboards go on \
             working",
        )
        .example("true")
        .default("false"),
    ],
    one_of: &[],
    aliases: &[],
};

pub(crate) static LOG: Shape = Shape {
    name: "log",
    what: "`log`",
    keys: &[
        Key::new(
            "level",
            Kind::Words(&["error", "warn", "info", "debug", "trace"]),
            "The least severe level that is logged",
        )
        .example("debug")
        .default("info"),
        Key::new(
            "format",
            Kind::Words(&["text", "json", "journald"]),
            "Lines for people, a JSON object for each, or fields for the journal",
        )
        .example("json")
        .default("text"),
    ],
    one_of: &[],
    aliases: &[],
};

/// `spec.kubernetes.controlPlane.keepalived` of a Konvoy file.
pub(crate) static KONVOY_KEEPALIVED: Shape = Shape {
    name: "keepalived",
    what: "Konvoy's `keepalived`",
    keys: &[
        Key::new(
            "interface",
            Kind::Interface,
            "The interface of the instance",
        ),
        Key::new("vrid", Kind::Number(1, 255), "The VRID of the instance"),
    ],
    one_of: &[],
    aliases: &[("virtual_router_id", "vrid")],
};
