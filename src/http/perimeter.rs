//! The perimeter: what may be asked of the daemon by which name, and whose pages may ask. Judged before anybody is let in.
//!
//! A page that bent a name of its own to this computer (DNS rebinding) fails by the `Host` that it must name; a page of somebody
//! else that has a browser ask here (cross-site request forgery) fails by the `Origin` that the browser names, or by what else it says.

mod asked;

use std::net::IpAddr;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};

use super::door::{key, keyed};
use super::lines::Line;
use super::manner::spoken;
use super::peer::{self, Passed, Peer};
use super::problem::Problem;
use super::state::AppState;
use crate::config::Config;
use crate::config::network::Network;
use crate::config::web_origin::{Authority, Host, WebOrigin};
use crate::dialects::Name;
use asked::{Asked, PATH_BYTES_MAX, shown};

/// What a page of another origin may ask with.
const ASKED_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const ASKED_HEADERS: &str = "authorization, content-type, last-event-id, x-client-id, x-client-name";
/// What it may read of answers beside their bodies.
const READ_HEADERS: &str = "location, retry-after, content-disposition";
/// How long a browser remembers it. Unit: s.
const REMEMBERED_S: &str = "600";

/// By which names the daemon may be asked, by pages of which origins, and who may say that they ask for somebody else.
#[derive(Debug, Clone)]
pub struct Perimeter {
    proxies: Vec<Network>,
    public: Vec<WebOrigin>,
    /// Pages of other origins, each with the dialect that they may use.
    allowed: Vec<(Name, WebOrigin)>,
    /// What this computer is called on its network.
    local_name: Host,
    is_https: bool,
}

/// Whose pages have it asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Page {
    /// None that says so.
    Unsaid,
    /// The daemon's own.
    Own,
    /// Of an origin that the configuration allows.
    Allowed(HeaderValue),
}

