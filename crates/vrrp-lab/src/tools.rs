//! Finds the programs that run in the lab, and builds those of this repository so that they are
//! never older than its sources.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::error::{LabError, Result};

/// The vrrpd binary: `VRRPD_BIN`, or what Cargo gives a test, or built from this repository, or
/// beside this program, or on PATH.
///
/// # Errors
/// There is none, or it does not build.
pub fn vrrpd() -> Result<PathBuf> {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    once(&FOUND, || {
        find(
            "vrrpd",
            &["VRRPD_BIN", "CARGO_BIN_EXE_vrrpd", "NEXTEST_BIN_EXE_vrrpd"],
        )
    })
}

/// The vrrp-lab binary: this program itself, or found as [`vrrpd`] is, by `VRRP_LAB_BIN`.
///
/// # Errors
/// There is none, or it does not build.
pub fn vrrp_lab() -> Result<PathBuf> {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    once(&FOUND, || {
        if let Ok(exe) = env::current_exe()
            && exe.file_name().is_some_and(|name| name == "vrrp-lab")
        {
            return Ok(exe);
        }
        let keys = [
            "VRRP_LAB_BIN",
            "CARGO_BIN_EXE_vrrp-lab",
            "NEXTEST_BIN_EXE_vrrp-lab",
        ];
        find("vrrp-lab", &keys)
    })
}

/// A program on PATH or where Debian keeps those for root.
///
/// # Errors
/// It is not installed.
pub fn on_path(program: &str) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path)
        .chain(usual)
        .map(|directory| directory.join(program))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| LabError::NoProgram {
            program: program.to_owned(),
            why: "it is not on PATH".to_owned(),
            hint: format!("install the package that has {program}"),
        })
}

/// The root of the repository this crate was built from, if it is still there.
#[must_use]
pub fn repository() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?;
    root.join("crates/vrrp-lab/Cargo.toml")
        .is_file()
        .then(|| root.to_owned())
}

fn once(cell: &OnceLock<PathBuf>, find: impl FnOnce() -> Result<PathBuf>) -> Result<PathBuf> {
    if let Some(path) = cell.get() {
        return Ok(path.clone());
    }
    let path = find()?;
    Ok(cell.get_or_init(|| path).clone())
}

fn find(program: &str, keys: &[&str]) -> Result<PathBuf> {
    for key in keys {
        if let Some(path) = env::var_os(key).map(PathBuf::from) {
            return if path.is_file() {
                Ok(path)
            } else {
                Err(LabError::NoProgram {
                    program: program.to_owned(),
                    why: format!("{key} names {}, which is no file", path.display()),
                    hint: format!("correct or unset {key}"),
                })
            };
        }
    }
    let directory = profile_directory();
    let cargo = env::var_os("CARGO")
        .map(PathBuf::from)
        .or_else(|| on_path("cargo").ok());
    if let (Some(root), Some(cargo)) = (repository(), cargo) {
        let profile = directory
            .as_deref()
            .and_then(Path::file_name)
            .and_then(|name| name.to_str());
        return build(&cargo, &root, program, profile.unwrap_or("debug"));
    }
    match directory.map(|directory| directory.join(program)) {
        Some(sibling) if sibling.is_file() => Ok(sibling),
        _ => on_path(program),
    }
}

/// `target/PROFILE` of the running program, which may be a test in `deps` below it.
fn profile_directory() -> Option<PathBuf> {
    let exe = env::current_exe().ok()?;
    let directory = exe.parent()?;
    let is_below = directory
        .file_name()
        .is_some_and(|name| name == "deps" || name == "examples");
    if is_below {
        directory.parent()
    } else {
        Some(directory)
    }
    .map(Path::to_owned)
}

/// Builds `program` and returns where Cargo put it.
fn build(cargo: &Path, root: &Path, program: &str, profile: &str) -> Result<PathBuf> {
    let problem = |why: String| LabError::NoProgram {
        program: program.to_owned(),
        why,
        hint: format!("build it with: cargo build -p {program}"),
    };
    // Cargo's own name for the profile whose directory is called `debug` is `dev`; anything
    // that is no profile of ours gets the default.
    let profile = if profile == "release" {
        "release"
    } else {
        "dev"
    };
    let output = Command::new(cargo)
        .args(["build", "--package", program, "--bin", program])
        .args([
            "--profile",
            profile,
            "--message-format",
            "json-render-diagnostics",
        ])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| problem(format!("cargo does not start: {error}")))?;
    if !output.status.success() {
        return Err(problem(format!("cargo build ended with {}", output.status)));
    }
    executable(&output.stdout, program)
        .ok_or_else(|| problem("cargo build named no executable".to_owned()))
}

/// The executable named in Cargo's machine-readable messages.
fn executable(messages: &[u8], program: &str) -> Option<PathBuf> {
    messages
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == program)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}
