//! One value of a YAML document.

/// The number of a node: its rank in the order in which the text has them, by file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId {
    /// Which file.
    pub(crate) file: u8,
    /// Which node of the file, keys and values counted alike.
    pub(crate) index: u32,
}

/// A numbered value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) value: Value,
}

/// What YAML's core schema makes of a piece of text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// A value with a tag of its own, like `!vault`.
    Tagged(Box<Node>),
}

impl Node {
    /// What it is, for messages.
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(value) => format!("{value} (true or false)"),
            Value::Int(value) => format!("the number {value}"),
            Value::Float(value) => format!("the number {value}"),
            Value::Text(text) => crate::words::quoted(text),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
            Value::Tagged(_) => "a value with a tag".to_owned(),
        }
    }

    /// The text of a text node.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub(crate) fn entries(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The key and value nodes under a key of a mapping.
    pub(crate) fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        self.entries()?
            .iter()
            .find(|(found, _)| found.text() == Some(key))
            .map(|(found, value)| (found, value))
    }

    /// The value under a key of a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The value under a sequence of keys.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Whether the value is null.
    pub(crate) fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// The path to a node at or below this one.
    pub(super) fn path_to(&self, id: NodeId) -> Option<String> {
        let mut path = String::new();
        self.walk_to(id, &mut path).then_some(path)
    }

    fn walk_to(&self, id: NodeId, path: &mut String) -> bool {
        if self.id == id {
            return true;
        }
        match &self.value {
            Value::List(items) => {
                // Numbers grow in the order of the text: the item is the last that is not beyond.
                let after = items.partition_point(|item| item.id <= id);
                let Some(item) = after.checked_sub(1).and_then(|at| items.get(at)) else {
                    return false;
                };
                path.push_str(&format!("[{}]", after - 1));
                item.walk_to(id, path)
            }
            Value::Map(entries) => {
                let after = entries.partition_point(|(key, _)| key.id <= id);
                let Some((key, value)) = after.checked_sub(1).and_then(|at| entries.get(at)) else {
                    return false;
                };
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key.text().unwrap_or("?"));
                key.id == id || value.walk_to(id, path)
            }
            Value::Tagged(inner) => inner.walk_to(id, path),
            _ => false,
        }
    }
}