/// Why a request is refused before anybody looks at what it wants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error(
        "this daemon is not known as `{0}`: ask it by its address, or, if that name is its own, add it to server.public_urls of the \
         configuration, such as \"http://{0}\""
    )]
    Host(String),
    #[error("a request names exactly one Host")]
    NoHost,
    #[error(
        "pages of `{origin}` may not ask this daemon: if they are its own, add that to server.public_urls; if they are to use it, to \
         dialects.{dialect}.allowed_origins"
    )]
    Origin { origin: String, dialect: &'static str },
    #[error(
        "a request with the cookie of a login must say by Origin which page it comes from; programs use a token instead"
    )]
    NoOrigin,
    #[error(
        "a page of somebody else had your browser ask for this: open it by a link, or have that page ask with `crossorigin`, from an \
         origin in dialects.{0}.allowed_origins"
    )]
    Embedded(&'static str),
    #[error("the path is longer than {PATH_BYTES_MAX} bytes: no id is that long")]
    TooLong,
    #[error("the body has the encoding `{0}`: send it as it is")]
    Encoded(String),
    #[error(transparent)]
    Contradiction(#[from] peer::Contradiction),
}

impl Perimeter {
    /// As configured, on a computer of this name.
    pub fn of(config: &Config, hostname: &str) -> Self {
        let allowed = keyed(&config.dialects).into_iter();
        let allowed = allowed
            .flat_map(|(name, dialect)| dialect.allowed_origins.iter().map(move |origin| (name, origin.clone())));
        let name = hostname.split('.').next().unwrap_or_default();
        Self {
            proxies: config.server.trusted_proxies.clone(),
            public: config.server.public_urls.clone(),
            allowed: allowed.collect(),
            local_name: Host::Name(format!("{}.local", name.to_ascii_lowercase())),
            is_https: config.server.tls_cert.is_some(),
        }
    }

    /// Whether an address is that of a proxy which may say for whom it asks.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|proxy| proxy.contains(address))
    }

    /// Whether listeners are encrypted.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Who asks, and whose page has them ask.
    fn judge(&self, asked: &Asked<'_>) -> Result<(Peer, Page), Refusal> {
        asked.is_plain()?;
        let (peer, host) = self.peer(asked)?;
        let page = self.page(asked, &peer, &host)?;
        Ok((Peer { is_foreign_page: matches!(page, Page::Allowed(_)), ..peer }, page))
    }

    /// Who asks, and what they call this daemon.
    fn peer(&self, asked: &Asked<'_>) -> Result<(Peer, Authority), Refusal> {
        let Asked { version, headers, direct, .. } = *asked;
        let is_proxy = self.trusts(direct);
        let passed = if is_proxy { peer::passed(headers, &self.proxies)? } else { Passed::default() };
        let named = asked.authority()?;
        let host = match &passed.host {
            Some(host) => self.known(host, asked.reached)?,
            None => self.known(named, asked.reached)?,
        };
        // What a proxy passes on may be the client's own: both must be names of this daemon.
        self.known(named, asked.reached)?;
        let peer = Peer {
            address: passed.address.unwrap_or(direct),
            by: direct,
            is_forwarded: if is_proxy { passed.address.is_none() } else { peer::is_forwarded(version, headers) },
            is_loopback_host: host.host.is_loopback(),
            is_https: passed.is_https.unwrap_or(self.is_https),
            is_foreign_page: false,
        };
        Ok((peer, host))
    }

    /// A `Host`, if it is one of this daemon's.
    fn known(&self, host: &str, reached: Option<IpAddr>) -> Result<Authority, Refusal> {
        let unknown = || Refusal::Host(shown(host));
        let authority: Authority = host.parse().map_err(|_| unknown())?;
        let is_public = self.public.iter().any(|url| url.host == authority.host);
        if is_public || self.is_own(&authority.host, reached) { Ok(authority) } else { Err(unknown()) }
    }

    /// Whether a host is this computer without anybody having said so.
    fn is_own(&self, host: &Host, reached: Option<IpAddr>) -> bool {
        let is_reached = matches!(host, Host::Address(address) if Some(*address) == reached);
        host.is_loopback() || is_reached || *host == self.local_name
    }

    /// Whose page asks, by what the browser says.
    fn page(&self, asked: &Asked<'_>, peer: &Peer, host: &Authority) -> Result<Page, Refusal> {
        let mut origins = asked.headers.get_all(ORIGIN);
        let Some(value) = origins.next() else {
            return asked.is_unsaid().map(|()| Page::Unsaid);
        };
        let refused = || {
            let origin = shown(&String::from_utf8_lossy(value.as_bytes()));
            Refusal::Origin { origin, dialect: key(asked.dialect) }
        };
        let origin: WebOrigin = value.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(refused)?;
        if origins.next().is_some() {
            return Err(refused());
        }
        let here = WebOrigin::new(peer.is_https, host);
        // The names of this computer are one to it. They are not the names of the one that somebody sits at.
        let is_same = |one: &Host, other: &Host| one == other || (one.is_loopback() && other.is_loopback());
        let is_here = is_same(&origin.host, &here.host) && WebOrigin { host: origin.host.clone(), ..here } == origin;
        if self.public.contains(&origin) || (is_here && self.is_own(&origin.host, asked.reached)) {
            return Ok(Page::Own);
        }
        let is_allowed = self.allowed.iter().any(|(dialect, allowed)| *dialect == asked.dialect && *allowed == origin);
        if is_allowed { Ok(Page::Allowed(value.clone())) } else { Err(refused()) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = match refusal {
            Refusal::Host(_) => (StatusCode::MISDIRECTED_REQUEST, "UNKNOWN_HOST"),
            Refusal::NoHost | Refusal::Contradiction(_) => (StatusCode::BAD_REQUEST, "MALFORMED"),
            Refusal::Origin { .. } | Refusal::NoOrigin | Refusal::Embedded(_) => {
                (StatusCode::FORBIDDEN, "FOREIGN_ORIGIN")
            }
            Refusal::TooLong => (StatusCode::URI_TOO_LONG, "TOO_LONG"),
            Refusal::Encoded(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
        };
        Self::new(status, code, refusal.to_string())
    }
}

/// Judges a request before the door does, and has its answer say what a page of an allowed origin may read.
///
/// # Errors
/// What the handler's own answer may fail with.
pub async fn guard(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    let asked = Asked {
        method: request.method(),
        uri: request.uri(),
        version: request.version(),
        headers: request.headers(),
        direct: peer::direct(request.peer_addr()),
        reached: request.conn_data::<Line>().map(Line::reached),
        dialect: spoken(request.match_info().as_str(), &state.door).unwrap_or(Name::OpenRoast),
    };
    let is_preflight = asked.is_preflight();
    let (peer, page) = match state.perimeter.judge(&asked) {
        Ok(judged) => judged,
        Err(refusal) => return Ok(request.into_response(HttpResponse::from(&Problem::from(refusal)))),
    };
    request.extensions_mut().insert(peer);
    match page {
        Page::Unsaid | Page::Own => next.call(request).await,
        Page::Allowed(origin) if is_preflight => {
            let mut response = request.into_response(HttpResponse::NoContent());
            let answer = [
                (ACCESS_CONTROL_ALLOW_METHODS, ASKED_METHODS),
                (ACCESS_CONTROL_ALLOW_HEADERS, ASKED_HEADERS),
                (ACCESS_CONTROL_MAX_AGE, REMEMBERED_S),
            ];
            allow(response.headers_mut(), origin, &answer);
            Ok(response)
        }
        Page::Allowed(origin) => {
            let mut response = next.call(request).await?;
            allow(response.headers_mut(), origin, &[(ACCESS_CONTROL_EXPOSE_HEADERS, READ_HEADERS)]);
            Ok(response)
        }
    }
}

/// Lets a page of another origin read an answer. It brings a token along; cookies stay at home.
fn allow(headers: &mut HeaderMap, origin: HeaderValue, more: &[(HeaderName, &'static str)]) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(VARY, HeaderValue::from_static("Origin"));
    for (name, value) in more {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests;
