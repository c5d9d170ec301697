//! Which keys each part of `vrrpd.yaml` has, and what their values look like.
//!
//! The reader refuses every key that is not here and suggests the nearest that is; the JSON Schema,
//! the reference and the manual page are made from the same tables. What a value means is the reader's business,
//! and a test holds both against each other.

mod check;
mod instance;
mod json;
mod load_balancer;
mod manual;
mod reference;
mod settings;

pub(crate) use check::{CHECK, EXEC, FILE, HOLD_DOWN, HTTP, TCP, TLS};
pub(crate) use instance::{ANNOUNCE, AUTH, GROUP, INSTANCE, NOTIFY, TRACK};
pub use json::json_schema;
pub(crate) use load_balancer::{BACKEND, BACKEND_CHECK, BACKEND_TCP, LOAD_BALANCER};
pub use manual::manual;
pub use reference::reference;
pub(crate) use settings::{CONTROL, KONVOY_KEEPALIVED, LOG, METRICS, ROOT};

/// A mapping with a fixed set of keys.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Its name in the JSON Schema, and the heading of the reference.
    pub(crate) name: &'static str,
    /// What it is, for messages: "an instance".
    pub(crate) what: &'static str,
    /// Its keys, in the order of the documentation.
    pub(crate) keys: &'static [Key],
    /// Exactly one of these keys is given; empty where there is no such choice.
    pub(crate) one_of: &'static [&'static str],
    /// Keys that other tools or older texts use for one of `keys`: (theirs, ours).
    pub(crate) aliases: &'static [(&'static str, &'static str)],
}

impl Shape {
    /// The key of that name.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The names of all keys.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }
}

/// One key of a mapping.
#[derive(Debug)]
pub(crate) struct Key {
    /// As it stands in the file.
    pub(crate) name: &'static str,
    /// What its value looks like.
    pub(crate) value: Kind,
    /// What it is for, in a sentence or two without a final stop.
    pub(crate) about: &'static str,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// What holds without it: a value as it stands in the file.
    pub(crate) default: Option<&'static str>,
    /// What holds without it, where that is no fixed value.
    pub(crate) otherwise: Option<&'static str>,
    /// A value as it may stand in the file; each key has one.
    pub(crate) example: Option<&'static str>,
}

impl Key {
    pub(crate) const fn new(name: &'static str, value: Kind, about: &'static str) -> Self {
        Key {
            name,
            value,
            about,
            required: false,
            default: None,
            otherwise: None,
            example: None,
        }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    const fn otherwise(mut self, text: &'static str) -> Self {
        self.otherwise = Some(text);
        self
    }

    const fn example(mut self, value: &'static str) -> Self {
        self.example = Some(value);
        self
    }
}

/// What a value looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Any text that is not empty.
    Text,
    /// The name of a part.
    Name,
    /// The name of a network interface.
    Interface,
    /// `true` or `false`.
    Switch,
    /// A whole number in this range.
    Number(u32, u32),
    /// A number and a unit, in this range.
    Duration(&'static str, &'static str),
    /// One of these words.
    Words(&'static [&'static str]),
    /// An IP address.
    Address,
    /// An IP address with or without a prefix.
    Prefixed,
    /// An IP address or a host name, and a port.
    HostPort,
    /// An IP address and a port.
    SocketAddress,
    /// An `http://` or `https://` URL.
    Url,
    /// An absolute path.
    Path,
    /// A mapping from header names to values.
    Headers,
    /// A mapping of that shape.
    Object(&'static Shape),
    /// A list of at least so many of these.
    List(u32, &'static Kind),
    /// Any one of these.
    AnyOf(&'static [Kind]),
}
