use actix_web::http::{Method, Uri, Version};

use super::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 5));
const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 77));
const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

/// A daemon on a network, known by two names besides its own, with a proxy and an app of another origin.
fn perimeter() -> Perimeter {
    let mut config = Config::default();
    config.server.public_urls =
        ["https://roastery.example", "http://pi.lan:8080"].map(|url| url.parse().unwrap()).into();
    config.server.trusted_proxies = vec!["10.0.0.1".parse().unwrap()];
    config.dialects.webmacs.allowed_origins = vec!["http://localhost:5173".parse().unwrap()];
    Perimeter::of(&config, "Roaster-Pi.shop.lan")
}

struct Request {
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    direct: IpAddr,
    dialect: Name,
}

impl Request {
    fn new(lines: &[(&str, &str)]) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let (method, uri) = (Method::GET, Uri::from_static("/api/machines"));
        Self { method, uri, version: Version::HTTP_11, headers, direct: AWAY, dialect: Name::OpenRoast }
    }

    fn posted(lines: &[(&str, &str)]) -> Self {
        Self { method: Method::POST, ..Self::new(lines) }
    }

    fn judged(&self) -> Result<(Peer, Page), Refusal> {
        let asked = Asked {
            method: &self.method,
            uri: &self.uri,
            version: self.version,
            headers: &self.headers,
            direct: self.direct,
            reached: Some(HERE),
            dialect: self.dialect,
        };
        perimeter().judge(&asked)
    }

    /// The page, or the status of the refusal.
    fn page(&self) -> Result<Page, u16> {
        self.judged().map(|(_, page)| page).map_err(|refusal| Problem::from(refusal).status)
    }
}

#[test]
fn only_its_own_names_are_its_names() {
    for host in [
        "localhost",
        "localhost:8080",
        "127.0.0.1",
        "127.0.0.1:9000",
        "[::1]:8080",
        "192.168.1.5",
        "192.168.1.5:8080",
        "roaster-pi.local",
        "ROASTER-PI.local:8080",
        "roastery.example",
        "Roastery.Example:443",
        "pi.lan:8080",
        "pi.lan",
    ] {
        assert_eq!(Request::new(&[("host", host)]).page(), Ok(Page::Unsaid), "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "roastery.example.evil.example",
        "evil-roastery.example",
        "xroastery.example",
        "roastery.example.",
        "roaster-pi",
        "roaster-pi.shop.lan",
        "roaster-pi.local.evil.example",
        "192.168.1.6",
        "192.168.1.77",
        "10.0.0.1",
        "0.0.0.0",
        "0",
        "127.1",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "[::]",
        "[fe80::1]",
        "[::1",
        "::1",
        "[::1]x",
        "localhost:",
        "localhost:0",
        "localhost:99999",
        "localhost:8080:8080",
        "a@localhost",
        "localhost/",
        "localhost\\",
        "localhost evil",
        "",
        " ",
        "*",
        "null",
        "127.0.0.1.nip.io",
        "7f000001.rbndr.us",
        "localtest.me",
        "%6cocalhost",
    ] {
        assert_eq!(Request::new(&[("host", host)]).page(), Err(421), "{host}");
    }
}

#[test]
fn a_refusal_names_the_key_and_what_was_refused() {
    let told = |request: Request| request.judged().unwrap_err().to_string();
    let host = told(Request::new(&[("host", "pi.home:8080")]));
    assert!(host.contains("server.public_urls") && host.contains("`pi.home:8080`"), "{host}");
    let origin = told(Request::new(&[("host", "localhost"), ("origin", "https://evil.example")]));
    assert!(
        origin.contains("`https://evil.example`") && origin.contains("dialects.openroast.allowed_origins"),
        "{origin}"
    );
    let long = told(Request::new(&[("host", &"x".repeat(5_000))]));
    assert!(long.len() < 600, "{long}");
}

#[test]
fn one_host_is_named_and_no_other_one_beside() {
    assert_eq!(Request::new(&[]).page(), Err(400));
    assert_eq!(Request::new(&[("host", "localhost"), ("host", "localhost")]).page(), Err(400));
    let absolute =
        |uri: &'static str| Request { uri: Uri::from_static(uri), ..Request::new(&[("host", "localhost")]) }.page();
    assert_eq!(absolute("http://localhost/api"), Ok(Page::Unsaid));
    assert_eq!(absolute("http://evil.example/api"), Err(421));
}

#[test]
fn a_page_of_its_own_may_ask() {
    for (host, origin) in [
        ("localhost:8080", "http://localhost:8080"),
        ("localhost:8080", "http://127.0.0.1:8080"),
        ("192.168.1.5:8080", "http://192.168.1.5:8080"),
        ("192.168.1.5", "http://192.168.1.5"),
        ("roaster-pi.local:8080", "http://roaster-pi.local:8080"),
        ("roastery.example", "https://roastery.example"),
        ("localhost:8080", "https://roastery.example"),
        ("pi.lan:8080", "http://pi.lan:8080"),
    ] {
        for request in [Request::new, Request::posted] {
            assert_eq!(request(&[("host", host), ("origin", origin)]).page(), Ok(Page::Own), "{host} {origin}");
        }
    }
}

#[test]
fn a_page_of_anybody_else_may_not() {
    for origin in [
        "null",
        "",
        "*",
        "http://evil.example",
        "https://evil.example",
        "http://localhost",
        "http://localhost:8081",
        "https://localhost:8080",
        "http://localhost:8080/",
        "http://localhost:8080.evil.example",
        "http://localhost:8080@evil.example",
        "http://localhost.evil.example:8080",
        "http://192.168.1.6:8080",
        "http://pi.lan",
        "http://pi.lan:8081",
        "https://pi.lan:8080",
        "http://roastery.example",
        "https://roastery.example:8443",
        "https://roastery.example.evil.example",
        "https://evilroastery.example",
        "https://sub.roastery.example",
        "file://",
        "chrome-extension://abc",
        "ws://localhost:8080",
        "HTTP://localhost:8080",
        "http://localhost:8080, http://evil.example",
        "http://localhost:5173",
        "http://LOCALHOST.:8080",
    ] {
        for request in [Request::new, Request::posted] {
            assert_eq!(request(&[("host", "localhost:8080"), ("origin", origin)]).page(), Err(403), "{origin}");
        }
    }
    let two = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://evil.example")];
    assert_eq!(Request::new(&two).page(), Err(403));
}

#[test]
fn an_app_of_an_allowed_origin_gets_at_its_dialect_and_at_no_other() {
    let lines = [("host", "localhost:8080"), ("origin", "http://localhost:5173")];
    let request = Request { dialect: Name::WebMacs, ..Request::posted(&lines) };
    assert_eq!(request.page(), Ok(Page::Allowed(HeaderValue::from_static("http://localhost:5173"))));
    for dialect in [Name::OpenRoast, Name::BevForge, Name::ControlPanel, Name::OpenScan] {
        assert_eq!(Request { dialect, ..Request::posted(&lines) }.page(), Err(403), "{dialect:?}");
    }
    assert!(request.judged().unwrap().0.is_foreign_page, "its browser's cookies are none of its own");
    assert!(!Request::new(&[lines[0], ("origin", "http://localhost:8080")]).judged().unwrap().0.is_foreign_page);
}

#[test]
fn a_page_at_the_computer_of_whoever_asks_is_none_of_this_computer() {
    for host in ["roaster-pi.local:8080", "192.168.1.5:8080", "pi.lan:8080"] {
        for origin in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"] {
            assert_eq!(Request::posted(&[("host", host), ("origin", origin)]).page(), Err(403), "{host} {origin}");
        }
    }
    for origin in ["http://roaster-pi.local:8080", "http://192.168.1.5:8080"] {
        assert_eq!(Request::posted(&[("host", "localhost:8080"), ("origin", origin)]).page(), Err(403), "{origin}");
    }
}

