//! Peers: who asks. Judged once per request, before anything is let in: the connection says it, and trusted proxies may say more.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::http::Version;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, VIA};
use actix_web::{HttpMessage, HttpRequest};

use crate::config::network::Network;

/// From whom a proxy has a request. Source: in common use; the standard is RFC 7239.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How they came to the proxy.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// What they called it.
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// By what else a proxy is known. Source: in common use, by nginx, Cloudflare and Akamai.
const OF_PROXIES: [HeaderName; 3] = [
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("true-client-ip"),
];

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Who, behind the trusted proxies.
    pub address: IpAddr,
    /// Whose connection it is: the same, or a trusted proxy.
    pub by: IpAddr,
    /// Whether somebody stands in between whom nobody vouches for.
    pub is_forwarded: bool,
    /// Whether it names this computer as its `Host`, by a name that nobody else can have.
    pub is_loopback_host: bool,
    /// Whether it was encrypted on its way here, or to the trusted proxy that it came to.
    pub is_https: bool,
    /// Whether a page of another origin asks, which must bring a token: the cookies of its browser are none of its own.
    pub is_foreign_page: bool,
}

/// What the headers of a trusted proxy say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed {
    /// Who asks; [`None`] where it is not said, or cannot be read.
    pub address: Option<IpAddr>,
    /// Whether they came encrypted; [`None`] where it is not said.
    pub is_https: Option<bool>,
    /// What they called the proxy.
    pub host: Option<String>,
}

/// A proxy passes on headers of two kinds that contradict each other: one of them is the client's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Forwarded and X-Forwarded-For name different addresses: have the proxy in server.trusted_proxies remove the one that it does \
     not set itself"
)]
pub struct Contradiction;

/// What one element of `Forwarded` says.
#[derive(Default)]
struct Hop<'a> {
    whom: Option<&'a str>,
    proto: Option<&'a str>,
    host: Option<&'a str>,
}

/// Who asks, as it was judged; the other end of the connection where it was not.
pub fn of(request: &HttpRequest) -> Peer {
    let direct = || {
        let address = direct(request.peer_addr());
        Peer {
            address,
            by: address,
            is_forwarded: true,
            is_loopback_host: false,
            is_https: false,
            is_foreign_page: true,
        }
    };
    request.extensions().get().cloned().unwrap_or_else(direct)
}

/// The other end of a connection.
pub fn direct(peer: Option<SocketAddr>) -> IpAddr {
    peer.map_or(Ipv4Addr::LOCALHOST.into(), |peer| peer.ip().to_canonical())
}

/// Whether a request came through somebody, by what it says and how: HTTP before 1.1 is spoken by nginx, where nobody told it otherwise,
/// and by no browser.
pub fn is_forwarded(version: Version, headers: &HeaderMap) -> bool {
    let is_of_proxy = |name: &HeaderName| name.as_str().starts_with("x-forwarded-") || OF_PROXIES.contains(name);
    version < Version::HTTP_11
        || headers.contains_key(FORWARDED)
        || headers.contains_key(VIA)
        || headers.keys().any(is_of_proxy)
}

/// Reads what a trusted proxy says: the client is the rightmost one that is no trusted proxy itself.
///
/// # Errors
/// When it says two things.
pub fn passed(headers: &HeaderMap, proxies: &[Network]) -> Result<Passed, Contradiction> {
    let forwarded = texts(headers, &FORWARDED);
    let hops: Vec<Hop<'_>> = elements(&forwarded, ',').into_iter().map(Hop::read).collect();
    let usual = texts(headers, &FORWARDED_FOR);
    let usual = client(elements(&usual, ',').into_iter().map(Some), proxies);
    let standard = client(hops.iter().map(|hop| hop.whom), proxies);
    let address = match (usual, standard) {
        (Some(one), Some(other)) if one != other => return Err(Contradiction),
        (one, other) => one.or(other).flatten(),
    };
    let last = |name| texts(headers, &name).last().and_then(|text| Some(elements(&[*text], ',').last()?.to_string()));
    let proto = last(FORWARDED_PROTO).or_else(|| Some(hops.last()?.proto?.to_owned()));
    let host = last(FORWARDED_HOST).or_else(|| Some(hops.last()?.host?.to_owned()));
    Ok(Passed { address, is_https: proto.map(|proto| proto.eq_ignore_ascii_case("https")), host })
}

/// The rightmost address that is no trusted proxy; the leftmost where all are. [`None`] where none is named, and nobody where it
/// cannot be read.
fn client<'a>(named: impl DoubleEndedIterator<Item = Option<&'a str>>, proxies: &[Network]) -> Option<Option<IpAddr>> {
    let mut found = None;
    for whom in named.rev() {
        let Some(address) = whom.and_then(address) else { return Some(None) };
        found = Some(Some(address));
        if !proxies.iter().any(|proxy| proxy.contains(address)) {
            break;
        }
    }
    found
}

/// An address as proxies write it: with or without a port, IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(with_port).or_else(in_brackets).map(|address: IpAddr| address.to_canonical())
}

