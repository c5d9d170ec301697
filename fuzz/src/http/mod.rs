//! Targets of what speaks HTTP: the control socket, to which anyone in its group may write, and
//! the http check, which reads what a sick server answers. Both over a stream in memory.

pub mod control_request;
pub mod http_answer;

use std::future::Future;

/// Runs `work` on a runtime of its own, of one thread.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime needs no more than a timer");
    runtime.block_on(work)
}

/// The input in pieces, as a network delivers it: `seed` decides their lengths.
fn pieces(mut input: &[u8], seed: u8) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut length = usize::from(seed);
    while !input.is_empty() {
        let (piece, rest) = match length {
            0 => (input, &[][..]),
            _ => input.split_at(length.min(input.len())),
        };
        pieces.push(piece);
        input = rest;
        length = length * 2 + 1;
    }
    pieces
}
