//! Taking the comment off a line.

/// `line` without its comment and the blanks around it. A comment begins with `#` or `!`, unless
/// that stands between double quotes or behind a backslash. Single quotes do not protect it:
/// Keepalived 2.2.7 does not heed them either.
pub(super) fn strip(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '#' | '!' if !quoted => break,
            '"' => quoted = !quoted,
            '\\' => match characters.peek().copied() {
                Some(mark @ ('#' | '!')) if !quoted => {
                    characters.next();
                    text.push(mark);
                    continue;
                }
                Some(next) => {
                    characters.next();
                    text.push(character);
                    text.push(next);
                    continue;
                }
                None => {}
            },
            _ => {}
        }
        text.push(character);
    }
    text.trim().to_owned()
}
