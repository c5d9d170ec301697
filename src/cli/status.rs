//! `vrrpd status`: for people or for machines.

use std::io;
use std::process::ExitCode;
use std::time::SystemTime;

use super::{StatusArgs, client, exit, table, terminal, watch};
use crate::control::client::{Client, ClientError};

pub(super) fn status(args: &StatusArgs) -> ExitCode {
    let daemon = Client::new(&args.socket.socket);
    client::block_on(async {
        if args.watch {
            return watch::watch(&daemon, args.json).await;
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
