//! The control server over a real socket: what it answers, and what it does not put up with.

mod events;
mod limits;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::client::{Client, ClientError};
use super::{Control, ControlSocket, serve, status_document};
use crate::daemon::command::Request;
use crate::events::{EventLog, What};
use crate::http::Limits;
use crate::testing;

/// Longer than anything here takes on the slowest machine.
const LONG: Duration = Duration::from_secs(30);

struct Server {
    directory: TempDir,
    events: Arc<EventLog>,
    requests: mpsc::UnboundedReceiver<Request>,
}

impl Server {
    fn start(limits: Limits) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let socket = ControlSocket::bind(&directory.path().join("s")).expect("a free path");
        let events = Arc::new(EventLog::default());
        let (sender, requests) = mpsc::unbounded_channel();
        let control = Control {
            view: testing::view(),
            events: Arc::clone(&events),
            requests: sender,
        };
        tokio::spawn(serve(socket, control, limits));
        Self {
            directory,
            events,
            requests,
        }
    }

    fn path(&self) -> std::path::PathBuf {
        self.directory.path().join("s")
    }

    fn client(&self) -> Client {
        Client::new(&self.path())
    }

    async fn next_request(&mut self) -> Request {
        timeout(LONG, self.requests.recv())
            .await
            .expect("in time")
            .expect("a request")
    }
}

async fn connect(path: &Path) -> UnixStream {
    UnixStream::connect(path).await.expect("it listens")
}

async fn send(path: &Path, text: &[u8]) -> String {
    let mut stream = connect(path).await;
    // The server may have answered and closed before it read all of an oversized request.
    let _ = stream.write_all(text).await;
    let mut answer = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .expect("an end in time");
    String::from_utf8_lossy(&answer).into_owned()
}

fn error_of(answer: &str) -> String {
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    let document: serde_json::Value = serde_json::from_str(body).expect("JSON");
    document["error"].as_str().expect("an error").to_owned()
}

#[test]
fn the_status_document_has_every_field_of_the_contract() {
    let mut document = serde_json::to_value(status_document(&testing::view())).expect("JSON");
    document["pid"] = 1.into();
    document["started_at"] = "then".into();
    for check in document["checks"].as_array_mut().expect("a list") {
        check["since"] = "then".into();
    }
    for instance in document["instances"].as_array_mut().expect("a list") {
        if let Some(master) = instance["master"].as_object_mut() {
            let heard = master
                .insert("last_heard_ms".into(), 0.into())
                .expect("it is there");
            assert!(
                heard.as_u64().is_some_and(|millis| millis < 10_000),
                "{heard}"
            );
        }
        for peer in instance["peers"].as_array_mut().expect("a list") {
            if !peer["last_heard_ms"].is_null() {
                peer["last_heard_ms"] = 0.into();
            }
        }
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).expect("JSON"));
}

#[tokio::test]
async fn a_drain_of_a_backend_names_both() {
    let mut server = Server::start(Limits::default());
    let client = server.client();
    let both = [("load_balancer", "apiserver"), ("backend", "10.0.50.12")];
    let drain = tokio::spawn({
        let client = client.clone();
        async move { client.command("backend/drain", &both).await }
    });
    let Request::Backend {
        balancer,
        backend,
        drained,
        reply,
    } = server.next_request().await
    else {
        panic!("another request")
    };
    assert_eq!(
        (&*balancer, &*backend, drained),
        ("apiserver", "10.0.50.12", true)
    );
    reply.send(Ok(())).expect("it waits");
    drain.await.expect("no panic").expect("done");
    let half = client.command("backend/undrain", &both[..1]).await;
    let error = half.expect_err("one is missing").to_string();
    assert!(error.contains("both needed"), "{error}");
}

#[tokio::test]
async fn status_comes_through_the_socket() {
    let server = Server::start(Limits::default());
    let (raw, status) = server.client().status().await.expect("an answer");
    assert_eq!(status.instances[0].name, "control-plane");
    assert_eq!(status.pid, std::process::id());
    assert!(raw.starts_with(b"{"));
}

