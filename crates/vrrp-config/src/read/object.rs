//! A mapping read against its shape: unknown and empty keys are reported once, here.

use crate::report::Report;
use crate::schema::Shape;
use crate::words::{nearest, quoted};
use crate::yaml::{Node, Value};

/// The most entries of one list, which bounds the time of comparing each with each.
const MOST_ITEMS: usize = 4096;

/// A key that is present, with its value.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    /// The key's or list's name, for messages.
    pub(crate) name: &'a str,
    /// The key, or what stands for it.
    pub(crate) key: &'a Node,
    /// The value; never null.
    pub(crate) value: &'a Node,
}

/// A mapping whose keys were checked.
pub(crate) struct Object<'a> {
    /// The mapping itself.
    pub(crate) node: &'a Node,
    shape: &'static Shape,
}

impl<'a> Object<'a> {
    /// Checks the keys of a mapping; `None` where it is no mapping.
    pub(crate) fn open(node: &'a Node, shape: &'static Shape, report: &mut Report) -> Option<Self> {
        let Some(entries) = node.entries() else {
            report
                .error(
                    node,
                    format!("{} must be a mapping, not {}", shape.what, node.describe()),
                )
                .hint(known_keys(shape));
            return None;
        };
        for (key, value) in entries {
            let Some(name) = key.text() else {
                report.error(key, format!("a key of {} must be text", shape.what));
                continue;
            };
            if shape.key(name).is_none() {
                unknown(key, name, shape, report);
            } else if value.is_null() {
                report
                    .error(key, format!("`{name}` has no value"))
                    .hint(format!("give `{name}` a value, or remove the line"));
            }
        }
        Some(Object { node, shape })
    }

    /// A key that has a value.
    pub(crate) fn get(&self, name: &'static str) -> Option<Field<'a>> {
        debug_assert!(
            self.shape.key(name).is_some(),
            "{name} is no key of {}",
            self.shape.what
        );
        let (key, value) = self.node.entry(name)?;
        (!value.is_null()).then_some(Field { name, key, value })
    }

    /// The keys of which exactly one is given.
    pub(crate) fn alternatives(&self) -> &'static [&'static str] {
        self.shape.one_of
    }

    /// A key that must be there.
    pub(crate) fn require(&self, name: &'static str, report: &mut Report) -> Option<Field<'a>> {
        debug_assert!(
            self.shape.key(name).is_some_and(|key| key.required),
            "the table does not say that {} needs {name}",
            self.shape.what
        );
        if self.node.get(name).is_none() {
            report
                .error(self.node, format!("{} needs `{name}`", self.shape.what))
                .label(format!("`{name}` is missing here"));
        }
        self.get(name)
    }
}

fn unknown(key: &Node, name: &str, shape: &'static Shape, report: &mut Report) {
    let alias = shape
        .aliases
        .iter()
        .find(|(theirs, _)| *theirs == name)
        .map(|(_, ours)| *ours);
    let suggestion = alias.or_else(|| nearest(name, shape.names()));
    let finding = report.error(key, format!("{} is no key of {}", quoted(name), shape.what));
    if name == "<<" {
        finding.hint("merge keys are not supported: repeat the keys, or a whole value by `*name`");
        return;
    }
    match suggestion {
        Some(known) => finding.label(format!("did you mean `{known}`?")),
        None => finding.label("unknown key").hint(known_keys(shape)),
    };
}

fn known_keys(shape: &Shape) -> String {
    if shape.keys.is_empty() {
        return format!("{} has no keys: write {{}}", shape.what);
    }
    let names: Vec<&str> = shape.names().collect();
    format!("the keys of {} are {}", shape.what, names.join(", "))
}

impl<'a> Field<'a> {
    /// The items of a list; a value that is no list is an error.
    pub(crate) fn list(self, report: &mut Report) -> Option<&'a [Node]> {
        if let Value::List(items) = &self.value.value {
            if items.len() <= MOST_ITEMS {
                return Some(items);
            }
            report.error(
                self.value,
                format!(
                    "`{}` has {} entries, the limit is {MOST_ITEMS}",
                    self.name,
                    items.len()
                ),
            );
            return None;
        }
        report
            .error(
                self.value,
                format!(
                    "`{}` must be a list, not {}",
                    self.name,
                    self.value.describe()
                ),
            )
            .hint(format!(
                "write `{}: [...]`, or one `- ` line for each",
                self.name
            ));
        None
    }

    /// The same name for another value, as an item of the list.
    pub(crate) fn item(self, value: &'a Node) -> Field<'a> {
        Field {
            name: self.name,
            key: value,
            value,
        }
    }
}
