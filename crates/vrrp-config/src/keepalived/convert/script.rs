//! `vrrp_script`: checks of this host.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::names::Names;
use super::{no_more_words, of, reasons, track, words};
use crate::keepalived::ledger::Ledger;
use crate::keepalived::number::show;
use crate::keepalived::output::{Check, Probe, Timing};
use crate::keepalived::probe::{self, Found};
use crate::keepalived::tree::Directive;
use crate::keepalived::{Effect, Files, files};

/// How much of a script is looked at, in bytes.
const MOST_BYTES: u64 = 64 << 10;

/// Every `vrrp_script` of the file; only what is tracked becomes a check.
pub(super) struct Scripts<'a> {
    files: &'a dyn Files,
    directory: &'a Path,
    scripts: HashMap<&'a str, &'a Directive>,
    converted: HashMap<&'a str, Option<Script>>,
    names: Names,
    checks: Vec<Check>,
}

/// A script that became a check.
#[derive(Debug)]
pub(super) struct Script {
    /// Of the check.
    pub(super) name: String,
    pub(super) weight: i64,
    pub(super) reverse: bool,
}

impl<'a> Scripts<'a> {
    pub(super) fn new(
        tree: &'a [Directive],
        files: &'a dyn Files,
        directory: &'a Path,
        ledger: &mut Ledger,
    ) -> Self {
        let mut scripts = HashMap::new();
        for directive in of(tree, "vrrp_script") {
            let name = directive.arg(1).unwrap_or_default();
            if scripts.insert(name, directive).is_some() {
                ledger.remark(
                    &directive.origin,
                    format!("{name} is defined again; this one is taken"),
                );
            }
        }
        Self {
            files,
            directory,
            scripts,
            converted: HashMap::new(),
            names: Names::default(),
            checks: Vec::new(),
        }
    }

    /// The script that Keepalived calls `name`, which something tracks.
    pub(super) fn tracked(&mut self, name: &str, ledger: &mut Ledger) -> Option<&Script> {
        let (&name, &directive) = self.scripts.get_key_value(name)?;
        if !self.converted.contains_key(name) {
            let script = self.convert(name, directive, ledger);
            self.converted.insert(name, script);
        }
        self.converted.get(name)?.as_ref()
    }

    /// The checks, in the order in which they are tracked.
    pub(super) fn close(self, ledger: &mut Ledger) -> Vec<Check> {
        for (name, directive) in &self.scripts {
            if !self.converted.contains_key(name) {
                let why = "no instance tracks it; Keepalived does not run it either";
                ledger.note_all(directive, why, Effect::None);
            }
        }
        self.checks
    }

    fn convert(
        &mut self,
        name: &str,
        directive: &'a Directive,
        ledger: &mut Ledger,
    ) -> Option<Script> {
        let mut interval = Duration::from_secs(1);
        let mut timeout = None;
        let (mut fall, mut rise) = (1, 1);
        let (mut weight, mut reverse) = (0, false);
        for inner in directive.block() {
            match inner.keyword() {
                "script" => no_more_words(inner, 2, ledger),
                "interval" => interval = positive(inner, ledger).unwrap_or(interval),
                "timeout" => timeout = positive(inner, ledger).or(timeout),
                "fall" => fall = words::whole(inner, 1..=255, ledger).unwrap_or(fall),
                "rise" => rise = words::whole(inner, 1..=255, ledger).unwrap_or(rise),
                "weight" => (weight, reverse) = script_weight(inner, ledger),
                _ => {
                    let (effect, why) = reasons::script(inner.keyword());
                    ledger.note_all(inner, why, effect);
                }
            }
        }
        let Some(script) = directive.find("script") else {
            ledger.lost(directive, "it has no `script`");
            return None;
        };
        let (probe, limit) = self.probe(script, ledger)?;
        let timeout = timeout.unwrap_or(interval);
        let timeout = limit.map_or(timeout, |limit| limit.min(timeout));
        let name = self.names.give(name, "check");
        let timing = Timing {
            interval: show(interval),
            timeout: show(timeout),
            fall,
            rise,
        };
        self.checks.push(Check {
            name: name.clone(),
            probe,
            timing,
        });
        Some(Script {
            name,
            weight,
            reverse,
        })
    }

    /// What the script asks, and after which time it gives up by itself.
    fn probe(
        &self,
        directive: &Directive,
        ledger: &mut Ledger,
    ) -> Option<(Probe, Option<Duration>)> {
        let Some(script) = directive
            .arg(1)
            .map(str::trim)
            .filter(|script| !script.is_empty())
        else {
            ledger.lost(directive, "it is empty");
            return None;
        };
        if let Some(address) = probe::tcp(script) {
            return Some((
                Probe::Tcp {
                    address: Some(address),
                },
                None,
            ));
        }
        if let Some(found) = probe::http(script) {
            note_http(&found, None, directive, ledger);
            return Some((Probe::Http(found.http), found.timeout));
        }
        let arguments = arguments(script);
        for word in &arguments {
            if let Some((file, text)) = self.script_file(word)
                && let Some(found) = probe::http(&text)
            {
                note_http(&found, Some(&file), directive, ledger);
                return Some((Probe::Http(found.http), found.timeout));
            }
        }
        let command = if script.starts_with('/') {
            arguments
        } else {
            // The path is searched for the program, as Keepalived does it.
            vec!["/bin/sh".to_owned(), "-c".to_owned(), script.to_owned()]
        };
        Some((Probe::Exec { command }, None))
    }

    /// The text of the script that `word` names: as it is, or beside the configuration.
    fn script_file(&self, word: &str) -> Option<(PathBuf, String)> {
        let path = Path::new(word);
        if !path.is_absolute() {
            return None;
        }
        let beside = self.directory.join(path.file_name()?);
        [path.to_owned(), beside].into_iter().find_map(|path| {
            if !self.files.is_file(&path) {
                return None;
            }
            let bytes = self.files.read(&path, MOST_BYTES).ok()?;
            let text = files::text(&bytes);
            text.starts_with("#!").then_some((path, text))
        })
    }
}

fn note_http(found: &Found, file: Option<&Path>, directive: &Directive, ledger: &mut Ledger) {
    let url = &found.http.url;
    if let Some(file) = file {
        let file = file.display();
        let text =
            format!("the check asks for {url}, as {file} does; whatever else that does is gone");
        ledger.remark(&directive.origin, text);
    }
    if found.any_status && found.http.body.is_none() {
        let text = format!("curl took any answer of {url}; the check wants a status of 2xx");
        ledger.remark(&directive.origin, text);
    }
}

fn positive(directive: &Directive, ledger: &mut Ledger) -> Option<Duration> {
    let time = words::seconds(directive, ledger)?;
    if time < Duration::from_millis(10) || time > Duration::from_secs(3600) {
        ledger.lost(directive, "vrrpd takes 10 ms to 1 h");
        return None;
    }
    Some(time)
}

/// `weight N [reverse]` in a script.
fn script_weight(directive: &Directive, ledger: &mut Ledger) -> (i64, bool) {
    // Written as behind a tracked name, with the keyword in front of it.
    let mut line = directive.clone();
    line.words.insert(0, String::new());
    track::adjustment(&line, (0, false), ledger)
}

/// The words of a command; single and double quotes keep blanks.
pub(super) fn arguments(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in command.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, _) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}
