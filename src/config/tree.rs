//! The configuration as a tree: its sections with their defaults, and what they must fulfil.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::dialects::DialectsConfig;
use super::faults::Faults;
use super::network::Network;
use super::users::{self, UserConfig};
use super::web_origin::WebOrigin;

/// What a configuration document holds. Machines are read one by one afterwards, so that a fault in one hides none in another.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Document {
    pub(super) server: ServerConfig,
    pub(super) storage: StorageConfig,
    pub(super) auth: AuthConfig,
    pub(super) limits: LimitsConfig,
    pub(super) dialects: DialectsConfig,
    pub(super) supervision: SupervisionConfig,
    pub(super) machines_dir: Option<PathBuf>,
    pub(super) machines: Vec<Value>,
}

/// `[server]`: where the daemon is reached.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port to listen on; port 0 picks a free one.
    #[serde(deserialize_with = "read_listen")]
    pub listen: SocketAddr,
    /// Names under which browsers reach the daemon, such as `https://roastery.example`: accepted as Host and Origin.
    pub public_urls: Vec<WebOrigin>,
    /// Reverse proxies whose `X-Forwarded-*` is believed.
    pub trusted_proxies: Vec<Network>,
    /// File with the certificate and those it hangs on, as PEM; with it every listener is encrypted. A relative path starts at the
    /// working directory.
    pub tls_cert: Option<PathBuf>,
    /// File with the certificate's private key, as PEM.
    pub tls_key: Option<PathBuf>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_urls: Vec::new(),
            trusted_proxies: Vec::new(),
            tls_cert: None,
            tls_key: None,
        }
    }
}

/// `[storage]`: where journals, profiles and machines are kept.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// Directory; a relative path starts at the working directory.
    pub path: PathBuf,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { path: PathBuf::from("data") }
    }
}

/// `[auth]`: who is let in.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Who is let in without a login.
    pub mode: AuthMode,
    /// Who logs in.
    pub users: Vec<UserConfig>,
    /// Addresses from which everybody may look without a login.
    pub guest_view_cidrs: Vec<Network>,
}

/// Who is let in without a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// Only this computer, and only while nothing else can reach the daemon.
    #[default]
    Auto,
    /// Everybody who reaches the port may do everything.
    Open,
}

/// `[limits]`: bounds against clients that ask too much.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// WebSockets in all.
    pub sockets: usize,
    /// WebSockets per address.
    pub sockets_per_address: usize,
    /// WebSockets of all that only operators and admins may open; one is left for others in any case.
    pub operator_sockets: usize,
    /// Client messages per socket and second.
    pub messages_per_s: u32,
    /// Client messages that may come at once.
    pub message_burst: u32,
    /// Subscriptions per socket.
    pub subscriptions: usize,
    /// Largest client frame. Unit: bytes.
    pub frame_bytes: usize,
    /// Largest request body. Unit: bytes.
    pub body_bytes: usize,
    /// Largest file to import. Unit: bytes.
    pub import_bytes: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            sockets: 100,
            sockets_per_address: 64,
            operator_sockets: 4,
            messages_per_s: 10,
            message_burst: 20,
            subscriptions: 50,
            frame_bytes: 16 << 10,
            body_bytes: 1 << 20,
            import_bytes: 16 << 20,
        }
    }
}

/// `[supervision]`: how a machine that crashes is started again.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct SupervisionConfig {
    /// More restarts than this within `within_s` park the machine as failed.
    pub max_restarts: u32,
    /// Unit: seconds.
    pub within_s: u64,
    /// Wait before the second restart; the first is immediate. Unit: ms.
    pub backoff_min_ms: u64,
    /// Longest wait, to which up to a third is added by chance: the safe values come after it. Unit: ms.
    pub backoff_max_ms: u64,
}

impl Default for SupervisionConfig {
    fn default() -> Self {
        Self { max_restarts: 5, within_s: 60, backoff_min_ms: 100, backoff_max_ms: 500 }
    }
}

