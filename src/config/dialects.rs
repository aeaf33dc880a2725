//! `[dialects]`: the wire protocols, and the listeners that some of them have of their own.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::tree::read_listen;
use super::web_origin::WebOrigin;

/// The wire protocols.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialectsConfig {
    /// OpenRoast, which the built-in pages speak.
    pub openroast: DialectConfig,
    /// WebMACS.
    pub webmacs: DialectConfig,
    /// The machine control panel.
    pub control_panel: DialectConfig,
    /// BevForge.
    pub bevforge: DialectConfig,
    /// OpenScan.
    pub openscan: DialectConfig,
}

/// One wire protocol.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DialectConfig {
    /// Whether it is served on the shared port.
    pub enabled: bool,
    /// A listener of its own beside that, for clients that insist on a port, or on `/` and `/health` in their own shape.
    #[serde(deserialize_with = "read_own_listen")]
    pub listen: Option<SocketAddr>,
    /// What its own listener grants to somebody without a login; absent is what that grants, too.
    pub anonymous_role: Option<AnonymousRole>,
    /// Pages of other origins that may use it, such as `http://localhost:5173`.
    pub allowed_origins: Vec<WebOrigin>,
}

/// What is granted to somebody without a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnonymousRole {
    /// Nothing.
    None,
    /// To look, and STOP.
    Viewer,
    /// To steer.
    Operator,
}

impl Default for DialectConfig {
    fn default() -> Self {
        Self { enabled: true, listen: None, anonymous_role: None, allowed_origins: Vec::new() }
    }
}

impl DialectsConfig {
    /// Each of them with its key.
    pub fn each(&self) -> [(&'static str, &DialectConfig); 5] {
        [
            ("openroast", &self.openroast),
            ("webmacs", &self.webmacs),
            ("control_panel", &self.control_panel),
            ("bevforge", &self.bevforge),
            ("openscan", &self.openscan),
        ]
    }

    /// Adds what their types do not exclude.
    pub(super) fn check(&self, shared: SocketAddr, faults: &mut Faults) {
        let mut taken = vec![("server".to_owned(), shared)];
        for (name, dialect) in self.each() {
            let Some(listen) = dialect.listen else {
                if dialect.anonymous_role.is_some() {
                    let detail = "counts only for a listener of its own: set listen beside it, or leave it out";
                    faults.add(format!("/dialects/{name}/anonymous_role"), detail);
                }
                continue;
            };
            let pointer = format!("/dialects/{name}/listen");
            if let Some((by, _)) = taken.iter().find(|(_, other)| *other == listen && listen.port() != 0) {
                faults.add(pointer, format!("{listen} is the address of `{by}` already: use another port"));
            }
            taken.push((name.to_owned(), listen));
        }
    }
}

fn read_own_listen<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    read_listen(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARED: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);

    fn places(webmacs: DialectConfig) -> Vec<String> {
        let mut faults = Faults::new();
        DialectsConfig { webmacs, ..Default::default() }.check(SHARED.into(), &mut faults);
        faults.iter().map(|fault| fault.pointer.clone()).collect()
    }

    fn listening(on: &str, anonymous_role: Option<AnonymousRole>) -> DialectConfig {
        DialectConfig { listen: Some(on.parse().expect("an address")), anonymous_role, ..Default::default() }
    }

    #[test]
    fn a_listener_of_its_own_needs_an_address_of_its_own() {
        assert_eq!(places(listening("127.0.0.1:8080", None)), ["/dialects/webmacs/listen"]);
        assert!(places(listening("127.0.0.1:8000", None)).is_empty());
        assert!(places(listening("127.0.0.1:0", None)).is_empty());
    }

    #[test]
    fn a_role_without_a_listener_is_a_fault() {
        let role = DialectConfig { anonymous_role: Some(AnonymousRole::Viewer), ..Default::default() };
        assert_eq!(places(role), ["/dialects/webmacs/anonymous_role"]);
    }
}
