//! The keys of the schema whose behaviour does not exist yet.
//!
//! They are read and checked like all others, then refused: nothing is accepted and ignored.
//! When a capability lands, its line goes.

use crate::report::Report;
use crate::yaml::Node;

/// Path (`[]` stands for each item of a list), and what to do without it. An empty list is
/// nothing.
const UNSUPPORTED: &[(&[&str], &str)] = &[(
    &["load_balancers"],
    "remove `load_balancers`: the master serves all clients",
)];

/// Reports each key of the table that the document uses.
pub(crate) fn check(root: &Node, report: &mut Report) {
    for (path, hint) in UNSUPPORTED {
        visit(root, path, None, &mut |name, value| {
            if value.items().is_none_or(|items| !items.is_empty()) {
                report.error(name, message(path)).hint(*hint);
            }
        });
    }
}

/// What to say of `--load-balance`, as long as load balancers are not supported.
pub(crate) fn load_balance_option() -> Option<String> {
    let path = ["load_balancers"].as_slice();
    UNSUPPORTED
        .iter()
        .any(|(unsupported, ..)| *unsupported == path)
        .then(|| "`--load-balance` is not supported yet".to_owned())
}

fn message(path: &[&str]) -> String {
    let name = path.last().copied().unwrap_or_default();
    format!("`{name}` is not supported yet")
}

/// Calls `found` with the key and the value of every place that the path leads to.
fn visit(node: &Node, path: &[&str], key: Option<&Node>, found: &mut impl FnMut(&Node, &Node)) {
    match path {
        [] => {
            if let (Some(key), false) = (key, node.is_null()) {
                found(key, node);
            }
        }
        ["[]", rest @ ..] => {
            for item in node.items().unwrap_or_default() {
                visit(item, rest, None, found);
            }
        }
        [name, rest @ ..] => {
            if let Some((key, value)) = node.entry(name) {
                visit(value, rest, Some(key), found);
            }
        }
    }
}
