//! `~SEQ(var, start, step, end)` and `~LST(var, value, …)`: a line for each of several values.

/// One round: names and what they stand for.
pub(super) type Round = Vec<(String, String)>;

/// A line that is to be read several times.
#[derive(Debug)]
pub(super) struct Repeat<'a> {
    pub(super) rounds: Vec<Round>,
    /// The line behind the parenthesis.
    pub(super) rest: &'a str,
}

/// Reads a line that begins with `~`; `None` for any other. At most `limit` rounds.
pub(super) fn parse(text: &str, limit: usize) -> Option<Result<Repeat<'_>, &'static str>> {
    let (keyword, arguments) = text.strip_prefix('~')?.split_once('(')?;
    let Some((arguments, rest)) = arguments.split_once(')') else {
        return Some(Err("the parenthesis is not closed"));
    };
    let rounds = match keyword.trim() {
        "SEQ" => sequence(arguments, limit, |number| number.to_string()),
        "SEQx" => sequence(arguments, limit, |number| {
            let sign = if number < 0 { "-" } else { "" };
            format!("{sign}{:x}", number.unsigned_abs())
        }),
        "LST" => list(arguments),
        _ => return None,
    };
    Some(rounds.map(|rounds| Repeat {
        rounds,
        rest: rest.trim_start(),
    }))
}

fn sequence(
    arguments: &str,
    limit: usize,
    show: impl Fn(i64) -> String,
) -> Result<Vec<Round>, &'static str> {
    let mut parts = arguments.split(',').map(str::trim);
    let name = parts
        .next()
        .filter(|name| is_name(name))
        .ok_or("the variable has no name")?;
    let numbers: Vec<i64> = parts
        .map(|part| integer(part).ok_or("a bound is no number"))
        .collect::<Result<_, _>>()?;
    let direction = |from: i64, to: i64| if to >= from { 1 } else { -1 };
    let (start, step, end) = match *numbers.as_slice() {
        [end] => {
            let start = if end > 0 { 1 } else { -1 };
            (start, direction(start, end), end)
        }
        [start, end] => (start, direction(start, end), end),
        [start, step, end] => (start, step, end),
        _ => return Err("write ~SEQ(variable, start, step, end)"),
    };
    if step == 0 {
        return Err("a step of 0 never ends");
    }
    let mut rounds = Vec::new();
    let mut number = start;
    while if step > 0 {
        number <= end
    } else {
        number >= end
    } {
        if rounds.len() == limit {
            return Err("it has too many values");
        }
        rounds.push(vec![(name.to_owned(), show(number))]);
        let Some(next) = number.checked_add(step) else {
            break;
        };
        number = next;
    }
    Ok(rounds)
}

fn list(arguments: &str) -> Result<Vec<Round>, &'static str> {
    let mut items = split(arguments).into_iter();
    let names: Vec<&str> = items.next().ok_or("it has no variable")?;
    if !names.iter().all(|name| is_name(name)) {
        return Err("the variable has no name");
    }
    let rounds: Vec<Round> = items
        .map(|values| {
            if values.len() != names.len() {
                return Err("there are not as many values as variables");
            }
            let pairs = names.iter().zip(values);
            Ok(pairs
                .map(|(name, value)| ((*name).to_owned(), value.to_owned()))
                .collect())
        })
        .collect::<Result<_, _>>()?;
    if rounds.is_empty() {
        Err("it has no values")
    } else {
        Ok(rounds)
    }
}

/// The parts between commas; a part in braces has parts itself.
fn split(mut text: &str) -> Vec<Vec<&str>> {
    let mut parts = Vec::new();
    loop {
        text = text.trim_start();
        let (part, rest) = match text.strip_prefix('{').and_then(|text| text.split_once('}')) {
            Some((inside, rest)) => (
                inside.split(',').map(str::trim).collect(),
                rest.trim_start().strip_prefix(','),
            ),
            None => match text.split_once(',') {
                Some((part, rest)) => (vec![part.trim()], Some(rest)),
                None => (vec![text.trim()], None),
            },
        };
        parts.push(part);
        match rest {
            Some(rest) => text = rest,
            None => return parts,
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let number = match digits.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    number
        .ok()
        .filter(|number| *number >= 0)
        .map(|number| sign * number)
}
