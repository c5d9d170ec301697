//! The JSON Schema and the reader agree, and the reference is made from the same tables.

mod common;

use std::fs;
use std::path::Path;

use common::{examples, load};
use jsonschema::Validator;
use serde_json::{Value, json};
use vrrp_config::{Severity, json_schema, reference};

/// Every key of every part, each where it may stand.
const EVERYTHING: &str = include_str!("everything.yaml");

fn validator() -> Validator {
    jsonschema::draft202012::options()
        .build(&json_schema())
        .expect("a valid schema")
}

fn everything() -> Value {
    serde_yaml::from_str(EVERYTHING).expect("YAML")
}

/// What the reader refuses in the value itself. What another part misses does not count.
fn refusals(document: &Value) -> Vec<String> {
    let Err(said) = load(&document.to_string()) else {
        return Vec::new();
    };
    said.iter()
        .filter(|one| one.severity == Severity::Error)
        .filter(|one| !one.message.starts_with("there is no check named"))
        .map(|one| one.message.clone())
        .collect()
}

/// The place of every value below `value`, itself left out.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (key, child) in children {
        let place = format!("{at}/{key}");
        found.push(place.clone());
        places(child, &place, found);
    }
}

fn all_places(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    places(document, "", &mut found);
    found
}

#[test]
fn every_key_of_the_tables_is_in_the_document_of_all_keys() {
    let schema = json_schema();
    let shapes = schema["$defs"].as_object().expect("parts").values();
    let document = everything();
    let keys: Vec<String> = all_places(&document);
    for shape in shapes.chain([&schema]) {
        for key in shape["properties"].as_object().expect("keys").keys() {
            let ending = format!("/{key}");
            assert!(keys.iter().any(|place| place.ends_with(&ending)), "{key}");
        }
    }
    assert_eq!(refusals(&document), Vec::<String>::new());
    let errors: Vec<String> = validator()
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn every_example_is_valid() {
    let validator = validator();
    let mut seen = 0;
    for entry in fs::read_dir(examples()).expect("the examples are there") {
        let path = entry.expect("a directory entry").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        let document: Value = serde_yaml::from_str(&text).expect("YAML");
        assert!(validator.is_valid(&document), "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 4);
}

/// A value of another kind in each place of a section: what one refuses, the other refuses.
fn the_same_kinds_are_refused(section: &str) {
    let validator = validator();
    let document = everything();
    let others = [
        json!(null),
        json!(true),
        json!(-1),
        json!(100_000),
        json!(1.5),
        json!([]),
        json!([[]]),
        json!({"colour": "red"}),
        json!(""),
    ];
    let places = all_places(&document);
    let mut differences: Vec<String> = Vec::new();
    for place in places.iter().filter(|place| place.starts_with(section)) {
        for other in &others {
            let mut changed = document.clone();
            *changed.pointer_mut(place).expect("it is there") = other.clone();
            let refused = refusals(&changed);
            if validator.is_valid(&changed) != refused.is_empty() {
                differences.push(format!("{place} as {other}: {refused:?}"));
            }
        }
    }
    assert_eq!(differences, Vec::<String>::new(), "{differences:#?}");
}

#[test]
fn the_reader_and_the_schema_refuse_the_same_kinds_of_value_in_an_instance() {
    the_same_kinds_are_refused("/instances");
}

#[test]
fn the_reader_and_the_schema_refuse_the_same_kinds_of_value_in_a_check() {
    the_same_kinds_are_refused("/checks");
}

#[test]
fn the_reader_and_the_schema_refuse_the_same_kinds_of_value_in_a_load_balancer() {
    the_same_kinds_are_refused("/load_balancers");
}

#[test]
fn the_reader_and_the_schema_refuse_the_same_kinds_of_value_in_a_group() {
    the_same_kinds_are_refused("/groups");
}

#[test]
fn the_reader_and_the_schema_refuse_the_same_kinds_of_value_in_the_settings() {
    for section in ["/control", "/metrics", "/log", "/realtime"] {
        the_same_kinds_are_refused(section);
    }
}

/// Numbers at and beyond their bounds, words of another kind: taken from the schema itself.
#[test]
fn bounds_and_words_of_the_schema_are_those_of_the_reader() {
    let schema = json_schema();
    let document = everything();
    let (mut seen, mut differences) = (0, Vec::<String>::new());
    // Version 2 has bounds of its own.
    let version_2 = "/instances/1/advert_interval";
    for place in all_places(&document) {
        if place == version_2 {
            continue;
        }
        let Some(rule) = rule_of(&schema, &document, &place) else {
            continue;
        };
        for (value, accepted) in samples(&rule) {
            let mut changed = document.clone();
            *changed.pointer_mut(&place).expect("it is there") = value.clone();
            let is_name = |key: &&str| key.parse::<usize>().is_err();
            let name = place.rsplit('/').find(is_name).unwrap_or_default();
            // What does not fit another key is an error too; a bound names its own key.
            let refused: Vec<String> = refusals(&changed)
                .into_iter()
                .filter(|message| {
                    let bounds = ["must be", "the same for every backend"];
                    message.starts_with(&format!("`{name}` is "))
                        && bounds.iter().any(|bound| message.contains(bound))
                        || message.starts_with(&format!("`{name}` must be"))
                })
                .collect();
            if refused.is_empty() != accepted {
                differences.push(format!("{place} as {value}: {refused:?}"));
            }
            seen += 1;
        }
    }
    assert_eq!(differences, Vec::<String>::new(), "{differences:#?}");
    assert!(seen > 100, "{seen} samples");
}

/// The schema of the value at a place.
fn rule_of(schema: &Value, document: &Value, place: &str) -> Option<Value> {
    let mut rule = schema.clone();
    let mut value = document;
    for key in place.split('/').skip(1) {
        rule = resolve(schema, rule);
        if let Some(choices) = rule["anyOf"].as_array().cloned() {
            let wanted = if value.is_array() { "array" } else { "object" };
            rule = choices
                .into_iter()
                .map(|choice| resolve(schema, choice))
                .find(|choice| choice["type"] == wanted)?;
        }
        (rule, value) = match value {
            Value::Array(items) => (
                rule["items"].clone(),
                items.get(key.parse::<usize>().ok()?)?,
            ),
            _ => (rule["properties"][key].clone(), value.get(key)?),
        };
    }
    Some(resolve(schema, rule))
}

fn resolve(schema: &Value, rule: Value) -> Value {
    match rule["$ref"].as_str() {
        Some(reference) => schema
            .pointer(reference.trim_start_matches('#'))
            .cloned()
            .expect("a part"),
        None => rule,
    }
}

/// Values just within and just beyond a rule, with whether it allows them.
fn samples(rule: &Value) -> Vec<(Value, bool)> {
    if rule["type"] == "integer" {
        let bound = |name: &str| rule[name].as_i64().expect("a bound");
        let (least, most) = (bound("minimum"), bound("maximum"));
        return vec![
            (json!(least), true),
            (json!(most), true),
            (json!(least - 1), false),
            (json!(most + 1), false),
        ];
    }
    if let Some(bounds) = rule["examples"].as_array() {
        let within = bounds.iter().map(|bound| (bound.clone(), true));
        let beyond = [json!("1ns"), json!("1000days")].map(|bound| (bound, false));
        // The least of a delay is nothing.
        let beyond = beyond
            .into_iter()
            .skip(usize::from(bounds[0] == json!("0s")));
        return within.chain(beyond).collect();
    }
    match rule["enum"].as_array() {
        Some(words) => words
            .iter()
            .map(|word| (word.clone(), true))
            .chain([(json!("colour"), false)])
            .collect(),
        None => Vec::new(),
    }
}

#[test]
fn a_key_that_the_schema_requires_is_required_by_the_reader_and_the_other_way_round() {
    let validator = validator();
    let document = everything();
    for place in all_places(&document) {
        let (parent, key) = place.rsplit_once('/').expect("a place");
        let mut changed = document.clone();
        let Some(Value::Object(entries)) = changed.pointer_mut(parent) else {
            continue;
        };
        entries.remove(key);
        let refused = refusals(&changed);
        let missing = format!("needs `{key}`");
        let needed = refused
            .iter()
            .any(|message| message.ends_with(&missing) || message.contains("is missing"));
        assert_eq!(
            !validator.is_valid(&changed),
            needed,
            "{place}: {refused:?}"
        );
    }
}

#[test]
fn an_unknown_key_is_refused_by_both_in_every_mapping() {
    let validator = validator();
    let document = everything();
    let mut places = all_places(&document);
    places.push(String::new());
    for place in places {
        let mut changed = document.clone();
        // Any name can be a header's.
        let Some(Value::Object(entries)) = changed.pointer_mut(&place) else {
            continue;
        };
        if place.ends_with("/headers") {
            continue;
        }
        entries.insert("colour".to_owned(), json!("red"));
        assert!(!validator.is_valid(&changed), "{place}");
        assert!(!refusals(&changed).is_empty(), "{place}");
    }
}

#[test]
fn the_reference_of_the_documentation_is_the_one_that_is_made_from_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let made = reference();
    if std::env::var_os("VRRPD_UPDATE_DOCS").is_some() {
        fs::write(&path, &made).expect("written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, made, "run this test with VRRPD_UPDATE_DOCS=1");
}
