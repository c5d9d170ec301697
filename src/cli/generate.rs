//! What is made from definitions: completions and manual pages from the command line's, the JSON
//! Schema from the configuration's.

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

pub(super) fn man(dir: Option<&Path>) -> ExitCode {
    let command = Cli::command();
    match dir {
        Some(dir) => match clap_mangen::generate_to(command, dir) {
            Ok(()) => ExitCode::SUCCESS,
            Err(cause) => {
                let message = format!("could not write manual pages to {}: {cause}", dir.display());
                exit::fail(exit::FAILED, &message)
            }
        },
        None => {
            let mut page = Vec::new();
            written(
                Man::new(command)
                    .render(&mut page)
                    .and_then(|()| terminal::print(&page)),
            )
        }
    }
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