#[test]
fn what_a_page_of_somebody_else_shows_is_not_asked_for_by_its_reader() {
    let asked = |request: fn(&[(&str, &str)]) -> Request, site: &str, whither: &str| {
        request(&[("host", "localhost:8080"), ("sec-fetch-site", site), ("sec-fetch-dest", whither)]).page()
    };
    for site in ["cross-site", "same-site", "CROSS-SITE", ""] {
        for whither in ["image", "video", "script", "style", "iframe", "embed", "empty", ""] {
            assert_eq!(asked(Request::new, site, whither), Err(403), "{site} {whither}");
        }
        assert_eq!(asked(Request::new, site, "document"), Ok(Page::Unsaid), "a link that is followed, {site}");
        assert_eq!(asked(Request::posted, site, "document"), Err(403), "no link does anything, {site}");
    }
    for site in ["same-origin", "none"] {
        for whither in ["image", "script", "empty", "document", "manifest"] {
            assert_eq!(asked(Request::new, site, whither), Ok(Page::Unsaid), "{site} {whither}");
        }
    }
    let app = [("host", "localhost:8080"), ("sec-fetch-site", "same-site"), ("origin", "http://localhost:5173")];
    let app = Request { dialect: Name::WebMacs, ..Request::new(&app) };
    assert!(matches!(app.page(), Ok(Page::Allowed(_))), "one that says whose it is: {:?}", app.page());
}

