//! Names of web servers: a host with perhaps a port, as `Host` names it, and an origin, as `Origin` and `public_urls` do.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

/// Longest name. Source: RFC 1035 section 2.3.4.
const NAME_CHARS_MAX: usize = 253;

/// Who is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// By address; an IPv4 address written as IPv6 is the IPv4 address.
    Address(IpAddr),
    /// By name, in small letters.
    Name(String),
}

/// A host, with its port where that is not the usual one of the scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Who.
    pub host: Host,
    /// Where.
    pub port: Option<u16>,
}

/// Scheme, host and port: what browsers tell web servers apart by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin {
    /// Whether the scheme is `https`; it is `http` otherwise.
    pub is_https: bool,
    /// Who.
    pub host: Host,
    /// Where, the usual port of the scheme written out.
    pub port: u16,
}

/// The text names no host, with or without a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no host, with or without a port")]
pub struct BadAuthority;

/// The text is no origin. The message says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no web address without a path: write it like https://roastery.example")]
pub struct BadOrigin(String);

impl Host {
    /// Whether it is this computer by a name that nobody else can have.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => address.is_loopback(),
            Self::Name(name) => name == "localhost",
        }
    }
}

impl FromStr for Authority {
    type Err = BadAuthority;

    fn from_str(text: &str) -> Result<Self, BadAuthority> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']').ok_or(BadAuthority)?;
                let address: Ipv6Addr = address.parse().map_err(|_| BadAuthority)?;
                let port = if port.is_empty() { None } else { Some(port.strip_prefix(':').ok_or(BadAuthority)?) };
                (Host::Address(IpAddr::V6(address).to_canonical()), port)
            }
            None => {
                let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
                (named(host)?, port)
            }
        };
        let read = |port: &str| match port.bytes().all(|b| b.is_ascii_digit()) {
            true => port.parse().ok().filter(|port| *port > 0).ok_or(BadAuthority),
            false => Err(BadAuthority),
        };
        Ok(Self { host, port: port.map(read).transpose()? })
    }
}

fn named(host: &str) -> Result<Host, BadAuthority> {
    let is_usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if host.is_empty() || host.len() > NAME_CHARS_MAX || !host.chars().all(is_usable) {
        return Err(BadAuthority);
    }
    Ok(host.parse().map_or_else(|_| Host::Name(host.to_ascii_lowercase()), Host::Address))
}

impl WebOrigin {
    /// An origin of these parts.
    pub fn new(is_https: bool, authority: &Authority) -> Self {
        let usual = if is_https { 443 } else { 80 };
        Self { is_https, host: authority.host.clone(), port: authority.port.unwrap_or(usual) }
    }
}

impl FromStr for WebOrigin {
    type Err = BadOrigin;

    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        let https = text.strip_prefix("https://").map(|rest| (true, rest));
        let http = || text.strip_prefix("http://").map(|rest| (false, rest));
        let (is_https, rest) = https.or_else(http).ok_or_else(|| BadOrigin(text.to_owned()))?;
        let authority = rest.parse().map_err(|BadAuthority| BadOrigin(text.to_owned()))?;
        Ok(Self::new(is_https, &authority))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_https, host, port } = self;
        match (is_https, port) {
            (true, 443) => write!(f, "https://{host}"),
            (true, port) => write!(f, "https://{host}:{port}"),
            (false, 80) => write!(f, "http://{host}"),
            (false, port) => write!(f, "http://{host}:{port}"),
        }
    }
}

impl Serialize for WebOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WebOrigin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_is_told_as_it_is_usually_written() {
        for (text, told) in [
            ("https://a.example", "https://a.example"),
            ("https://A.Example:443", "https://a.example"),
            ("http://a:8080", "http://a:8080"),
            ("http://a:443", "http://a:443"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://[fe80::1]", "https://[fe80::1]"),
            ("http://[::ffff:10.0.0.1]", "http://10.0.0.1"),
        ] {
            assert_eq!(text.parse::<WebOrigin>().map(|origin| origin.to_string()).as_deref(), Ok(told), "{text}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_none() {
        for bad in [
            "",
            "null",
            "*",
            "a.example",
            "https://",
            "https:///",
            "https://a/",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "ftp://a",
            "HTTPS://a",
            "http://a:0",
            "http://a:x",
            "http://a:",
            "http://a:+1",
            "http://a:65536",
            "http://u@a",
            "http://a b",
            "http://a,http://b",
            "http://[::1",
            "http://[::1]x",
            "http://::1",
            "http://[fe80::1%25eth0]",
            "http://*.a",
            "http://ä.example",
            "http://a\\b",
            "http://[10.0.0.1]",
        ] {
            assert!(bad.parse::<WebOrigin>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_this_computer_itself_is_loopback() {
        let is_loopback = |text: &str| text.parse::<Authority>().is_ok_and(|authority| authority.host.is_loopback());
        for here in ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]:80"] {
            assert!(is_loopback(here), "{here}");
        }
        for elsewhere in [
            "localhost.",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "0.0.0.0",
            "[::]",
            "10.0.0.1",
            "xn--localhost",
            "[::1",
            "::1",
            "[::1]x",
            "localhost:x",
            "evil@localhost",
            "",
        ] {
            assert!(!is_loopback(elsewhere), "{elsewhere}");
        }
    }
}
