//! Requests as the perimeter sees them: what they call the daemon, what they could do, and what a browser says of them.

use std::net::IpAddr;

use actix_web::http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, CONTENT_ENCODING, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, UPGRADE,
};
use actix_web::http::{Method, Uri, Version};

use super::Refusal;
use crate::dialects::Name;
use crate::http::door::{SESSION_COOKIE, bearer_token, key};

/// Longest path. To find the route of a long one takes the web server long. Unit: bytes.
pub(super) const PATH_BYTES_MAX: usize = 1024;
/// As much of what a stranger sent as is told back.
const SHOWN_CHARS: usize = 100;
/// From where a browser has a request, in relation to here, and for what. Source: W3C Fetch Metadata.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// A request as the perimeter sees it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) version: Version,
    pub(super) headers: &'a HeaderMap,
    /// The other end of the connection.
    pub(super) direct: IpAddr,
    /// This end of it.
    pub(super) reached: Option<IpAddr>,
    /// What is spoken at its path.
    pub(super) dialect: Name,
}

impl<'a> Asked<'a> {
    /// What it calls the daemon: in its `Host`, and by HTTP/2 in its address. Source: RFC 9113, 8.3.1.
    pub(super) fn authority(&self) -> Result<&'a str, Refusal> {
        let mut hosts = self.headers.get_all(HOST);
        let in_address = self.uri.authority().map(|authority| authority.as_str());
        let host = match (hosts.next(), hosts.next(), in_address) {
            (Some(host), None, _) => host,
            (None, None, Some(authority)) if self.version == Version::HTTP_2 => return Ok(authority),
            _ => return Err(Refusal::NoHost),
        };
        let host = host.to_str().map_err(|_| Refusal::Host(shown(&String::from_utf8_lossy(host.as_bytes()))))?;
        match in_address {
            Some(other) if !other.eq_ignore_ascii_case(host) => Err(Refusal::Host(shown(other))),
            Some(_) | None => Ok(host),
        }
    }

    /// Whether it changes something, or is a socket, through which one can.
    fn is_a_deed(&self) -> bool {
        !matches!(*self.method, Method::GET | Method::HEAD | Method::OPTIONS) || self.headers.contains_key(UPGRADE)
    }

    /// Whether it is let in by what a browser sends along with whatever asks.
    fn has_cookie(&self) -> bool {
        let is_ours = |line: &HeaderValue| String::from_utf8_lossy(line.as_bytes()).contains(SESSION_COOKIE);
        bearer_token(self.headers).is_none() && self.headers.get_all(COOKIE).any(is_ours)
    }

    /// Whether it may come without a word of the page that it comes from.
    pub(super) fn is_unsaid(&self) -> Result<(), Refusal> {
        let is_a_deed = self.is_a_deed();
        if is_a_deed && self.has_cookie() {
            return Err(Refusal::NoOrigin);
        }
        if self.is_of_another_site() && (is_a_deed || !self.is_followed()) {
            return Err(Refusal::Embedded(key(self.dialect)));
        }
        Ok(())
    }

    /// Whether a browser says that a page of somebody else has it ask.
    fn is_of_another_site(&self) -> bool {
        self.headers.get_all(FETCH_SITE).any(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"))
    }

    /// Whether somebody goes there, as by a link, and sees what comes.
    fn is_followed(&self) -> bool {
        self.headers.get_all(FETCH_DEST).any(|whither| whither.as_bytes() == b"document")
    }

    /// Whether a browser asks what it may ask.
    pub(super) fn is_preflight(&self) -> bool {
        *self.method == Method::OPTIONS && self.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Whether it can be looked at for what it costs: an encoding would have to be undone before a body can be measured.
    pub(super) fn is_plain(&self) -> Result<(), Refusal> {
        if self.uri.path().len() > PATH_BYTES_MAX {
            return Err(Refusal::TooLong);
        }
        match self.headers.get_all(CONTENT_ENCODING).find(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
        {
            Some(coding) => Err(Refusal::Encoded(shown(&String::from_utf8_lossy(coding.as_bytes())))),
            None => Ok(()),
        }
    }
}

/// What a stranger sent, as it is told back.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect()
}
