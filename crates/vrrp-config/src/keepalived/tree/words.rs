//! Splitting a line into words and braces: quotes and what a backslash means between them.

use std::iter::Peekable;
use std::str::Chars;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Open,
    Close,
}

/// The pieces of `line`, and whether every quote is closed.
///
/// A brace is a piece of its own wherever it stands, except between quotes and in `${name}`.
pub(super) fn split(line: &str) -> (Vec<Token>, bool) {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut complete = true;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            ' ' | '\t' | '\r' | '\n' => tokens.extend(word.take().map(Token::Word)),
            '{' | '}' => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(if character == '{' {
                    Token::Open
                } else {
                    Token::Close
                });
            }
            '"' | '\'' => {
                complete &= quoted(character, &mut characters, word.get_or_insert_default());
            }
            '$' if characters.peek() == Some(&'{') => {
                let word = word.get_or_insert_default();
                word.push('$');
                for character in characters.by_ref() {
                    word.push(character);
                    if character == '}' {
                        break;
                    }
                }
            }
            '\\' => escaped(&mut characters, word.get_or_insert_default()),
            other => word.get_or_insert_default().push(other),
        }
    }
    tokens.extend(word.map(Token::Word));
    (tokens, complete)
}

/// Reads up to the closing `quote`; `false` if there is none.
fn quoted(quote: char, characters: &mut Peekable<Chars<'_>>, word: &mut String) -> bool {
    while let Some(character) = characters.next() {
        match character {
            '\\' => escaped(characters, word),
            other if other == quote => return true,
            other => word.push(other),
        }
    }
    false
}

/// Reads what stands behind a backslash.
fn escaped(characters: &mut Peekable<Chars<'_>>, word: &mut String) {
    let Some(character) = characters.next() else {
        word.push('\\');
        return;
    };
    let meant = match character {
        'a' => '\x07',
        'b' => '\x08',
        'E' => '\x1b',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '0'..='7' => digits(Some(character), 8, 3, characters),
        'x' => digits(None, 16, 2, characters),
        'c' => characters
            .next()
            .and_then(|letter| u8::try_from(letter).ok())
            .map_or('c', |letter| char::from(letter & 0x1f)),
        other => other,
    };
    word.push(meant);
}

/// A character by its number, of which `first` may have been read already.
fn digits(
    first: Option<char>,
    radix: u32,
    most: usize,
    characters: &mut Peekable<Chars<'_>>,
) -> char {
    let mut number = first
        .and_then(|digit| digit.to_digit(radix))
        .unwrap_or_default();
    let mut count = usize::from(first.is_some());
    while count < most
        && let Some(digit) = characters.peek().and_then(|digit| digit.to_digit(radix))
    {
        characters.next();
        number = number * radix + digit;
        count += 1;
    }
    char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
}
