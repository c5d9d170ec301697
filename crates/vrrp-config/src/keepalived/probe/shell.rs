//! A shell script as a list of simple commands: enough to find a request in it, and no more.
//! Nothing is run.

use std::collections::HashMap;
use std::iter::Peekable;
use std::str::Chars;

/// A program with its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    words: Vec<String>,
    /// What `grep` behind a pipe looks for.
    grepped: Option<String>,
}

impl Command {
    /// The program's name without its directory, whatever stands before it.
    pub(super) fn program(&self) -> Option<&str> {
        self.split().map(|(program, _)| program)
    }

    pub(super) fn arguments(&self) -> &[String] {
        self.split().map_or(&[], |(_, arguments)| arguments)
    }

    pub(super) fn grepped(&self) -> Option<String> {
        self.grepped.clone()
    }

    fn split(&self) -> Option<(&str, &[String])> {
        const BEFORE: [&str; 15] = [
            "if", "then", "else", "elif", "while", "until", "do", "!", "{", "exec", "command",
            "sudo", "env", "nice", "time",
        ];
        let mut words = self.words.as_slice();
        while let [first, rest @ ..] = words {
            let name = first.rsplit('/').next().unwrap_or(first);
            if name == "timeout" {
                // Its options and the time.
                let options = rest.iter().take_while(|word| word.starts_with('-')).count();
                words = rest.get(options + 1..)?;
            } else if BEFORE.contains(&name) || assignment(first).is_some() {
                words = rest;
            } else {
                return Some((name, rest));
            }
        }
        None
    }

    /// The pattern, if the command is a `grep` for plain text.
    fn pattern(&self) -> Option<String> {
        if self.program()? != "grep" {
            return None;
        }
        let plain = |word: &&String| !word.starts_with('-');
        let [pattern] = *self.arguments().iter().filter(plain).collect::<Vec<_>>() else {
            return None;
        };
        let text = pattern.trim_start_matches('^').trim_end_matches('$');
        let inverted = self
            .arguments()
            .iter()
            .any(|word| word.starts_with('-') && word.contains('v'));
        let special =
            text.is_empty() || text.contains(['.', '*', '[', '\\', '|', '^', '$', '+', '?']);
        (!inverted && !special).then(|| text.to_owned())
    }
}

/// The commands of `script` in their order. Variables set in it by plain assignments are filled
/// in; a word with any other variable is dropped together with its command.
pub(super) fn commands(script: &str) -> Vec<Command> {
    let mut parser = Parser::default();
    parser.run(&mut script.chars().peekable());
    parser.commands
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let first = name.chars().next()?;
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (is_name && !first.is_ascii_digit()).then_some((name, value))
}

#[derive(Default)]
struct Parser {
    commands: Vec<Command>,
    variables: HashMap<String, String>,
    words: Vec<String>,
    word: Option<String>,
    /// Whether the command so far has a word whose value is not known.
    unknown: bool,
    /// Whether the next word is the file of a redirection.
    redirected: bool,
    /// Whether the command's input is the output of the one before.
    piped: bool,
    /// Whether the command before is the last in the list.
    kept: bool,
    /// Whether double quotes are open.
    quoted: bool,
    /// For each `$(` or backtick that is open: whether it stands between double quotes.
    nested: Vec<bool>,
    /// Whether a backtick is open.
    backtick: bool,
}

impl Parser {
    fn run(&mut self, characters: &mut Peekable<Chars<'_>>) {
        while let Some(character) = characters.next() {
            match character {
                '\\' => match characters.next() {
                    Some('\n') | None => {}
                    Some(next) => self.push(next),
                },
                '"' => {
                    self.quoted = !self.quoted;
                    self.word.get_or_insert_default();
                }
                '$' => self.dollar(characters),
                '`' if self.backtick => {
                    self.backtick = false;
                    self.leave();
                }
                '`' => {
                    self.backtick = true;
                    self.enter();
                }
                other if self.quoted => self.push(other),
                '\'' => {
                    self.word.get_or_insert_default();
                    for character in characters.by_ref().take_while(|c| *c != '\'') {
                        self.push(character);
                    }
                }
                ')' if !self.nested.is_empty() => self.leave(),
                '#' if self.word.is_none() => while characters.next_if(|c| *c != '\n').is_some() {},
                '>' | '<' => self.redirect(characters),
                '&' if characters.peek() == Some(&'>') => {}
                ' ' | '\t' | '\r' => self.end_word(),
                '|' => {
                    let pipe = characters.next_if_eq(&'|').is_none();
                    self.end_command();
                    self.piped = pipe;
                }
                '\n' | ';' | '&' | '(' | ')' => self.end_command(),
                other => self.push(other),
            }
        }
        self.end_command();
    }

    fn push(&mut self, character: char) {
        self.word.get_or_insert_default().push(character);
    }

    fn dollar(&mut self, characters: &mut Peekable<Chars<'_>>) {
        let name_part = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        match characters.peek().copied() {
            Some('(') => {
                characters.next();
                self.enter();
            }
            Some('{') => {
                characters.next();
                let inside: String = characters.by_ref().take_while(|c| *c != '}').collect();
                let (name, default) = match inside.split_once(":-") {
                    Some((name, default)) => (name, Some(default)),
                    None => (inside.as_str(), None),
                };
                self.variable(name, default);
            }
            Some(c) if name_part(&c) => {
                let mut name = String::new();
                while let Some(c) = characters.next_if(name_part) {
                    name.push(c);
                }
                self.variable(&name, None);
            }
            _ => self.push('$'),
        }
    }

    fn variable(&mut self, name: &str, default: Option<&str>) {
        match self.variables.get(name).map(String::as_str).or(default) {
            Some(value) => self.word.get_or_insert_default().push_str(value),
            None => self.unknown = true,
        }
    }

    /// A command within the command begins.
    fn enter(&mut self) {
        // What stands around it is of no use: it depends on what the inner command prints.
        self.nested.push(self.quoted);
        self.end_command();
        self.quoted = false;
    }

    fn leave(&mut self) {
        self.end_command();
        self.quoted = self.nested.pop().unwrap_or_default();
    }

    fn redirect(&mut self, characters: &mut Peekable<Chars<'_>>) {
        // The number of a file, as in 2>&1, is no word.
        if self
            .word
            .as_ref()
            .is_some_and(|word| word.chars().all(|c| c.is_ascii_digit()))
        {
            self.word = None;
        }
        self.end_word();
        while characters
            .next_if(|c| matches!(c, '>' | '<' | '&' | ' ' | '\t'))
            .is_some()
        {}
        self.redirected = true;
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.redirected)
        {
            self.words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.redirected = false;
        let command = Command {
            words: std::mem::take(&mut self.words),
            grepped: None,
        };
        let unknown = std::mem::take(&mut self.unknown);
        if command.words.is_empty() {
            return;
        }
        let kept = std::mem::take(&mut self.kept);
        let piped = std::mem::take(&mut self.piped) && kept;
        if unknown {
            return;
        }
        if command.words.iter().all(|word| assignment(word).is_some()) {
            let pairs = command.words.iter().filter_map(|word| assignment(word));
            self.variables
                .extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        } else if piped
            && let (Some(pattern), Some(last)) = (command.pattern(), self.commands.last_mut())
        {
            last.grepped = Some(pattern);
        } else {
            self.commands.push(command);
            self.kept = true;
        }
    }
}
