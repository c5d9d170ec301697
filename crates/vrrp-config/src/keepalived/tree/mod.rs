//! From lines to directives: words, and blocks of directives within each other.

mod words;

use super::ImportError;
use super::ledger::Ledger;
use super::source::{Line, Origin};
use words::Token;

const DEEPEST: usize = 32;

/// How much of a directive is shown to people, in characters.
const SHOWN: usize = 80;

/// A keyword, its arguments, and perhaps a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) origin: Origin,
    /// At least one; quotes are gone.
    pub(super) words: Vec<String>,
    /// `None`: there are no braces.
    pub(super) block: Option<Vec<Directive>>,
}

impl Directive {
    /// The first word.
    pub(super) fn keyword(&self) -> &str {
        self.arg(0).unwrap_or_default()
    }

    /// The word at `index`; the keyword has index 0.
    pub(super) fn arg(&self, index: usize) -> Option<&str> {
        self.words.get(index).map(String::as_str)
    }

    /// The words from `index` on.
    pub(super) fn args(&self, index: usize) -> &[String] {
        self.words.get(index..).unwrap_or_default()
    }

    /// The directives between the braces.
    pub(super) fn block(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }

    /// The directive of that name in the block; the last one, as Keepalived has it.
    pub(super) fn find(&self, keyword: &str) -> Option<&Directive> {
        self.block()
            .iter()
            .rfind(|inner| inner.keyword() == keyword)
    }

    /// The directive for people: on one line, not too long, without passwords.
    pub(super) fn text(&self) -> String {
        self.text_from(0)
    }

    /// The same for the words from `index` on.
    pub(super) fn text_from(&self, index: usize) -> String {
        let secret = |word: &String| ["auth_pass", "password"].contains(&word.as_str());
        let open = self
            .words
            .iter()
            .position(secret)
            .map_or(self.words.len(), |position| position + 1);
        let mut words = self.words.get(index..open).unwrap_or_default().to_vec();
        if open < self.words.len() {
            words.push("***".to_owned());
        }
        let text = words.join(" ");
        let mut shown: String = text
            .chars()
            .map(|character| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            })
            .take(SHOWN)
            .collect();
        if text.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        if shown.trim().is_empty() {
            shown = "\"\"".to_owned();
        }
        shown
    }
}

/// A block that is not closed yet.
struct Open {
    directive: Directive,
    inner: Vec<Directive>,
}

/// Makes directives of `lines`.
pub(super) fn build(lines: &[Line], ledger: &mut Ledger) -> Result<Vec<Directive>, ImportError> {
    let mut top = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for line in lines {
        let origin = &line.origin;
        let (tokens, complete) = words::split(&line.text);
        if !complete {
            ledger.remark(
                origin,
                "a quote is not closed; the text up to the end of the line is taken",
            );
        }
        let mut words = Vec::new();
        for token in tokens {
            let scope = open.last_mut().map_or(&mut top, |block| &mut block.inner);
            match token {
                Token::Word(word) => words.push(word),
                Token::Open => {
                    flush(&mut words, origin, scope);
                    let directive = scope
                        .pop_if(|last| last.block.is_none())
                        .ok_or_else(|| nameless(origin))?;
                    if open.len() == DEEPEST {
                        let (file, line) = (origin.file.to_path_buf(), origin.line);
                        let what = "blocks";
                        return Err(ImportError::TooDeep {
                            file,
                            line,
                            what,
                            limit: DEEPEST,
                        });
                    }
                    open.push(Open {
                        directive,
                        inner: Vec::new(),
                    });
                }
                Token::Close => {
                    flush(&mut words, origin, scope);
                    let Open {
                        mut directive,
                        inner,
                    } = open.pop().ok_or_else(|| extra(origin))?;
                    directive.block = Some(inner);
                    open.last_mut()
                        .map_or(&mut top, |block| &mut block.inner)
                        .push(directive);
                }
            }
        }
        flush(
            &mut words,
            origin,
            open.last_mut().map_or(&mut top, |block| &mut block.inner),
        );
    }
    match open.pop() {
        None => Ok(top),
        Some(Open { directive, .. }) => Err(ImportError::UnclosedBlock {
            file: directive.origin.file.to_path_buf(),
            line: directive.origin.line,
            directive: directive.text(),
        }),
    }
}

fn flush(words: &mut Vec<String>, origin: &Origin, scope: &mut Vec<Directive>) {
    if !words.is_empty() {
        let words = std::mem::take(words);
        scope.push(Directive {
            origin: origin.clone(),
            words,
            block: None,
        });
    }
}

fn nameless(origin: &Origin) -> ImportError {
    ImportError::NamelessBlock {
        file: origin.file.to_path_buf(),
        line: origin.line,
    }
}

fn extra(origin: &Origin) -> ImportError {
    ImportError::ExtraBrace {
        file: origin.file.to_path_buf(),
        line: origin.line,
    }
}
