//! The tables as the reference of the documentation.

use super::{Key, Kind, ROOT, Shape, json};

/// `docs/configuration.md`: every key with its values, its default and what it is for.
#[must_use]
pub fn reference() -> String {
    let mut shapes: Vec<&'static Shape> = Vec::new();
    json::collect(&ROOT, &mut shapes);
    let parts: Vec<String> = shapes.into_iter().map(part).collect();
    format!("{INTRODUCTION}\n{}", parts.join("\n"))
}

const INTRODUCTION: &str = "\
# Configuration

Every key of `vrrpd.yaml`, made from the tables that the reader itself works with. A key that is not
here is an error, and so is a value of another kind. JSON is YAML and is accepted too.

A duration is a number and a unit: `10ms`, `1s`, `5m`, `1h`. A word may be `false` where `off` is
allowed, because older tools write it so. [examples/vrrpd.yaml](../examples/vrrpd.yaml) is a whole
file with comments; [editors.md](editors.md) says how editors complete and check it.
";

fn part(shape: &'static Shape) -> String {
    let mut text = format!("## {}\n\n", shape.name);
    if !shape.one_of.is_empty() {
        let names: Vec<String> = shape
            .one_of
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        text.push_str(&format!(
            "Exactly one of {} is given.\n\n",
            names.join(", ")
        ));
    }
    text.push_str("| key | value | default | |\n|---|---|---|---|\n");
    for key in shape.keys {
        text.push_str(&row(key));
    }
    text
}

fn row(key: &Key) -> String {
    let default = match (key.required, key.default, key.otherwise) {
        (true, ..) => "required".to_owned(),
        (_, Some(default), _) => format!("`{default}`"),
        (_, _, Some(otherwise)) => otherwise.to_owned(),
        _ => String::new(),
    };
    format!(
        "| `{}` | {} | {default} | {} |\n",
        key.name,
        value(&key.value),
        key.about
    )
}

fn value(kind: &Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Name => "letters, digits, `-`, `_`, `.`".to_owned(),
        Kind::Interface => "interface name".to_owned(),
        Kind::Switch => "`true` or `false`".to_owned(),
        Kind::Number(least, most) => format!("{least} to {most}"),
        Kind::Duration(least, most) => format!("{least} to {most}"),
        Kind::Words(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            words.join(", ")
        }
        Kind::Address => "IP address".to_owned(),
        Kind::Prefixed => "IP address, `/prefix`".to_owned(),
        Kind::HostPort => "`host:port`".to_owned(),
        Kind::SocketAddress => "`address:port`".to_owned(),
        Kind::Url => "URL".to_owned(),
        Kind::Path => "absolute path".to_owned(),
        Kind::Headers => "`{Name: value}`".to_owned(),
        Kind::Object(shape) => format!("[{0}](#{0})", shape.name),
        Kind::List(_, item) => format!("list of {}", value(item)),
        Kind::AnyOf(kinds) => {
            let kinds: Vec<String> = kinds.iter().map(value).collect();
            kinds.join(" or ")
        }
    }
}
