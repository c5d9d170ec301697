//! The tables as the manual page vrrpd.yaml(5).

use roff::{Inline, Roff, bold, italic, roman};

use super::reference::{choice, value};
use super::{Key, ROOT, Shape, json};

const EXAMPLE: &str = include_str!("../../../../examples/minimal.yaml");

/// `vrrpd.yaml(5)` in the language of `man`: every key with its values, its default, an example and
/// what it is for.
#[must_use]
pub fn manual() -> String {
    let version = concat!("vrrpd ", env!("CARGO_PKG_VERSION"));
    let mut page = Roff::new();
    page.control("TH", ["vrrpd.yaml", "5", "", version]);
    // Examples are no prose: nothing is stretched to the margin.
    page.control("ad", ["l"]);
    page.control("SH", ["NAME"]);
    page.text([roman("vrrpd.yaml - the configuration of vrrpd")]);
    page.control("SH", ["SYNOPSIS"]);
    page.text([roman("/etc/vrrpd/vrrpd.yaml")]);
    page.control("SH", ["DESCRIPTION"]);
    page.text(inlines(
        "The file is YAML; JSON is YAML and is accepted too. A key that is not here is an error, \
         and so is a value of another kind. `vrrpd check` tells every error at once, `vrrpd init` \
         writes a first file.",
    ));
    page.control("PP", []);
    page.text(inlines(
        "A duration is a number and a unit: `10ms`, `1s`, `5m`, `1h`. A word may be `false` where \
         `off` is allowed.",
    ));
    let mut shapes: Vec<&'static Shape> = Vec::new();
    json::collect(&ROOT, &mut shapes);
    for shape in shapes {
        part(&mut page, shape);
    }
    page.control("SH", ["EXAMPLE"]);
    page.control("nf", []);
    for line in EXAMPLE.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
    page.control("SH", ["SEE ALSO"]);
    page.text([bold("vrrpd"), roman("(8)")]);
    page.render()
}

fn part(page: &mut Roff, shape: &Shape) {
    if std::ptr::eq(shape, &ROOT) {
        page.control("SH", ["KEYS"]);
    } else {
        page.control("SS", [shape.name]);
    }
    if let Some(choice) = choice(shape) {
        page.text(inlines(&choice));
    }
    for key in shape.keys {
        entry(page, key);
    }
}

fn entry(page: &mut Roff, key: &Key) {
    page.control("TP", []);
    let mut tag = vec![bold(key.name), roman(": ")];
    let kind = value(&key.value, &|name| format!("[{name}]"));
    tag.extend(inlines(&kind));
    page.text(tag);
    let default = match (key.required, key.default, key.otherwise) {
        (true, ..) => " Required.".to_owned(),
        (_, Some(default), _) => format!(" Default: `{default}`."),
        (_, _, Some(otherwise)) => format!(" Default: {otherwise}."),
        _ => String::new(),
    };
    page.text(inlines(&format!("{}.{default}", key.about)));
    if let Some(example) = key.example {
        page.control("br", []);
        page.text([roman("Example: "), bold(format!("{}: {example}", key.name))]);
    }
}

/// Text with `what stands in the file` bold and [another part] in italics.
fn inlines(text: &str) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for (index, piece) in text.split('`').enumerate() {
        if index % 2 == 1 {
            inlines.push(bold(piece));
            continue;
        }
        let mut rest = piece;
        while let Some((before, after)) = rest.split_once('[') {
            let Some((name, after)) = after.split_once(']') else {
                break;
            };
            inlines.extend([roman(before), italic(name)]);
            rest = after;
        }
        inlines.push(roman(rest));
    }
    inlines
}
