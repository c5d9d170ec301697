//! The tables as a JSON Schema, for editors and other programs.

use serde_json::{Map, Value, json};

use super::{Key, Kind, ROOT, Shape};

/// The JSON Schema (draft 2020-12) of `vrrpd.yaml`.
///
/// What it refuses `vrrpd check` refuses too; what needs more than one value to be judged, or the
/// meaning of a text, it leaves to `vrrpd check`.
#[must_use]
pub fn json_schema() -> Value {
    let mut shapes: Vec<&Shape> = Vec::new();
    collect(&ROOT, &mut shapes);
    let parts: Map<String, Value> = shapes
        .iter()
        .skip(1)
        .map(|shape| (shape.name.to_owned(), object(shape)))
        .collect();
    let mut root = object(&ROOT);
    if let Value::Object(root) = &mut root {
        root.insert("$defs".to_owned(), Value::Object(parts));
        root.insert(
            "$schema".to_owned(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        root.insert(
            "description".to_owned(),
            json!("The configuration of vrrpd, the VRRP daemon"),
        );
    }
    root
}

/// A shape and all that it refers to, each once.
pub(super) fn collect(shape: &'static Shape, known: &mut Vec<&'static Shape>) {
    if known.iter().any(|other| std::ptr::eq(*other, shape)) {
        return;
    }
    known.push(shape);
    for key in shape.keys {
        shapes_of(&key.value, known);
    }
}

fn shapes_of(kind: &'static Kind, known: &mut Vec<&'static Shape>) {
    match kind {
        Kind::Object(shape) => collect(shape, known),
        Kind::List(_, item) => shapes_of(item, known),
        Kind::AnyOf(kinds) => kinds.iter().for_each(|kind| shapes_of(kind, known)),
        _ => {}
    }
}

fn object(shape: &Shape) -> Value {
    let properties: Map<String, Value> = shape
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let required: Vec<&str> = shape
        .keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let mut schema = json!({
        "title": shape.name,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !shape.one_of.is_empty() {
        let choices: Vec<Value> = shape
            .one_of
            .iter()
            .map(|name| json!({"required": [name]}))
            .collect();
        schema["oneOf"] = json!(choices);
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = value(&key.value);
    let about = match key.otherwise {
        Some(otherwise) => format!("{}. Default: {otherwise}", key.about),
        None => key.about.to_owned(),
    };
    schema["description"] = json!(about);
    if let Some(default) = key.default {
        schema["default"] = literal(default);
    }
    schema
}

/// A default as it would stand in JSON.
fn literal(text: &str) -> Value {
    match (text.parse::<u32>(), text.parse::<bool>()) {
        (Ok(number), _) => json!(number),
        (_, Ok(switch)) => json!(switch),
        _ => json!(text),
    }
}

fn value(kind: &Kind) -> Value {
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    match kind {
        Kind::Text => json!({"type": "string", "minLength": 1}),
        Kind::Name => pattern(r"^[\p{L}\p{M}\p{N}._-]{1,63}$"),
        Kind::Interface => pattern(r"^[^\s/:]{1,15}$"),
        Kind::Switch => json!({"type": "boolean"}),
        Kind::Number(least, most) => {
            json!({"type": "integer", "minimum": least, "maximum": most})
        }
        Kind::Duration(least, most) => {
            let mut schema =
                pattern(r"^\s*[0-9][0-9.]*\s*[a-zA-Zµ]+(\s*[0-9][0-9.]*\s*[a-zA-Zµ]+)*\s*$");
            schema["examples"] = json!([least, most]);
            schema
        }
        // Tools that write YAML 1.1 turn the word off into false.
        Kind::Words(words) if words.contains(&"off") => {
            let mut all: Vec<Value> = words.iter().map(|word| json!(word)).collect();
            all.push(json!(false));
            json!({"enum": all})
        }
        Kind::Words(words) => json!({"enum": words}),
        Kind::Address => pattern(r"^[0-9a-fA-F:.]+$"),
        Kind::Prefixed => pattern(r"^[0-9a-fA-F:.]+(/\+?[0-9]+)?$"),
        Kind::HostPort => pattern(r"^.+:[0-9]+$"),
        Kind::SocketAddress => pattern(r"^\[?[0-9a-fA-F:.]+\]?:[0-9]+$"),
        Kind::Url => pattern(r"^[Hh][Tt][Tt][Pp][Ss]?://"),
        Kind::Path => pattern("^/"),
        Kind::Headers => json!({
            "type": "object",
            "additionalProperties": {"type": "string", "minLength": 1},
        }),
        Kind::Object(shape) => json!({"$ref": format!("#/$defs/{}", shape.name)}),
        Kind::List(least, item) => {
            let mut schema = json!({"type": "array", "items": value(item)});
            if *least > 0 {
                schema["minItems"] = json!(least);
            }
            schema
        }
        Kind::AnyOf(kinds) => {
            let kinds: Vec<Value> = kinds.iter().map(value).collect();
            json!({"anyOf": kinds})
        }
    }
}
