//! What a client writes to the control socket: it is answered by a whole HTTP answer, or the
//! connection ends; the daemon is asked for no more than one thing, and only by a POST to where
//! that thing is.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Mutex, mpsc};
use vrrpd::control::{Control, serve_on};
use vrrpd::daemon::command::Request;
use vrrpd::events::EventLog;
use vrrpd::http::{Accept, Limits, Peer};
use vrrpd::view::DaemonView;

use super::{block_on, pieces};

/// Never reached: whoever has asked hangs up.
const LONG: Duration = Duration::from_secs(30);

const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// Every status that docs and code know.
const STATUSES: [u16; 13] = [
    200, 400, 404, 405, 408, 409, 413, 414, 422, 431, 500, 503, 504,
];

/// A byte that says in what pieces, and what the client writes.
pub fn run(input: &[u8]) {
    let [seed, request @ ..] = input else { return };
    let (answer, asked) = block_on(ask(request, *seed));
    judge_answer(&answer);
    assert!(asked.len() <= 1, "{asked:?}");
    if let Some(asked) = asked.first() {
        let text = String::from_utf8_lossy(request);
        assert!(text.contains("POST"), "{asked} without a POST");
        assert!(text.contains(&format!("/v1/{asked}")), "{asked} unasked");
    }
}

/// What comes back, and what the daemon was asked for.
async fn ask(request: &[u8], seed: u8) -> (Vec<u8>, Vec<&'static str>) {
    let (ours, theirs) = duplex(1 << 20);
    let (sender, mut requests) = mpsc::unbounded_channel();
    let control = Control {
        view: Arc::new(DaemonView::default()),
        events: Arc::new(EventLog::default()),
        requests: sender,
    };
    let listener = Once(Mutex::new(Some(theirs)));
    let mut asked = Vec::new();
    let daemon = async {
        while let Some(request) = requests.recv().await {
            let (name, reply) = match request {
                Request::Resign { reply, .. } => ("resign", reply),
                Request::Drain(reply) => ("drain", reply),
                Request::Undrain(reply) => ("undrain", reply),
                Request::Reload(reply) => ("reload", reply),
                Request::Backend {
                    drained: true,
                    reply,
                    ..
                } => ("backend/drain", reply),
                Request::Backend { reply, .. } => ("backend/undrain", reply),
                Request::Shutdown => unreachable!("no client can ask for that"),
            };
            asked.push(name);
            let _ = reply.send(if seed.is_multiple_of(2) {
                Ok(())
            } else {
                Err("no".into())
            });
        }
    };
    let answer = tokio::select! {
        biased;
        () = serve_on(listener, control, Limits::default()) => unreachable!("it serves for ever"),
        () = daemon => unreachable!("its sender lives as long"),
        answer = converse(ours, request, seed) => answer,
    };
    (answer, asked)
}

/// Writes, and reads until the other side hangs up; of the events, which have no end, what is
/// there.
async fn converse(mut stream: DuplexStream, request: &[u8], seed: u8) -> Vec<u8> {
    let mut answer = Vec::new();
    for piece in pieces(request, seed) {
        if stream.write_all(piece).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let endless = String::from_utf8_lossy(request).contains("/v1/events");
    let patience = if endless {
        Duration::from_millis(2)
    } else {
        LONG
    };
    let _ = stream.shutdown().await;
    let read = tokio::time::timeout(patience, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok() || endless, "no end to {answer:?}");
    answer
}

fn judge_answer(answer: &[u8]) {
    if answer.is_empty() {
        return;
    }
    let text = std::str::from_utf8(answer).expect("an answer in UTF-8");
    // Who waits with the body is told to send it.
    let text = text.strip_prefix(CONTINUE).unwrap_or(text);
    if text.is_empty() {
        return;
    }
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
    let status = head.strip_prefix("HTTP/1.").expect("HTTP/1");
    let status: u16 = status[2..5].parse().expect("a status");
    assert!(STATUSES.contains(&status), "{status}");
    if head.contains("application/json") && !body.is_empty() {
        let document: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(document.get("error").is_some(), status != 200, "{body}");
    }
}

/// One connection, then none.
struct Once(Mutex<Option<DuplexStream>>);

impl Accept for Once {
    type Stream = DuplexStream;

    async fn accept(&self) -> io::Result<(DuplexStream, Peer)> {
        match self.0.lock().await.take() {
            Some(stream) => Ok((stream, Peer::Unknown)),
            None => std::future::pending().await,
        }
    }
}
