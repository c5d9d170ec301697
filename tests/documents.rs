//! What the documents name is there: files, tests, other documents and their headings, and the
//! messages that the guide to troubleshooting quotes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files below a directory with this extension.
fn files_below(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{directory:?}: {error}"));
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// All documents for people.
fn documents() -> Vec<PathBuf> {
    let mut documents = files_below(&root().join("docs"), "md");
    documents.extend(["README.md", "SECURITY.md"].map(|name| root().join(name)));
    documents
}

/// A document without its blocks of code.
fn prose(text: &str) -> String {
    let blocks = text.split("\n```").enumerate();
    blocks
        .filter(|(index, _)| index % 2 == 0)
        .map(|(_, part)| part)
        .collect()
}

/// Everything in backquotes in the documents.
fn quoted() -> BTreeSet<String> {
    let mut quoted = BTreeSet::new();
    for document in documents() {
        let text = prose(&read(&document));
        quoted.extend(text.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    quoted
}

/// The file of a place, by the table at the head of docs/rfc9568.md.
fn file_of(place: &str) -> PathBuf {
    let (kind, name) = place.split_once('/').unwrap_or((place, ""));
    root().join(match kind {
        "wire" => format!("crates/vrrp-wire/tests/wire/{name}.rs"),
        "router" => format!("crates/vrrp-core/tests/router/{name}.rs"),
        "checks" => format!("crates/vrrp-check/tests/checks/{name}.rs"),
        "net" => format!("crates/vrrp-net/tests/{name}.rs"),
        _ => format!("tests/{place}.rs"),
    })
}

/// `place::test`, which neither an IPv6 address nor a path of Rust looks like.
fn named_test(quoted: &str) -> Option<(&str, &str)> {
    let (place, test) = quoted.split_once("::")?;
    let word = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_/".contains(c))
    };
    let sentence = test.matches('_').count() >= 2;
    (word(place) && word(test) && sentence && place != "place").then_some((place, test))
}

#[test]
fn every_test_that_the_documents_name_exists() {
    let quoted = quoted();
    let tests: Vec<(&str, &str)> = quoted.iter().filter_map(|text| named_test(text)).collect();
    assert!(tests.len() > 60, "{} tests are named", tests.len());
    let missing: Vec<_> = tests
        .iter()
        .filter(|(place, test)| {
            let source = fs::read_to_string(file_of(place)).unwrap_or_default();
            !source.contains(&format!("fn {test}("))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_file_that_the_documents_name_exists() {
    let quoted = quoted();
    let files: Vec<&String> = quoted
        .iter()
        .filter(|quoted| quoted.ends_with(".rs") && quoted.contains('/') && !quoted.contains('X'))
        .collect();
    assert!(files.len() > 20, "{} files are named", files.len());
    let missing: Vec<_> = files
        .iter()
        .filter(|file| !root().join(file).is_file())
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// What is wrong with a link of a document.
fn fault(document: &Path, link: &str) -> Option<String> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => document.to_owned(),
        path => document.parent().expect("a directory").join(path),
    };
    if !target.exists() {
        return Some("there is no such file".to_owned());
    }
    if heading.is_empty() {
        return None;
    }
    let text = prose(&read(&target));
    let found = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| anchor(line.trim_start_matches('#')) == heading);
    (!found).then(|| "there is no such heading".to_owned())
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for document in documents() {
        let text = prose(&read(&document));
        for rest in text.split("](").skip(1) {
            let link = rest.split(')').next().unwrap_or_default();
            if link.contains("://") {
                continue;
            }
            seen += 1;
            if let Some(fault) = fault(&document, link) {
                wrong.push(format!("{}: {link}: {fault}", document.display()));
            }
        }
    }
    assert!(seen > 50, "{seen} links");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_document_is_in_the_index() {
    let index = root().join("docs/README.md");
    let text = read(&index) + &read(&root().join("docs/guide/README.md"));
    let missing: Vec<PathBuf> = documents()
        .into_iter()
        .filter(|path| path.starts_with(root().join("docs")) && *path != index)
        .filter(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            !text.contains(&format!("{name})"))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The text of all sources, with strings that go over several lines in one.
fn sources() -> String {
    let mut files = files_below(&root().join("src"), "rs");
    for part in ["vrrp-core", "vrrp-net", "vrrp-check", "vrrp-config"] {
        files.extend(files_below(
            &root().join("crates").join(part).join("src"),
            "rs",
        ));
    }
    let mut all = String::new();
    for line in files
        .iter()
        .map(|file| read(file))
        .collect::<String>()
        .lines()
    {
        match line.strip_suffix('\\') {
            Some(part) => all.push_str(part.trim_start()),
            None => {
                all.push_str(line.trim_start());
                all.push('\n');
            }
        }
    }
    all
}

#[test]
fn vrrpd_says_what_the_guide_to_troubleshooting_quotes() {
    let guide = read(&root().join("docs/guide/troubleshooting.md"));
    let sources = sources();
    let mut quotes = Vec::new();
    // A block in a list is indented.
    for block in guide.split("```text\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        quotes.extend(block.lines().map(str::trim).filter(|line| !line.is_empty()));
    }
    assert!(quotes.len() > 20, "{quotes:#?}");
    let unsaid: Vec<&str> = quotes
        .into_iter()
        .filter(|quote| {
            let mut parts = quote.split('…').map(str::trim);
            !parts.all(|part| sources.contains(part))
        })
        .collect();
    assert!(unsaid.is_empty(), "{unsaid:#?}");
}
