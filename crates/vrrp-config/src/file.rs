//! Reading a configuration file into memory, within bounds.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, Location, Source};
use crate::yaml::MAX_BYTES;

/// The text of the file at `path`.
///
/// # Errors
/// The file cannot be read, is too long, or is not UTF-8.
pub(crate) fn read(path: &Path) -> Result<String, Diagnostics> {
    let name = path.display();
    let failed = |error: &std::io::Error| -> Diagnostics {
        Diagnostic::error(format!("cannot read {name}: {error}"))
            .with_hint(match error.kind() {
                std::io::ErrorKind::NotFound => "give the file with --config FILE, or create it",
                std::io::ErrorKind::PermissionDenied => "let the user that vrrpd runs as read it",
                _ => "give a regular file that can be read",
            })
            .into()
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| failed(&error))?;
    if bytes.len() > MAX_BYTES {
        return Err(
            Diagnostic::error(format!("{name} is longer than {MAX_BYTES} bytes"))
                .with_hint("this is no configuration of vrrpd")
                .into(),
        );
    }
    String::from_utf8(bytes).map_err(|error| not_utf8(path, &error).into())
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> Diagnostic {
    let name = path.display().to_string();
    let good = error.utf8_error().valid_up_to();
    let source = Source::new(name.clone(), String::from_utf8_lossy(error.as_bytes()));
    let hint = match error.as_bytes() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file is UTF-16: save it as UTF-8",
        _ => "save the file as UTF-8",
    };
    // What is valid before the bad byte is the same in the lossy text.
    Diagnostic::error(format!("{name} is not UTF-8 text"))
        .with_location(Location::new(source.into(), good, good + 3))
        .with_hint(hint)
}
