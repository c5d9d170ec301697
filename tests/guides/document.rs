//! Commands of a document: what stands in its blocks marked `sh`, under a heading.

/// The commands under a heading of the second level.
pub(crate) fn commands(document: &str, heading: &str) -> String {
    let title = format!("\n## {heading}\n");
    let (_, section) = document
        .split_once(&title)
        .unwrap_or_else(|| panic!("there is no heading {heading:?}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = blocks(section, "sh");
    assert!(!blocks.is_empty(), "{heading:?} has no commands");
    blocks.join("\n")
}

/// What stands in the blocks of a language, in their order.
pub(crate) fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    text.split(&format!("\n```{language}\n"))
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect()
}
