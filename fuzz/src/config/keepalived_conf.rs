//! Importing a keepalived.conf with what it includes, out of files in memory: the importer asks
//! for no others.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use vrrp_config::keepalived::{Effect, Files, ImportOptions, Imported, import_from};
use vrrp_config::{HostFacts, Text, parse_str};

use super::judge;

/// Begins the line before each further file; the rest of the line is its path.
const SEPARATOR: &str = "\n=====";

const DIRECTORY: &str = "/etc/keepalived";

/// The keepalived.conf, and further files behind lines of five equal signs and a path.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.split(SEPARATOR);
    let main = Path::new(DIRECTORY).join("keepalived.conf");
    let mut files = Memory::default();
    files
        .texts
        .insert(main.clone(), parts.next().unwrap_or_default().to_owned());
    for part in parts {
        let (path, text) = part.split_once('\n').unwrap_or((part, ""));
        let path = path.trim().replace(char::is_control, "");
        let path = Path::new(DIRECTORY).join(path);
        files.texts.entry(path).or_insert_with(|| text.to_owned());
    }
    files.known.borrow_mut().push(main.clone());
    let options = ImportOptions {
        config_id: Some("node1"),
    };
    match import_from(&files, &main, &options) {
        Ok(imported) => {
            accepted(&imported.yaml);
            lists(&imported, &files);
            let again = import_from(&files, &main, &options);
            assert_eq!(again.ok(), Some(imported), "another time, another result");
        }
        Err(error) => {
            let said = error.to_string();
            assert!(!said.is_empty());
            printable(&said, true);
        }
    }
}

/// Files in memory, and what of them may be read: what was found before.
#[derive(Default)]
struct Memory {
    texts: BTreeMap<PathBuf, String>,
    known: RefCell<Vec<PathBuf>>,
    reads: Cell<usize>,
}

impl Files for Memory {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let known = self.known.borrow();
        assert!(
            known.iter().any(|one| one == path),
            "{path:?} is read unseen"
        );
        self.reads.set(self.reads.get() + 1);
        assert!(self.reads.get() < 10_000, "reads without end");
        let text = self.texts.get(path).ok_or(io::ErrorKind::NotFound)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(text.bytes().take(limit).collect())
    }

    fn is_file(&self, path: &Path) -> bool {
        let found = self.texts.contains_key(path);
        if found {
            self.known.borrow_mut().push(path.to_owned());
        }
        found
    }

    fn matching(&self, pattern: &str) -> Vec<PathBuf> {
        assert!(!pattern.contains("**"), "{pattern} walks directories");
        let Ok(pattern) = glob::Pattern::new(pattern) else {
            return Vec::new();
        };
        let options = glob::MatchOptions {
            require_literal_separator: true,
            ..glob::MatchOptions::new()
        };
        let paths = self.texts.keys();
        let found: Vec<PathBuf> = paths
            .filter(|path| pattern.matches_path_with(path, options))
            .cloned()
            .collect();
        self.known.borrow_mut().extend(found.iter().cloned());
        found
    }
}

/// vrrpd takes it; keys that it does not serve yet are no fault of the importer.
fn accepted(yaml: &str) {
    printable(yaml, true);
    let text = Text {
        name: "vrrpd.yaml",
        text: yaml,
    };
    let loaded = parse_str(text, None, false, &HostFacts::default());
    judge::loaded(&loaded, &[text]);
    if let Err(said) = &loaded {
        for one in said {
            let excused = one.severity > vrrp_config::Severity::Error
                || one.message.contains("not supported yet");
            assert!(excused, "{said}\n{yaml}");
        }
    }
}

/// Both lists can be shown, a line each, and point into the files.
fn lists(imported: &Imported, files: &Memory) {
    let lines_of = |path: &Path| files.texts.get(path).map(|text| text.lines().count());
    for item in &imported.not_carried_over {
        assert!((1..=lines_of(&item.file).expect("a file")).contains(&item.line));
        assert!(
            !item.directive.is_empty() && !item.why.is_empty(),
            "{item:?}"
        );
        printable(&item.to_string(), false);
        assert!(matches!(item.effect, Effect::None | Effect::Changed));
    }
    for remark in &imported.remarks {
        assert!((1..=lines_of(&remark.file).expect("a file")).contains(&remark.line));
        printable(&remark.to_string(), false);
    }
}

/// Nothing that a terminal obeys.
fn printable(text: &str, lines: bool) {
    let harmless = |c: char| c == '\t' || (lines && c == '\n');
    let bad = text.chars().find(|c| c.is_control() && !harmless(*c));
    assert_eq!(bad, None, "{text:?}");
}
