//! Wording shared by all messages: quoting, near spellings, lists of words.

/// The text in quotes, without control characters, cut where it is long.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .collect::<String>()
        .escape_debug()
        .collect();
    if text.chars().count() > LONGEST {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// The name among `known` that `given` was probably meant to be.
pub(crate) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let normal = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let wanted = normal(given);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&wanted, &normal(name)), name))
        .filter(|(distance, name)| *distance <= (name.len().max(given.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `a, b or c`.
pub(crate) fn or(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., end] => format!("{} or {end}", first.join(", ")),
    }
}