#[tokio::test]
async fn commands_reach_the_daemon_and_its_answer_comes_back() {
    let mut server = Server::start(Limits::default());
    let client = server.client();

    let drain = tokio::spawn({
        let client = client.clone();
        async move { client.command("drain", &[]).await }
    });
    let Request::Drain(reply) = server.next_request().await else {
        panic!("not a drain")
    };
    reply.send(Ok(())).expect("somebody waits");
    drain.await.expect("no panic").expect("drained");

    let resign = tokio::spawn({
        let client = client.clone();
        async move {
            client
                .command("resign", &[("instance", "say \"v6\"")])
                .await
        }
    });
    let Request::Resign { instance, reply } = server.next_request().await else {
        panic!("not a resign")
    };
    assert_eq!(instance.as_deref(), Some("say \"v6\""));
    reply
        .send(Err("it is not master".into()))
        .expect("somebody waits");
    let error = resign.await.expect("no panic").expect_err("refused");
    assert_eq!(error.to_string(), "it is not master");

    let reload = tokio::spawn(async move { client.command("reload", &[]).await });
    let Request::Reload(reply) = server.next_request().await else {
        panic!("not a reload")
    };
    reply
        .send(Err("vrrpd.yaml:3:5: no".into()))
        .expect("somebody waits");
    let error = reload.await.expect("no panic").expect_err("refused");
    assert!(
        matches!(
            &error,
            ClientError::Refused {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn resigning_an_unknown_instance_names_those_there_are() {
    let server = Server::start(Limits::default());
    let error = server
        .client()
        .command("resign", &[("instance", "x")])
        .await;
    let text = error.expect_err("unknown").to_string();
    assert_eq!(
        text,
        "there is no instance \"x\"; there are: control-plane, say \"v6\""
    );
}

#[tokio::test]
async fn a_daemon_that_does_not_answer_is_reported_as_such() {
    let limits = Limits {
        answer: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::start(limits);
    let error = server
        .client()
        .command("drain", &[])
        .await
        .expect_err("nobody answers");
    assert!(
        error.to_string().contains("did not answer drain within"),
        "{error}"
    );
}

#[tokio::test]
async fn a_stopping_daemon_says_so() {
    let Server {
        directory,
        requests,
        events: _events,
    } = Server::start(Limits::default());
    drop(requests);
    let client = Client::new(&directory.path().join("s"));
    let error = client
        .command("undrain", &[])
        .await
        .expect_err("nobody takes it");
    assert!(error.to_string().contains("is stopping"), "{error}");
}

#[tokio::test]
async fn wrong_paths_methods_and_parameters_are_told_apart() {
    let server = Server::start(Limits::default());
    for (line, code, words) in [
        ("GET /v1/nothing", "404", "there is no /v1/nothing"),
        ("GET /v1/drain", "405", "takes POST"),
        ("POST /v1/status", "405", "takes GET"),
        (
            "GET /v1/events?since=yesterday",
            "400",
            "how long ago, such as 10m",
        ),
        ("GET /v1/events?follow=perhaps", "400", "true or false"),
        (
            "GET /v1/events?until=0",
            "400",
            "there is only `since` and `follow`",
        ),
        ("POST /v1/resign?name=x", "400", "there is only `instance`"),
    ] {
        let text = format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        let answer = send(&server.path(), text.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {code}")),
            "{line}: {answer}"
        );
        assert!(error_of(&answer).contains(words), "{line}: {answer}");
    }
}

#[tokio::test]
async fn without_a_daemon_the_client_says_how_to_start_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("absent");
    let error = Client::new(&path).status().await.expect_err("nobody there");
    assert!(error.no_daemon());
    assert!(
        error.to_string().contains("systemctl start vrrpd"),
        "{error}"
    );
}