#[test]
fn a_cookie_changes_nothing_unless_the_browser_says_whose_page_it_is() {
    let cookie = ("cookie", "theme=dark; hearth_session=abc");
    let host = ("host", "localhost:8080");
    assert_eq!(Request::new(&[host, cookie]).page(), Ok(Page::Unsaid), "a link that is followed");
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        assert_eq!(Request { method: method.clone(), ..Request::new(&[host, cookie]) }.page(), Err(403), "{method}");
        let with_origin = [host, cookie, ("origin", "http://localhost:8080")];
        assert_eq!(Request { method, ..Request::new(&with_origin) }.page(), Ok(Page::Own));
    }
    assert_eq!(Request::new(&[host, cookie, ("upgrade", "websocket")]).page(), Err(403), "a socket");
    assert_eq!(Request::posted(&[host, ("cookie", "a=1"), cookie]).page(), Err(403), "in whichever line");
    assert_eq!(Request::posted(&[host, ("cookie", "theme=dark")]).page(), Ok(Page::Unsaid), "of somebody else");
    assert_eq!(Request::posted(&[host, cookie, ("authorization", "Bearer x")]).page(), Ok(Page::Unsaid), "a program");
    for other in ["Basic eDp5", "bearer x", "Bearer", "Digest x", ""] {
        let of_proxy = [host, cookie, ("authorization", other)];
        assert_eq!(Request::posted(&of_proxy).page(), Err(403), "`{other}` is no token, so the cookie would count");
    }
    let behind_https = ("cookie", "__Host-hearth_session=abc");
    assert_eq!(Request::posted(&[host, behind_https]).page(), Err(403));
    assert_eq!(Request::posted(&[host]).page(), Ok(Page::Unsaid), "a program at this computer");
}

#[test]
fn only_a_trusted_proxy_says_for_whom_it_asks() {
    let lines = [
        ("host", "roastery.example"),
        ("x-forwarded-for", "127.0.0.1, 198.51.100.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "roastery.example"),
    ];
    let (peer, _) = Request { direct: PROXY, ..Request::new(&lines) }.judged().unwrap();
    let client: IpAddr = "198.51.100.7".parse().unwrap();
    assert_eq!((peer.address, peer.by, peer.is_https, peer.is_forwarded), (client, PROXY, true, false));
    let (peer, _) = Request::new(&lines).judged().unwrap();
    assert_eq!((peer.address, peer.by, peer.is_https, peer.is_forwarded), (AWAY, AWAY, false, true));
    let (silent, _) = Request { direct: PROXY, ..Request::new(&lines[..1]) }.judged().unwrap();
    assert!(silent.is_forwarded, "a proxy that does not say for whom it asks");
}

#[test]
fn a_proxy_whose_client_cannot_be_read_asks_for_nobody_and_not_for_itself() {
    for said in [("forwarded", "for=_hidden"), ("x-forwarded-for", "unix:"), ("x-forwarded-for", "garbage, 10.0.0.1")] {
        let lines = [("host", "roastery.example"), said];
        let (peer, _) = Request { direct: PROXY, ..Request::new(&lines) }.judged().unwrap();
        assert_eq!((peer.address, peer.is_forwarded), (PROXY, true), "{said:?}");
    }
}

#[test]
fn one_who_came_through_a_proxy_that_nobody_named_is_known_by_how_it_speaks() {
    let is_forwarded = |request: Request| request.judged().unwrap().0.is_forwarded;
    let host = ("host", "127.0.0.1:8080");
    assert!(!is_forwarded(Request::new(&[host])));
    assert!(is_forwarded(Request { version: Version::HTTP_10, ..Request::new(&[host]) }));
    assert!(is_forwarded(Request::new(&[host, ("x-real-ip", "127.0.0.1")])));
}

#[test]
fn behind_a_proxy_its_scheme_and_every_name_count() {
    let at_proxy = |lines: &[(&str, &str)]| Request { direct: PROXY, ..Request::posted(lines) }.page();
    let named = ("x-forwarded-host", "roaster-pi.local");
    let lines = [("host", "127.0.0.1:8080"), named, ("x-forwarded-proto", "https")];
    assert_eq!(at_proxy(&[&lines[..], &[("origin", "https://roaster-pi.local")]].concat()), Ok(Page::Own));
    assert_eq!(at_proxy(&[&lines[..], &[("origin", "http://roaster-pi.local")]].concat()), Err(403));
    assert_eq!(at_proxy(&[("host", "127.0.0.1:8080"), ("x-forwarded-host", "evil.example")]), Err(421));
    assert_eq!(
        at_proxy(&[("host", "evil.example"), named]),
        Err(421),
        "what a proxy passes on may be the client's own"
    );
    assert_eq!(Request::posted(&[("host", "evil.example"), named]).page(), Err(421));
    assert_eq!(
        Request::posted(&[("host", "localhost"), ("x-forwarded-host", "evil.example")]).page(),
        Ok(Page::Unsaid)
    );
}

#[test]
fn a_path_that_no_id_is_long_enough_for_is_refused() {
    for (bytes, page) in [(1024, Ok(Page::Unsaid)), (1025, Err(414)), (60_000, Err(414))] {
        let uri = Uri::try_from(format!("/{}?x={}", "x".repeat(bytes - 1), "y".repeat(2_000))).unwrap();
        assert_eq!(Request { uri, ..Request::new(&[("host", "localhost")]) }.page(), page, "{bytes}");
    }
}

#[test]
fn a_body_that_would_have_to_be_unpacked_is_refused() {
    let host = ("host", "localhost");
    assert_eq!(Request::posted(&[host, ("content-encoding", "identity")]).page(), Ok(Page::Unsaid));
    for coding in ["gzip", "br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "x"] {
        assert_eq!(Request::posted(&[host, ("content-encoding", coding)]).page(), Err(415), "{coding}");
    }
}
