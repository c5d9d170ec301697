//! The URL of an http check, taken apart.

use hyper::Uri;

use crate::probe::dial::Endpoint;

/// Where a request goes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) tls: bool,
    pub(crate) endpoint: Endpoint,
    /// Host and, unless it is the scheme's own, port; as in the `Host` header.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
}

impl Target {
    /// Takes a URL apart, or says what is wrong with it.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url
            .parse()
            .map_err(|error: hyper::http::uri::InvalidUri| error.to_string())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            Some(other) => return Err(format!("scheme {other} is not http or https")),
            None => return Err("it does not begin with http:// or https://".into()),
        };
        let authority = uri.authority().ok_or("it has no host")?;
        if authority.as_str().contains('@') {
            return Err("user and password do not belong in it; use a header".into());
        }
        if url.contains('#') {
            return Err("a fragment (#…) is never sent".into());
        }
        let default = if tls { 443 } else { 80 };
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => default,
            Some(rest) => {
                let port = rest.trim_start_matches(':');
                port.parse()
                    .ok()
                    .filter(|port| *port != 0)
                    .ok_or(format!("{port} is not a port (1 to 65535)"))?
            }
            None => return Err("host and port cannot be told apart".into()),
        };
        let host = authority.host();
        let bare = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(host);
        if bare.is_empty() {
            return Err("it has no host".into());
        }
        Ok(Self {
            tls,
            endpoint: Endpoint {
                host: bare.to_owned(),
                port,
            },
            authority: if port == default {
                host.to_owned()
            } else {
                format!("{host}:{port}")
            },
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_yields_host_port_and_path() {
        let target = Target::parse("https://127.0.0.1:6443/healthz?verbose").expect("a URL");
        assert!(target.tls);
        assert_eq!(
            target.endpoint,
            Endpoint {
                host: "127.0.0.1".into(),
                port: 6443
            }
        );
        assert_eq!(
            (target.authority.as_str(), target.path.as_str()),
            ("127.0.0.1:6443", "/healthz?verbose")
        );
    }

    #[test]
    fn ports_default_to_the_schemes_own_and_brackets_stay_in_the_host_header_only() {
        let target = Target::parse("http://[::1]").expect("a URL");
        assert_eq!(
            target.endpoint,
            Endpoint {
                host: "::1".into(),
                port: 80
            }
        );
        assert_eq!(
            (target.authority.as_str(), target.path.as_str()),
            ("[::1]", "/")
        );
        assert_eq!(
            Target::parse("https://api/").expect("a URL").endpoint.port,
            443
        );
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        for bad in [
            "",
            "/healthz",
            "127.0.0.1:6443",
            "ftp://a/",
            "http://",
            "http://:80/",
            "http://a:0/",
            "http://a:65536/",
            "http://u:p@a/",
            "http://a/#b",
            "http://a b/",
        ] {
            assert!(Target::parse(bad).is_err(), "{bad} was accepted");
        }
    }
}