impl<'a> Hop<'a> {
    fn read(element: &'a str) -> Self {
        let mut hop = Self::default();
        for pair in element.split(';') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = value.trim();
            let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => hop.whom = Some(value),
                "proto" => hop.proto = Some(value),
                "host" => hop.host = Some(value),
                _ => {}
            }
        }
        hop
    }
}

/// The lines of a header. One that is no text says nothing that could be read.
fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    headers.get_all(name).map(|value| value.to_str().unwrap_or("?")).collect()
}

/// The elements of all lines, in order.
fn elements<'a>(lines: &[&'a str], between: char) -> Vec<&'a str> {
    lines.iter().flat_map(|line| line.split(between)).map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(lines: &[(&str, &str)]) -> Result<Passed, Contradiction> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        passed(&headers, &["10.0.0.0/8".parse().unwrap(), "fd00::1".parse().unwrap()])
    }

    fn whom(lines: &[(&str, &str)]) -> Option<String> {
        read(lines).unwrap().address.map(|address| address.to_string())
    }

    #[test]
    fn the_client_is_the_rightmost_one_that_is_no_trusted_proxy() {
        for (said, client) in [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7, 10.0.0.2", "192.0.2.7"),
            ("127.0.0.1, 192.0.2.7, 10.0.0.3, 10.0.0.2", "192.0.2.7"),
            ("192.0.2.9,192.0.2.7", "192.0.2.7"),
            ("192.0.2.7:4711", "192.0.2.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("192.0.2.7, fd00::1", "192.0.2.7"),
            ("10.0.0.9, 10.0.0.2", "10.0.0.9"),
        ] {
            assert_eq!(whom(&[("x-forwarded-for", said)]).as_deref(), Some(client), "{said}");
        }
        let lines = [("x-forwarded-for", "192.0.2.9"), ("x-forwarded-for", "192.0.2.7, 10.0.0.2")];
        assert_eq!(whom(&lines).as_deref(), Some("192.0.2.7"), "several lines are one list");
    }

    #[test]
    fn the_standard_header_says_the_same() {
        for (said, client) in [
            ("for=192.0.2.7", "192.0.2.7"),
            ("For=\"192.0.2.7:4711\";proto=https", "192.0.2.7"),
            ("for=192.0.2.9, for=192.0.2.7;by=10.0.0.3, for=10.0.0.2", "192.0.2.7"),
            ("for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ] {
            assert_eq!(whom(&[("forwarded", said)]).as_deref(), Some(client), "{said}");
        }
        let passed = read(&[("forwarded", "for=192.0.2.7;host=a.example;proto=HTTPS")]).unwrap();
        assert_eq!((passed.is_https, passed.host.as_deref()), (Some(true), Some("a.example")));
    }

    #[test]
    fn one_who_cannot_be_read_is_nobody_and_no_proxy_either() {
        assert_eq!(whom(&[]), None);
        for said in [
            "192.0.2.7, garbage, 10.0.0.2",
            "garbage, 10.0.0.2",
            "192.0.2.7, garbage",
            "unknown",
            "unix:",
            "",
            "192.0.2.7,",
        ] {
            assert_eq!(whom(&[("x-forwarded-for", said)]), None, "{said}");
        }
        for said in ["for=_hidden", "for=unknown", "proto=https", "for=_hidden, for=10.0.0.2", ""] {
            assert_eq!(whom(&[("forwarded", said)]), None, "{said}");
        }
        let both = [("x-forwarded-for", "unknown"), ("forwarded", "for=10.0.0.2")];
        assert_eq!(read(&both), Err(Contradiction));
    }

    #[test]
    fn what_the_client_put_in_front_is_not_believed() {
        let passed = read(&[("x-forwarded-proto", "https, http"), ("x-forwarded-host", "evil.example, a.example")]);
        let passed = passed.unwrap();
        assert_eq!((passed.is_https, passed.host.as_deref()), (Some(false), Some("a.example")));
        let both = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=127.0.0.1")];
        assert_eq!(read(&both), Err(Contradiction));
        assert_eq!(whom(&[both[0], ("forwarded", "for=192.0.2.7")]).as_deref(), Some("192.0.2.7"));
    }

    #[test]
    fn any_header_of_a_proxy_is_noticed() {
        for name in [
            "forwarded",
            "via",
            "x-forwarded-for",
            "x-forwarded-port",
            "x-forwarded-whatever",
            "x-real-ip",
            "cf-connecting-ip",
            "true-client-ip",
        ] {
            let mut headers = HeaderMap::new();
            headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_static("x"));
            assert!(is_forwarded(Version::HTTP_11, &headers), "{name}");
        }
        assert!(!is_forwarded(Version::HTTP_11, &HeaderMap::new()));
    }

    #[test]
    fn one_who_speaks_as_proxies_do_is_taken_for_one() {
        assert!(is_forwarded(Version::HTTP_10, &HeaderMap::new()));
    }
}