pub(super) fn read_listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        let examples = "127.0.0.1:8080 (this computer), 0.0.0.0:8080 (the network) or [::1]:8080";
        D::Error::custom(format!("`{text}` is no address with a port: use one such as {examples}"))
    })
}

/// Adds every fault of the sections that their types do not exclude.
pub(super) fn check(document: &Document, faults: &mut Faults) {
    document.dialects.check(document.server.listen, faults);
    users::check(&document.auth.users, faults);
    match (&document.server.tls_cert, &document.server.tls_key) {
        (Some(_), None) => faults.add("/server/tls_key", "name the file with the private key beside tls_cert"),
        (None, Some(_)) => faults.add("/server/tls_cert", "name the file with the certificate beside tls_key"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    if document.storage.path.as_os_str().is_empty() {
        faults.add("/storage/path", "name a directory, such as data");
    }
    let limits = &document.limits;
    let mut check_range = |key: &str, value: u64, least: u64, most: u64| {
        if !(least..=most).contains(&value) {
            faults.add(format!("/{key}"), format!("use {least} to {most}, found {value}"));
        }
    };
    check_range("limits/sockets", limits.sockets as u64, 1, 100_000);
    check_range("limits/sockets_per_address", limits.sockets_per_address as u64, 1, 100_000);
    check_range("limits/operator_sockets", limits.operator_sockets as u64, 0, 100_000);
    check_range("limits/messages_per_s", u64::from(limits.messages_per_s), 1, 10_000);
    check_range("limits/message_burst", u64::from(limits.message_burst), 1, 10_000);
    check_range("limits/subscriptions", limits.subscriptions as u64, 1, 10_000);
    check_range("limits/frame_bytes", limits.frame_bytes as u64, 1 << 10, 16 << 20);
    check_range("limits/body_bytes", limits.body_bytes as u64, 16 << 10, 256 << 20);
    check_range("limits/import_bytes", limits.import_bytes as u64, 16 << 10, 1 << 30);
    let supervision = &document.supervision;
    check_range("supervision/max_restarts", u64::from(supervision.max_restarts), 0, 1_000_000);
    check_range("supervision/within_s", supervision.within_s, 1, 86_400);
    check_range("supervision/backoff_min_ms", supervision.backoff_min_ms, 1, 60_000);
    check_range("supervision/backoff_max_ms", supervision.backoff_max_ms, 1, 3_600_000);
    if supervision.backoff_max_ms < supervision.backoff_min_ms {
        faults.add("/supervision/backoff_max_ms", "must not be below backoff_min_ms");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(document: &Document) -> Vec<String> {
        let mut faults = Faults::new();
        check(document, &mut faults);
        faults.iter().map(|f| f.pointer.clone()).collect()
    }

    #[test]
    fn the_defaults_are_sound() {
        assert_eq!(places(&Document::default()), Vec::<String>::new());
    }

    #[test]
    fn any_address_may_be_listened_on() {
        for address in ["127.0.0.1:8080", "[::1]:8080", "0.0.0.0:8080", "192.168.1.2:80", "[::]:8080"] {
            let mut document = Document::default();
            document.server.listen = address.parse().expect("address");
            assert!(places(&document).is_empty(), "{address}");
        }
    }

    #[test]
    fn a_certificate_and_its_key_stand_side_by_side() {
        let mut document = Document::default();
        document.server.tls_cert = Some("cert.pem".into());
        assert_eq!(places(&document), ["/server/tls_key"]);
        document.server.tls_key = Some("key.pem".into());
        assert!(places(&document).is_empty());
        document.server.tls_cert = None;
        assert_eq!(places(&document), ["/server/tls_cert"]);
    }

    #[test]
    fn limits_have_ends() {
        let mut document = Document::default();
        document.limits.sockets = 0;
        document.limits.frame_bytes = 1;
        document.supervision.backoff_min_ms = 40_000;
        assert_eq!(places(&document), ["/limits/sockets", "/limits/frame_bytes", "/supervision/backoff_max_ms"]);
    }
}
