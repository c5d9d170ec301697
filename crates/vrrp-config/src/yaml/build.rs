//! The tree, built by the YAML library through a visitor that numbers the nodes.
//!
//! The visitor can also be told to stop at a node: the library then reports the error with that
//! node's place, which is how [`super::locate`] finds it. One parser thus decides both what a
//! value is and where it is.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess};
use serde::de::{VariantAccess, Visitor};

use super::node::{Node, NodeId, Value};
use super::{MAX_NODES, syntax};
use crate::diagnostic::{Diagnostics, Source};

/// All documents of a text that hold anything.
pub(super) fn documents(source: &Source, file: u8) -> Result<Vec<Node>, Diagnostics> {
    let count = Counter {
        file,
        next: Cell::new(0),
        stop_at: None,
    };
    let mut documents = Vec::new();
    for document in serde_yaml::Deserializer::from_str(source.text()) {
        match (Seed { counter: &count }).deserialize(document) {
            Ok(node) if node.is_null() => {}
            Ok(node) => documents.push(node),
            Err(error) if count.next.get() > MAX_NODES => {
                return Err(syntax::too_many_nodes(source, &error).into());
            }
            Err(error) => return Err(syntax::error(source, &error).into()),
        }
    }
    Ok(documents)
}

/// The byte offset at which a node begins.
pub(super) fn mark_of(source: &Source, id: NodeId) -> Option<usize> {
    let count = Counter {
        file: id.file,
        next: Cell::new(0),
        stop_at: Some(id.index),
    };
    for document in serde_yaml::Deserializer::from_str(source.text()) {
        if let Err(error) = (Seed { counter: &count }).deserialize(document) {
            return error.location().map(|location| location.index());
        }
    }
    None
}

struct Counter {
    file: u8,
    next: Cell<u32>,
    stop_at: Option<u32>,
}

impl Counter {
    fn number<E: Error>(&self) -> Result<NodeId, E> {
        let index = self.next.get();
        if self.stop_at == Some(index) {
            return Err(E::custom("found"));
        }
        self.next.set(index + 1);
        if index >= MAX_NODES {
            return Err(E::custom("too many values"));
        }
        Ok(NodeId {
            file: self.file,
            index,
        })
    }
}

#[derive(Clone, Copy)]
struct Seed<'c> {
    counter: &'c Counter,
}

impl Seed<'_> {
    fn scalar<E: Error>(self, value: Value) -> Result<Node, E> {
        Ok(Node {
            id: self.counter.number()?,
            value,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        self.scalar(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        self.scalar(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        self.scalar(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        self.scalar(Value::Int(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        self.scalar(Value::Int(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Node, E> {
        self.scalar(Value::Int(value))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Node, E> {
        self.scalar(Value::Int(i128::try_from(value).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        self.scalar(Value::Float(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        self.scalar(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let id = self.counter.number()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Node {
            id,
            value: Value::List(items),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let id = self.counter.number()?;
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry_seed(self, self)? {
            entries.push(entry);
        }
        Ok(Node {
            id,
            value: Value::Map(entries),
        })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        let id = self.counter.number()?;
        let (_tag, content) = data.variant::<String>()?;
        let inner = content.newtype_variant_seed(self)?;
        Ok(Node {
            id,
            value: Value::Tagged(Box::new(inner)),
        })
    }
}
