//! One snapshot for each class of diagnostic, rendered as people see it.
//!
//! A changed message fails until its snapshot is reviewed; with `INSTA_UPDATE=no` nothing is
//! written.

#[path = "../common/mod.rs"]
mod common;

mod complete;
mod files;
mod instance;
mod konvoy;
mod limits;
mod parts;
mod semantic;
mod syntax;

/// Compares a text with the snapshot of that name.
fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

/// Snapshots what is said about a `vrrpd.yaml`.
macro_rules! says {
    ($($name:ident: $text:expr;)+) => {
        $(
            #[test]
            fn $name() {
                let said = crate::common::diagnostics(crate::common::load($text));
                crate::snapshot(stringify!($name), &said.to_string());
            }
        )+
    };
}
pub(crate) use says;
