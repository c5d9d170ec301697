//! Headers of a check, with values from the environment and from files.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::ProbeError;

/// The longest value from a file, in bytes: service account tokens have about 1,000.
const FILE_LIMIT: u64 = 16 * 1024;

/// Headers that the protocol itself needs to decide on.
const RESERVED: [&str; 5] = [
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
];

/// Header templates, checked once and filled in for each probe.
#[derive(Debug)]
pub(crate) struct Headers(Vec<(HeaderName, Vec<Part>)>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
    File(PathBuf),
}

impl Headers {
    /// Reads the templates; an error names the header and what is wrong.
    pub(crate) fn parse(headers: &[(String, String)]) -> Result<Self, (String, String)> {
        let read = |(name, value): &(String, String)| {
            let fail = |reason: &str| (name.clone(), reason.to_owned());
            let header: HeaderName = name.parse().map_err(|_| fail("not a header name"))?;
            if RESERVED.contains(&header.as_str()) {
                return Err(fail("the connection's own business; it cannot be set"));
            }
            let parts = parts(value).map_err(|reason| fail(&reason))?;
            Ok((header, parts))
        };
        headers.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The headers with every variable and file as it is now.
    pub(crate) fn render(&self) -> Result<HeaderMap, ProbeError> {
        let mut map = HeaderMap::with_capacity(self.0.len());
        for (name, parts) in &self.0 {
            let secret = parts.iter().any(|part| !matches!(part, Part::Text(_)));
            let mut text = String::new();
            for part in parts {
                part.append_to(&mut text)
                    .map_err(|reason| ProbeError::Secret {
                        header: name.to_string(),
                        origin: part.origin(),
                        reason,
                    })?;
            }
            let mut value = HeaderValue::from_str(&text).map_err(|_| ProbeError::Secret {
                header: name.to_string(),
                origin: parts
                    .iter()
                    .map(Part::origin)
                    .collect::<Vec<_>>()
                    .join(" and "),
                reason: "the value has characters that a header cannot carry".into(),
            })?;
            value.set_sensitive(secret || matches!(name.as_str(), "authorization" | "cookie"));
            map.append(name, value);
        }
        Ok(map)
    }
}

impl Part {
    fn append_to(&self, text: &mut String) -> Result<(), String> {
        match self {
            Self::Text(part) => text.push_str(part),
            Self::Variable(name) => {
                text.push_str(&std::env::var(name).map_err(|error| error.to_string())?);
            }
            Self::File(path) => {
                let mut content = String::new();
                let read = File::open(path)
                    .and_then(|file| file.take(FILE_LIMIT + 1).read_to_string(&mut content));
                if read.map_err(|error| error.to_string())? as u64 > FILE_LIMIT {
                    return Err(format!("longer than {FILE_LIMIT} bytes"));
                }
                text.push_str(content.trim_end_matches(['\r', '\n']));
            }
        }
        Ok(())
    }

    fn origin(&self) -> String {
        match self {
            Self::Text(_) => "the text".into(),
            Self::Variable(name) => format!("environment variable {name}"),
            Self::File(path) => format!("file {}", path.display()),
        }
    }
}

fn parts(template: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            text.push('$');
            rest = after;
            continue;
        }
        let (name, after) = after
            .strip_prefix('{')
            .and_then(|after| after.split_once('}'))
            .ok_or("a $ is followed by {NAME}, {file:/path} or another $")?;
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(match name.strip_prefix("file:") {
            Some(path) if path.starts_with('/') => Part::File(path.into()),
            Some(path) => return Err(format!("{path} is not an absolute path")),
            None if name.is_empty() || name.contains(['=', '\0', ':']) => {
                return Err(format!(
                    "{name:?} is not the name of an environment variable"
                ));
            }
            None => Part::Variable(name.to_owned()),
        });
        rest = after;
    }
    text.push_str(rest);
    if HeaderValue::from_str(&text).is_err() {
        return Err("the value has characters that a header cannot carry".into());
    }
    if !text.is_empty() || parts.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> Result<Headers, (String, String)> {
        Headers::parse(&[("Authorization".to_owned(), value.to_owned())])
    }

    fn rendered(value: &str) -> Result<String, ProbeError> {
        let map = headers(value).expect("a valid header").render()?;
        let value = map.get("authorization").expect("the header");
        Ok(value.to_str().expect("text").to_owned())
    }

    #[test]
    fn a_file_is_read_anew_each_time_without_its_trailing_newline() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "first\n").expect("write");
        let headers =
            headers(&format!("Bearer ${{file:{}}}!", file.path().display())).expect("valid");
        let value =
            |headers: &Headers| headers.render().expect("rendered")["authorization"].clone();
        assert_eq!(value(&headers), "Bearer first!");
        assert!(value(&headers).is_sensitive());
        std::fs::write(file.path(), "second\r\n").expect("write");
        assert_eq!(value(&headers), "Bearer second!");
    }

    #[test]
    fn a_variable_is_filled_in_and_a_double_dollar_is_one() {
        let home = std::env::var("PATH").expect("PATH is set");
        assert_eq!(
            rendered("a $${PATH} ${PATH}").expect("rendered"),
            format!("a ${{PATH}} {home}")
        );
    }

    #[test]
    fn what_is_missing_fails_the_probe_and_names_itself() {
        let error = rendered("${VRRPD_SURELY_NOT_SET}").expect_err("not set");
        assert!(
            error.to_string().contains("VRRPD_SURELY_NOT_SET"),
            "{error}"
        );
        let error = rendered("${file:/nonexistent/token}").expect_err("no file");
        assert!(error.to_string().contains("/nonexistent/token"), "{error}");
    }

    #[test]
    fn an_endless_file_is_refused() {
        let error = rendered("${file:/dev/zero}").expect_err("endless");
        assert!(error.to_string().contains("longer than"), "{error}");
    }

    #[test]
    fn malformed_templates_are_refused_at_the_start() {
        for bad in [
            "$",
            "a$b",
            "${",
            "${}",
            "${file:}",
            "${file:token}",
            "${env:X}",
            "line\nbreak",
        ] {
            assert!(headers(bad).is_err(), "{bad} was accepted");
        }
        let named = |name: &str| Headers::parse(&[(name.to_owned(), String::new())]);
        assert!(named("Connection").is_err());
        assert!(named("bad name").is_err());
        assert!(named("X-Fine").is_ok());
    }
}
