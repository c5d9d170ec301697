//! Which keys each part of `vrrpd.yaml` has.
//!
//! The reader refuses every key that is not here and suggests the nearest that is.

/// A mapping with a fixed set of keys.
#[derive(Debug)]
pub(crate) struct Shape {
    /// What it is, for messages: "an instance".
    pub(crate) what: &'static str,
    /// Its keys, in the order of the documentation.
    pub(crate) keys: &'static [&'static str],
    /// Keys that other tools or older texts use for one of `keys`: (theirs, ours).
    pub(crate) aliases: &'static [(&'static str, &'static str)],
}

pub(crate) const ROOT: Shape = Shape {
    what: "the configuration",
    keys: &[
        "instances",
        "groups",
        "checks",
        "load_balancers",
        "control",
        "metrics",
        "log",
        "realtime",
    ],
    aliases: &[
        ("vrrp_instance", "instances"),
        ("vrrp_sync_group", "groups"),
        ("vrrp_script", "checks"),
        ("virtual_server", "load_balancers"),
        ("logging", "log"),
    ],
};

pub(crate) const INSTANCE: Shape = Shape {
    what: "an instance",
    keys: &[
        "name",
        "addresses",
        "interface",
        "vrid",
        "priority",
        "advert_interval",
        "version",
        "preempt",
        "preempt_delay",
        "checksum",
        "auth",
        "source",
        "peers",
        "min_ttl",
        "lease",
        "vmac",
        "announce",
        "track",
    ],
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
    ],
};

pub(crate) const AUTH: Shape = Shape {
    what: "`auth`",
    keys: &["pass"],
    aliases: &[("password", "pass"), ("auth_pass", "pass")],
};

pub(crate) const ANNOUNCE: Shape = Shape {
    what: "`announce`",
    keys: &["burst", "refresh"],
    aliases: &[],
};

pub(crate) const TRACK: Shape = Shape {
    what: "a tracked thing",
    keys: &["check", "interface", "penalty"],
    aliases: &[("weight", "penalty")],
};

pub(crate) const GROUP: Shape = Shape {
    what: "a group",
    keys: &["name", "members"],
    aliases: &[("instances", "members")],
};

pub(crate) const CHECK: Shape = Shape {
    what: "a check",
    keys: &[
        "name",
        "http",
        "tcp",
        "exec",
        "file",
        "interval",
        "timeout",
        "fall",
        "rise",
        "hold_down",
    ],
    aliases: &[("https", "http"), ("script", "exec")],
};

pub(crate) const HTTP: Shape = Shape {
    what: "an HTTP check",
    keys: &["url", "tls", "status", "body", "headers"],
    aliases: &[],
};

pub(crate) const TLS: Shape = Shape {
    what: "`tls`",
    keys: &["ca", "server_name", "verify", "cert", "key"],
    aliases: &[
        ("ca_file", "ca"),
        ("cacert", "ca"),
        ("sni", "server_name"),
        ("insecure", "verify"),
    ],
};

pub(crate) const TCP: Shape = Shape {
    what: "a TCP check",
    keys: &["address"],
    aliases: &[],
};

pub(crate) const EXEC: Shape = Shape {
    what: "an exec check",
    keys: &["command"],
    aliases: &[],
};

pub(crate) const FILE: Shape = Shape {
    what: "a file check",
    keys: &["path", "present"],
    aliases: &[("file", "path"), ("exists", "present")],
};

pub(crate) const HOLD_DOWN: Shape = Shape {
    what: "`hold_down`",
    keys: &["initial", "max", "forget"],
    aliases: &[("min", "initial"), ("maximum", "max")],
};

pub(crate) const LOAD_BALANCER: Shape = Shape {
    what: "a load balancer",
    keys: &[
        "name",
        "address",
        "port",
        "backends",
        "scheduler",
        "persistence",
        "idle_timeout",
        "allow",
        "check",
    ],
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

pub(crate) const BACKEND: Shape = Shape {
    what: "a backend",
    keys: &["address", "weight"],
    aliases: &[],
};

pub(crate) const BACKEND_CHECK: Shape = Shape {
    what: "a backend check",
    keys: &[
        "http",
        "tcp",
        "exec",
        "interval",
        "timeout",
        "fall",
        "rise",
        "hold_down",
    ],
    aliases: &[("https", "http"), ("script", "exec")],
};

pub(crate) const CONTROL: Shape = Shape {
    what: "`control`",
    keys: &["socket"],
    aliases: &[],
};

pub(crate) const METRICS: Shape = Shape {
    what: "`metrics`",
    keys: &["listen", "keepalived_names"],
    aliases: &[],
};

pub(crate) const LOG: Shape = Shape {
    what: "`log`",
    keys: &["level", "format"],
    aliases: &[],
};

/// `spec.kubernetes.controlPlane.keepalived` of a Konvoy file.
pub(crate) const KONVOY_KEEPALIVED: Shape = Shape {
    what: "Konvoy's `keepalived`",
    keys: &["interface", "vrid"],
    aliases: &[("virtual_router_id", "vrid")],
};
