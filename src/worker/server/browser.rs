//! A worker without a token is for programs of this host. A browser of this host runs pages from anywhere, and a page
//! can reach 127.0.0.1: under a name of its own that it points there, or across origins. Such requests are told apart
//! and refused, by the worker and by the metrics page.

use axum::http::{HeaderMap, Method, header};
use std::net::IpAddr;

/// What a browser says of where a request comes from; programs do not send it.
const FETCH_SITE: &str = "sec-fetch-site";
const JSON: &str = "application/json";

/// Whom a request may come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct OriginCheck {
    /// Only names of this host are the worker's: it listens on loopback.
    pub(super) loopback: bool,
}

impl OriginCheck {
    /// Refuses what a page in a browser could have sent: status and words. `own`: the call is of pinload's own
    /// protocol, whose bodies are JSON and say so. OMB's client says nothing of its bodies.
    pub(super) fn refuses(self, method: &Method, headers: &HeaderMap, own: bool) -> Option<(u16, &'static str)> {
        match self.foreign(headers) {
            Some(ForeignOrigin::Name) => {
                return Some((
                    403,
                    "this worker has no token and answers only to localhost and 127.0.0.1: call it by that name, or \
                     give it a token (--token-file)",
                ));
            }
            Some(ForeignOrigin::Page) => {
                return Some((
                    403,
                    "no page in a browser may call a worker without a token: give it one (--token-file)",
                ));
            }
            None => {}
        }
        let has_body = headers.contains_key(header::TRANSFER_ENCODING)
            || text(headers, header::CONTENT_LENGTH.as_str()).is_some_and(|length| length.trim() != "0");
        if *method != Method::POST || !has_body {
            return None;
        }
        let is_json = match text(headers, header::CONTENT_TYPE.as_str()) {
            Some(kind) => kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON)),
            None => !own,
        };
        (!is_json).then_some((415, "a body has the content type application/json"))
    }

    /// What is strange about where a request comes from.
    pub(super) fn foreign(self, headers: &HeaderMap) -> Option<ForeignOrigin> {
        if self.loopback && !text(headers, header::HOST.as_str()).is_some_and(is_loopback) {
            return Some(ForeignOrigin::Name);
        }
        let by_hand = text(headers, FETCH_SITE).is_none_or(|site| site == "none");
        (headers.contains_key(header::ORIGIN) || !by_hand).then_some(ForeignOrigin::Page)
    }
}

/// Where a request comes from that is not this host's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ForeignOrigin {
    /// It asks for another name than this host's.
    Name,
    /// A page in a browser sent it.
    Page,
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

/// `localhost`, `127.0.0.1:8080`, `[::1]:8080`.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(ipv6) => ipv6.split(']').next().unwrap_or(""),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &Method, own: bool, loopback: bool, headers: &[(&'static str, &'static str)]) -> Option<u16> {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), header::HeaderValue::from_static(value)));
        OriginCheck { loopback }.refuses(method, &headers.collect(), own).map(|(status, _)| status)
    }

    #[test]
    fn only_names_of_this_host_are_answered_to() {
        for host in ["localhost", "LocalHost:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080"] {
            assert_eq!(status(&Method::GET, false, true, &[("host", host)]), None, "{host}");
        }
        for host in
            ["evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "", "10.0.0.1", "[fe80::1]:1"]
        {
            assert_eq!(status(&Method::GET, false, true, &[("host", host)]), Some(403), "{host}");
            assert_eq!(status(&Method::GET, false, false, &[("host", host)]), None, "{host}");
        }
        assert_eq!(status(&Method::GET, false, true, &[]), Some(403));
    }

    #[test]
    fn pages_are_refused_and_what_a_user_types_is_not() {
        let here = ("host", "localhost");
        for from in [("origin", "http://evil.example"), ("origin", "null"), ("origin", "http://localhost")] {
            assert_eq!(status(&Method::POST, false, true, &[here, from]), Some(403), "{from:?}");
        }
        for (site, refused) in [("none", None), ("cross-site", Some(403)), ("same-origin", Some(403))] {
            assert_eq!(status(&Method::GET, false, true, &[here, ("sec-fetch-site", site)]), refused, "{site}");
        }
    }

    #[test]
    fn bodies_are_json_and_ombs_may_leave_that_unsaid() {
        let of = |own, more: &[(&'static str, &'static str)]| {
            let headers = [&[("host", "localhost"), ("content-length", "7")], more].concat();
            status(&Method::POST, own, true, &headers)
        };
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!((of(true, &[json]), of(false, &[json]), of(false, &[])), (None, None, None));
        assert_eq!(of(true, &[]), Some(415));
        for kind in ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
            assert_eq!(of(false, &[("content-type", kind)]), Some(415), "{kind}");
        }
        let without = [("host", "localhost"), ("content-length", "0")];
        assert_eq!(status(&Method::POST, true, true, &without), None);
        let chunked = [("host", "localhost"), ("transfer-encoding", "chunked")];
        assert_eq!(status(&Method::POST, true, true, &chunked), Some(415));
    }
}
