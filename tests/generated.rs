//! What is made from definitions is read by those it is for: manual pages by `man`, completions by
//! the shells.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a program says; it has to end well.
fn said(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{command:?}: {stdout}{stderr}");
    assert_eq!(stderr, "", "{command:?}");
    stdout
}

fn vrrpd(arguments: &[&str]) -> String {
    said(Command::new(env!("CARGO_BIN_EXE_vrrpd")).args(arguments))
}

/// A page as `man` shows it; each warning of the formatter is an error.
fn shown(page: &Path) -> String {
    said(
        Command::new("man")
            .args(["--warnings", "--encoding=UTF-8", "--local-file"])
            .arg(page)
            .env("LC_ALL", "C.UTF-8")
            .env("MANWIDTH", "80")
            .env_remove("MAN_KEEP_FORMATTING")
            .env("MANPAGER", "cat"),
    )
}

#[test]
fn man_shows_every_page_without_a_warning() {
    let directory = tempfile::tempdir().expect("a directory");
    vrrpd(&["man", "--dir", directory.path().to_str().expect("text")]);
    let mut seen = Vec::new();
    for entry in fs::read_dir(directory.path()).expect("pages") {
        let path = entry.expect("an entry").path();
        let text = shown(&path);
        let name = path.file_name().expect("a name").to_string_lossy();
        for part in ["NAME", "SYNOPSIS"] {
            assert!(text.contains(part), "{name}:\n{text}");
        }
        seen.push(name.into_owned());
    }
    for wanted in ["vrrpd.8", "vrrpd-status.8", "vrrpd.yaml.5"] {
        assert!(seen.iter().any(|name| name == wanted), "{seen:?}");
    }
}

#[test]
fn the_page_of_the_configuration_has_every_key_with_its_bounds() {
    let directory = tempfile::tempdir().expect("a directory");
    vrrpd(&["man", "--dir", directory.path().to_str().expect("text")]);
    let text = shown(&directory.path().join("vrrpd.yaml.5"));
    let schema: serde_json::Value =
        serde_json::from_str(&vrrpd(&["schema"])).expect("a JSON document");
    let parts = schema["$defs"].as_object().expect("parts").values();
    let mut seen = 0;
    for part in parts.chain([&schema]) {
        for key in part["properties"].as_object().expect("keys").keys() {
            let line = format!("{key}: ");
            let found = text
                .lines()
                .any(|shown| shown.trim_start().starts_with(&line));
            assert!(found, "{key} is not in\n{text}");
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen} keys");
    assert!(text.contains("priority: number, 1 to 255"), "{text}");
}

/// Writes the completions of a shell into a file of its own.
fn completions(shell: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), vrrpd(&["completions", shell])).expect("written");
    file
}

#[test]
fn bash_completes_commands_and_options() {
    let file = completions("bash");
    let path = file.path().to_str().expect("text");
    said(Command::new("bash").args(["-n", path]));
    let complete = |words: &str, last: &str| {
        let script = format!(
            "source {path}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            function=$(complete -p vrrpd | sed 's/.*-F \\([^ ]*\\).*/\\1/')
            \"$function\" vrrpd '{last}' ''; echo \"${{COMPREPLY[*]}}\""
        );
        said(Command::new("bash").args(["--norc", "-c", &script]))
    };
    assert_eq!(complete("vrrpd und", "und"), "undrain\n");
    assert_eq!(complete("vrrpd status --wa", "--wa"), "--watch\n");
}

#[test]
fn zsh_and_fish_take_their_completions() {
    let file = completions("zsh");
    said(Command::new("zsh").arg("-n").arg(file.path()));
    let file = completions("fish");
    let home = tempfile::tempdir().expect("a directory");
    said(Command::new("fish").arg("--no-execute").arg(file.path()));
    let script = format!(
        "source {}; complete --do-complete 'vrrpd und'",
        file.path().display()
    );
    let found = said(
        Command::new("fish")
            .args(["--no-config", "-c", &script])
            .env("HOME", home.path()),
    );
    assert!(found.starts_with("undrain"), "{found}");
}
