//! What is made from definitions: completions and manual pages from the command line's, the JSON
//! Schema and a manual page from the configuration's.

use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, exit, terminal};

pub(super) fn completions(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vrrpd", &mut script);
    written(terminal::print(&script))
}

/// `vrrpd(8)` on standard output, or every page into a directory.
pub(super) fn man(dir: Option<&Path>) -> ExitCode {
    let mut command = Cli::command();
    command.build();
    match dir {
        Some(dir) => match write_pages(&command, dir) {
            Ok(()) => ExitCode::SUCCESS,
            Err(cause) => {
                let message = format!("could not write manual pages to {}: {cause}", dir.display());
                exit::fail(exit::FAILED, &message)
            }
        },
        None => written(whole(&command).and_then(|text| terminal::print(&text))),
    }
}

/// The page of a command, among those for administrators.
fn page(command: &clap::Command) -> Man {
    Man::new(command.clone()).section("8")
}

fn write_pages(command: &clap::Command, dir: &Path) -> io::Result<()> {
    for subcommand in command.get_subcommands() {
        page(subcommand).generate_to(dir)?;
    }
    fs::write(dir.join("vrrpd.8"), whole(command)?)?;
    fs::write(dir.join("vrrpd.yaml.5"), vrrp_config::manual())
}

/// The page of the program itself, which refers to that of the configuration.
fn whole(command: &clap::Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    page(command).render(&mut text)?;
    text.extend_from_slice(b".SH \"SEE ALSO\"\n\\fBvrrpd.yaml\\fR(5)\n");
    Ok(text)
}

pub(super) fn schema() -> ExitCode {
    written(terminal::print(
        format!("{:#}\n", vrrp_config::json_schema()).as_bytes(),
    ))
}

fn written(outcome: io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => exit::fail(exit::FAILED, &format!("could not write: {cause}")),
    }
}
