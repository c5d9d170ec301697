//! `notify` and its kin: the scripts that are told of changes of state.

use crate::keepalived::Effect;
use crate::keepalived::convert::script::arguments;
use crate::keepalived::ledger::Ledger;
use crate::keepalived::output::Notify;
use crate::keepalived::tree::Directive;

/// The scripts of one state, with the state as vrrpd calls it.
const OF_STATES: [(&str, &str); 4] = [
    ("notify_master", "master"),
    ("notify_backup", "backup"),
    ("notify_fault", "fault"),
    ("notify_stop", "init"),
];

/// One command for all scripts of the instance that Keepalived calls `name`.
pub(super) fn convert(
    directives: &[&Directive],
    name: &str,
    ledger: &mut Ledger,
) -> Option<Notify> {
    let mut every = None;
    let mut of_states: Vec<(&str, Vec<String>)> = Vec::new();
    for directive in directives {
        let Some(command) = command(directive, ledger) else {
            continue;
        };
        match state_of(directive) {
            None => every = Some(command),
            Some(state) => {
                of_states.retain(|(known, _)| *known != state);
                of_states.push((state, command));
            }
        }
    }
    if let Some(every) = &mut every {
        // What Keepalived appends.
        let appended = ["INSTANCE", name, "{keepalived_state}", "{priority}"];
        every.extend(appended.map(str::to_owned));
    }
    let exec = match (every, of_states.as_slice()) {
        (every, []) => every?,
        (every, of_states) => by_state(of_states, every),
    };
    Some(Notify { exec })
}

/// The words of a script that vrrpd can run in the same way.
fn command(directive: &Directive, ledger: &mut Ledger) -> Option<Vec<String>> {
    let command = arguments(directive.arg(1).unwrap_or_default());
    let absolute = command
        .first()
        .is_some_and(|program| program.starts_with('/'));
    if !absolute {
        ledger.lost(
            directive,
            "`notify` takes the absolute path of a program, as there is no PATH to search",
        );
        return None;
    }
    if !directive.args(2).is_empty() {
        let why = "vrrpd runs commands as its own user and group, which have no privileges";
        ledger.part(directive, directive.text_from(2), why, Effect::Changed);
    }
    ledger.remark(
        &directive.origin,
        "the script runs as the user of vrrpd, without root's rights; see that it needs none",
    );
    Some(command)
}

fn state_of(directive: &Directive) -> Option<&'static str> {
    let known = OF_STATES
        .iter()
        .find(|(keyword, _)| *keyword == directive.keyword());
    known.map(|(_, state)| *state)
}

/// A shell tells the states apart: first the script of the state, then that of all states.
fn by_state(of_states: &[(&str, Vec<String>)], every: Option<Vec<String>>) -> Vec<String> {
    let cases: Vec<String> = of_states
        .iter()
        .map(|(state, command)| format!("{state}) {} ;;", quoted(command)))
        .collect();
    let mut script = format!("case {{state}} in {} esac", cases.join(" "));
    if let Some(every) = every {
        script = format!("{script}; {}", quoted(&every));
    }
    vec!["/bin/sh".to_owned(), "-c".to_owned(), script]
}

/// The command as a shell reads it back word for word.
fn quoted(command: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,{}".contains(c);
    let words = command.iter().map(|word| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
