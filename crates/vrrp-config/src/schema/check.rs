//! A check and what one probe does.

use super::{Key, Kind, Shape};

/// How long a probe may take, in checks of hosts and of backends alike.
pub(super) const TIMEOUT: Key = Key::new(
    "timeout",
    Kind::Duration("1ms", "1h"),
    "After which a probe has failed",
)
.example("500ms")
.default("1s");

/// When a check is down.
pub(super) const FALL: Key = Key::new(
    "fall",
    Kind::Number(1, 255),
    "Failures in a row that count as a failure",
)
.example("3")
.default("2");

/// When it is up again.
pub(super) const RISE: Key = Key::new(
    "rise",
    Kind::Number(1, 255),
    "Successes in a row that count as a recovery",
)
.example("5")
.default("2");

pub(crate) static CHECK: Shape = Shape {
    name: "check",
    what: "a check",
    keys: &[
        Key::new("name", Kind::Name, "Unique among checks")
            .example("apiserver")
            .required(),
        Key::new("http", Kind::Object(&HTTP), "A GET over HTTP or HTTPS")
            .example("{url: \"https://127.0.0.1:6443/healthz\"}"),
        Key::new("tcp", Kind::Object(&TCP), "A TCP connection")
            .example("{address: \"127.0.0.1:2379\"}"),
        Key::new(
            "exec",
            Kind::Object(&EXEC),
            "A program: exit code 0 is healthy",
        )
        .example("{command: [/usr/local/bin/probe, --fast]}"),
        Key::new("file", Kind::Object(&FILE), "Whether a file is there")
            .example("{path: /run/maintenance, present: false}"),
        Key::new(
            "interval",
            Kind::Duration("10ms", "1h"),
            "From the start of one probe to the start of the next",
        )
        .example("500ms")
        .default("1s"),
        TIMEOUT,
        FALL,
        RISE,
        Key::new(
            "hold_down",
            Kind::Object(&HOLD_DOWN),
            "Keeps what has failed down for a while, for what flaps",
        )
        .example("{initial: 30s, max: 8m}")
        .otherwise("off"),
    ],
    one_of: &["http", "tcp", "exec", "file"],
    aliases: &[("https", "http"), ("script", "exec")],
};

pub(crate) static HTTP: Shape = Shape {
    name: "http",
    what: "an HTTP check",
    keys: &[
        Key::new(
            "url",
            Kind::Url,
            "Where to ask; in a load balancer's check `{backend}` stands for address and port",
        )
        .example("https://127.0.0.1:6443/healthz")
        .required(),
        Key::new(
            "tls",
            Kind::Object(&TLS),
            "How an https server is verified, and what it is shown",
        )
        .example("{ca: /etc/kubernetes/pki/ca.crt, server_name: kubernetes}"),
        Key::new(
            "status",
            Kind::AnyOf(&[
                Kind::Number(100, 599),
                Kind::List(1, &Kind::Number(100, 599)),
            ]),
            "The code that is healthy, or a list of them",
        )
        .example("[200, 429]")
        .otherwise("any 2xx"),
        Key::new("body", Kind::Text, "Text that the answer must contain")
            .example("ok")
            .otherwise("any answer"),
        Key::new(
            "headers",
            Kind::Headers,
            "Further headers of the request; `${NAME}` is an environment variable, \
             `${file:/path}` a file's content, `$$` a dollar sign",
        )
        .example("{Authorization: \"Bearer ${file:/etc/vrrpd/token}\"}")
        .otherwise("none"),
    ],
    one_of: &[],
    aliases: &[],
};

pub(crate) static TLS: Shape = Shape {
    name: "tls",
    what: "`tls`",
    keys: &[
        Key::new("ca", Kind::Path, "PEM file of the authorities to trust")
            .example("/etc/kubernetes/pki/ca.crt")
            .otherwise("the system's authorities"),
        Key::new(
            "server_name",
            Kind::Text,
            "The name that the certificate must carry",
        )
        .example("kubernetes")
        .otherwise("the host of the URL"),
        Key::new("verify", Kind::Switch, "`false`: any certificate will do")
            .example("false")
            .default("true"),
        Key::new(
            "cert",
            Kind::Path,
            "PEM file of a client certificate; goes with `key`",
        )
        .example("/etc/vrrpd/client.crt")
        .otherwise("none"),
        Key::new("key", Kind::Path, "PEM file of its key")
            .example("/etc/vrrpd/client.key")
            .otherwise("none"),
    ],
    one_of: &[],
    aliases: &[
        ("ca_file", "ca"),
        ("cacert", "ca"),
        ("sni", "server_name"),
        ("insecure", "verify"),
    ],
};

pub(crate) static TCP: Shape = Shape {
    name: "tcp",
    what: "a TCP check",
    keys: &[Key::new("address", Kind::HostPort, "Where to connect")
        .example("127.0.0.1:2379")
        .required()],
    one_of: &[],
    aliases: &[],
};

pub(crate) static EXEC: Shape = Shape {
    name: "exec",
    what: "an exec check",
    keys: &[Key::new(
        "command",
        Kind::List(1, &Kind::Text),
        "The program's absolute path and its arguments; there is no shell",
    )
    .example("[/usr/local/bin/probe, --fast]")
    .required()],
    one_of: &[],
    aliases: &[],
};

pub(crate) static FILE: Shape = Shape {
    name: "file",
    what: "a file check",
    keys: &[
        Key::new("path", Kind::Path, "The file")
            .example("/run/maintenance")
            .required(),
        Key::new(
            "present",
            Kind::Switch,
            "`true`: healthy while it is there; `false`: while it is not",
        )
        .example("false")
        .default("true"),
    ],
    one_of: &[],
    aliases: &[("file", "path"), ("exists", "present")],
};

pub(crate) static HOLD_DOWN: Shape = Shape {
    name: "hold_down",
    what: "`hold_down`",
    keys: &[
        Key::new(
            "initial",
            Kind::Duration("100ms", "1h"),
            "How long the first failure holds; each relapse holds twice as long",
        )
        .example("30s")
        .required(),
        Key::new(
            "max",
            Kind::Duration("100ms", "1day"),
            "The longest hold, at least `initial`",
        )
        .example("8m")
        .otherwise("sixteen times `initial`"),
        Key::new(
            "forget",
            Kind::Duration("1s", "1day"),
            "After this long without a failure the next one counts as the first",
        )
        .example("1h")
        .default("10m"),
    ],
    one_of: &[],
    aliases: &[("min", "initial"), ("maximum", "max")],
};
