//! Keys are given once, in foreign files too: which of two counts is nobody's to guess.

use std::collections::HashMap;

use crate::report::Report;
use crate::words::quoted;
use crate::yaml::{Node, Value};

/// Reports every key that its mapping already has.
pub(crate) fn once_each(node: &Node, report: &mut Report) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| once_each(item, report)),
        Value::Tagged(inner) => once_each(inner, report),
        Value::Map(entries) => {
            let mut known: HashMap<&str, &Node> = HashMap::new();
            for (key, value) in entries {
                if let Some(name) = key.text()
                    && let Some(first) = known.insert(name, key)
                {
                    report
                        .error(key, format!("{} is given twice", quoted(name)))
                        .related(first, "first given here")
                        .hint("remove one of the two");
                }
                once_each(value, report);
            }
        }
        _ => {}
    }
}
