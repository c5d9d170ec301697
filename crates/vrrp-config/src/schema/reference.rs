//! The tables as the reference of the documentation.

use super::{Key, Kind, ROOT, Shape, json};

/// `docs/configuration.md`: every key with its values, its default, an example and what it is for.
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
here is an error, and so is a value of another kind. JSON is YAML and is accepted too. The same is
in the manual page `vrrpd.yaml(5)`.

A duration is a number and a unit: `10ms`, `1s`, `5m`, `1h`. A word may be `false` where `off` is
allowed, because older tools write it so. [examples/vrrpd.yaml](../examples/vrrpd.yaml) is a whole
file with comments; [editors.md](editors.md) says how editors complete and check it.
";

fn part(shape: &'static Shape) -> String {
    let mut text = format!("## {}\n\n", shape.name);
    if let Some(choice) = choice(shape) {
        text.push_str(&format!("{choice}\n\n"));
    }
    text.push_str("| key | type and bounds | default | example | |\n|---|---|---|---|---|\n");
    for key in shape.keys {
        text.push_str(&row(key));
    }
    text
}

/// Which keys exclude each other.
pub(super) fn choice(shape: &Shape) -> Option<String> {
    let names: Vec<String> = shape
        .one_of
        .iter()
        .map(|name| format!("`{name}`"))
        .collect();
    (!names.is_empty()).then(|| format!("Exactly one of {} is given.", names.join(", ")))
}

fn row(key: &Key) -> String {
    let default = match (key.required, key.default, key.otherwise) {
        (true, ..) => "required".to_owned(),
        (_, Some(default), _) => format!("`{default}`"),
        (_, _, Some(otherwise)) => otherwise.to_owned(),
        _ => String::new(),
    };
    let example = key.example.map(|example| format!("`{example}`"));
    format!(
        "| `{}` | {} | {default} | {} | {} |\n",
        key.name,
        value(&key.value, &|name| format!("[{name}](#{name})")),
        example.unwrap_or_default(),
        key.about
    )
}

/// What a value looks like; `link` refers to another part by its name.
pub(super) fn value(kind: &Kind, link: &dyn Fn(&str) -> String) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Name => "name: letters, digits, `-`, `_`, `.`".to_owned(),
        Kind::Interface => "interface name".to_owned(),
        Kind::Switch => "`true` or `false`".to_owned(),
        Kind::Number(least, most) => format!("number, {least} to {most}"),
        Kind::Duration(least, most) => format!("duration, {least} to {most}"),
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
        Kind::Object(shape) => link(shape.name),
        Kind::List(_, item) => format!("list of {}", value(item, link)),
        Kind::AnyOf(kinds) => {
            let kinds: Vec<String> = kinds.iter().map(|kind| value(kind, link)).collect();
            kinds.join(" or ")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{ROOT, Shape, json as schema};

    #[test]
    fn every_key_has_an_example_that_the_schema_accepts() {
        let mut shapes: Vec<&'static Shape> = Vec::new();
        schema::collect(&ROOT, &mut shapes);
        let whole = schema::json_schema();
        let mut wrong = Vec::new();
        for shape in shapes {
            let rules = match std::ptr::eq(shape, &ROOT) {
                true => &whole["properties"],
                false => &whole["$defs"][shape.name]["properties"],
            };
            for key in shape.keys {
                let place = format!("{}.{}", shape.name, key.name);
                let Some(example) = key.example else {
                    wrong.push(format!("{place} has none"));
                    continue;
                };
                let rule = json!({"$defs": whole["$defs"], "allOf": [rules[key.name]]});
                let validator = jsonschema::draft202012::new(&rule).expect("a valid schema");
                let line = format!("{}: {example}", key.name);
                let file: Value = serde_yaml::from_str(&line).expect("YAML");
                if let Err(error) = validator.validate(&file[key.name]) {
                    wrong.push(format!("{place}: {example}: {error}"));
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
    }
}
