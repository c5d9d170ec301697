//! `vrrpd status`: once or over and over, for people or for machines.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use super::{StatusArgs, client, exit, table, terminal};
use crate::control::client::{Client, ClientError};

/// Pause between two looks with `--watch`.
const WATCH_PAUSE: Duration = Duration::from_secs(1);

pub(super) fn status(args: &StatusArgs) -> ExitCode {
    let daemon = Client::new(&args.socket.socket);
    client::block_on(async {
        if args.watch {
            return watch(&daemon, args.json).await;
        }
        match look(&daemon, args.json).await {
            // Nobody may be reading; the exit code is the answer.
            Ok((text, code)) => {
                let _ = terminal::print(&text);
                if args.alive {
                    return ExitCode::SUCCESS;
                }
                ExitCode::from(code)
            }
            Err(error) => exit::fail(exit::of_client_error(&error), &error),
        }
    })
}

async fn look(daemon: &Client, json: bool) -> Result<(Vec<u8>, u8), ClientError> {
    let (bytes, status) = daemon.status().await?;
    let code = exit::of_status(&status);
    if json {
        return Ok((bytes.to_vec(), code));
    }
    let colour = terminal::colour(&io::stdout());
    let text = table::render(&status, SystemTime::now(), terminal::width(), colour);
    Ok((text.into_bytes(), code))
}

/// Ends only when interrupted or when nobody reads: a daemon that is not there may come back.
async fn watch(daemon: &Client, json: bool) -> ExitCode {
    let screen = io::stdout().is_terminal() && !json;
    loop {
        let text = match look(daemon, json).await {
            Ok((text, _)) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) if screen => format!("{error}\n"),
            Err(error) => {
                eprintln!("vrrpd: {error}");
                String::new()
            }
        };
        let text = if screen { repaint(&text) } else { text };
        if terminal::print(text.as_bytes()).is_err() {
            return ExitCode::SUCCESS;
        }
        tokio::time::sleep(WATCH_PAUSE).await;
    }
}

/// Paints over what was there before, without the flicker of clearing it first.
fn repaint(text: &str) -> String {
    let lines = text.replace('\n', "\x1b[K\n");
    format!("\x1b[H{lines}\x1b[J")
}
