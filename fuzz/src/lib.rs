//! Fuzz targets: each a function that takes any bytes and panics if something that must hold for
//! every input does not. The programs in `targets/` give them to libFuzzer; the test in `tests/`
//! gives them the corpora.
#![forbid(unsafe_code)]

mod config;
mod http;
pub mod router;
mod wire;

pub use config::{keepalived_conf, konvoy, vrrpd_yaml};
pub use http::{control_request, http_answer};
pub use wire::{advert, advert_emit, announcement};

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its program, its corpus and its dictionary.
    pub name: &'static str,
    /// Takes one input.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "advert",
        run: advert::run,
    },
    Target {
        name: "advert_emit",
        run: advert_emit::run,
    },
    Target {
        name: "announcement",
        run: announcement::run,
    },
    Target {
        name: "vrrpd_yaml",
        run: vrrpd_yaml::run,
    },
    Target {
        name: "keepalived_conf",
        run: keepalived_conf::run,
    },
    Target {
        name: "konvoy",
        run: konvoy::run,
    },
    Target {
        name: "router",
        run: router::run,
    },
    Target {
        name: "http_answer",
        run: http_answer::run,
    },
    Target {
        name: "control_request",
        run: control_request::run,
    },
];

/// The target of that name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
