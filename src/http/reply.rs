//! Answers: JSON, text, errors as `{"error": …}`, and streams of JSON lines.

use std::convert::Infallible;

use futures_util::{Stream, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// An answer, and whether it has an end.
#[derive(Debug)]
pub struct Reply {
    /// What is sent.
    pub response: Response<Body>,
    /// Whether it goes on for as long as the client listens, free of the request's deadline.
    pub endless: bool,
}

/// Text of any type.
#[must_use]
pub fn text(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut response = Response::new(Full::new(body.into()).boxed_unsync());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Reply {
        response,
        endless: false,
    }
}

/// A JSON document.
#[must_use]
pub fn json(status: StatusCode, document: &impl Serialize) -> Reply {
    match serde_json::to_vec_pretty(document) {
        Ok(mut bytes) => {
            bytes.push(b'\n');
            text(status, "application/json", bytes)
        }
        Err(cause) => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "application/json",
            format!("{}\n", serde_json::json!({ "error": cause.to_string() })),
        ),
    }
}

/// An error as `{"error": …}`.
#[must_use]
pub fn error(status: StatusCode, message: impl Into<String>) -> Reply {
    json(status, &serde_json::json!({ "error": message.into() }))
}

/// A stream of documents, one to a line.
#[must_use]
pub fn json_lines<T: Serialize + Send + 'static>(
    documents: impl Stream<Item = T> + Send + 'static,
) -> Reply {
    let frames = documents.filter_map(|document| async move {
        let mut line = serde_json::to_vec(&document).ok()?;
        line.push(b'\n');
        Some(Ok::<_, Infallible>(Frame::data(Bytes::from(line))))
    });
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    Reply {
        response,
        endless: true,
    }
}
