//! What values are taken as, at the bounds of what is taken and one step beyond.

#[path = "../common/mod.rs"]
mod common;

mod balancer;
mod check;
mod instance;
mod konvoy;
mod words;

use std::time::Duration;

use common::{config, diagnostics, load};
use vrrp_config::Instance;

const SECOND: Duration = Duration::from_secs(1);

/// An instance with one more line.
fn with(line: &str) -> String {
    format!("instances:\n  - name: a\n    addresses: [10.0.50.20]\n    {line}\n")
}

fn instance(line: &str) -> Instance {
    config(&with(line)).instances.remove(0)
}

/// An instance that tracks a check of these lines.
fn with_check(check: &str) -> String {
    format!(
        "instances: [{{name: a, addresses: [10.0.50.20], track: [{{check: c}}]}}]\n\
         checks:\n  - name: c\n    {check}\n"
    )
}

/// What is said about a file that is refused, one line each.
fn refused(text: &str) -> String {
    let said = diagnostics(load(text));
    assert!(said.errors() > 0, "{text}");
    said.lines()
}

#[track_caller]
fn assert_refused(text: &str, because: &str) {
    let said = refused(text);
    assert!(said.contains(because), "{text}\n{said}");
}
