//! Entry: what somebody gets who shows no credential.

use std::net::IpAddr;

use hearth_actors::model::command::UserRole;

use super::bearer::{Bearer, Who};
use crate::config::Config;
use crate::config::dialects::AnonymousRole;
use crate::config::network::Network;
use crate::config::tree::AuthMode;

/// What the configuration says of those who show no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    mode: AuthMode,
    /// Nothing but programs on this computer reaches any listener.
    is_private: bool,
    guests: Vec<Network>,
}

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// From where.
    pub peer: IpAddr,
    /// Whether its `Host` names this computer by itself: a page that another name was bent to must not be the local admin.
    pub to_loopback: bool,
    /// Whether it came through somebody else whom nobody trusts to say from where.
    pub is_forwarded: bool,
}

impl Entry {
    /// As configured.
    pub fn of(config: &Config) -> Self {
        let own = config.dialects.each().into_iter().filter_map(|(_, dialect)| dialect.listen);
        let is_loopback = std::iter::once(config.server.listen).chain(own).all(|at| is_loopback(at.ip()));
        Self {
            mode: config.auth.mode,
            is_private: is_loopback && config.server.trusted_proxies.is_empty(),
            guests: config.auth.guest_view_cidrs.clone(),
        }
    }

    /// Whether one must log in, but for what guests get: other computers reach the daemon, and nobody said that all of them may.
    pub fn needs_login(&self) -> bool {
        self.mode == AuthMode::Auto && !self.is_private
    }

    /// Who somebody without a credential is; nobody where they must show one. `granted` is what the door itself says.
    pub fn without_login(&self, granted: Option<AnonymousRole>, came: &Came) -> Option<Bearer> {
        match granted {
            Some(AnonymousRole::None) => return None,
            Some(AnonymousRole::Viewer) => return Some(Bearer::anybody(Who::Guest, UserRole::Viewer)),
            Some(AnonymousRole::Operator) => return Some(Bearer::anybody(Who::Guest, UserRole::Operator)),
            None => {}
        }
        if self.mode == AuthMode::Open {
            return Some(Bearer::anybody(Who::Open, UserRole::Admin));
        }
        if came.is_forwarded {
            return None;
        }
        if self.is_private && is_loopback(came.peer) && came.to_loopback {
            return Some(Bearer::anybody(Who::Local, UserRole::Admin));
        }
        let is_guest = self.guests.iter().any(|network| network.contains(came.peer));
        is_guest.then(|| Bearer::anybody(Who::Guest, UserRole::Viewer))
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Came = Came { peer: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), to_loopback: true, is_forwarded: false };

    fn entry(set: impl FnOnce(&mut Config)) -> Entry {
        let mut config = Config::default();
        set(&mut config);
        Entry::of(&config)
    }

    fn who(entry: &Entry, came: &Came) -> Option<(Who, UserRole)> {
        entry.without_login(None, came).map(|bearer| (bearer.who, bearer.role))
    }

    #[test]
    fn at_this_computer_nobody_logs_in_while_nothing_else_reaches_the_daemon() {
        let private = entry(|_| {});
        assert!(!private.needs_login());
        assert_eq!(who(&private, &HOME), Some((Who::Local, UserRole::Admin)));
        assert_eq!(who(&private, &Came { to_loopback: false, ..HOME }), None);
        assert_eq!(who(&private, &Came { is_forwarded: true, ..HOME }), None);
        assert_eq!(who(&private, &Came { peer: [10, 0, 0, 1].into(), ..HOME }), None);
    }

    #[test]
    fn one_listener_that_others_reach_or_a_proxy_switches_the_login_on_for_all() {
        let lan = entry(|config| config.server.listen = "0.0.0.0:8080".parse().unwrap());
        let dialect = entry(|config| config.dialects.webmacs.listen = Some("192.168.1.2:8000".parse().unwrap()));
        let proxied = entry(|config| config.server.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]);
        for entry in [lan, dialect, proxied] {
            assert!(entry.needs_login());
            assert_eq!(who(&entry, &HOME), None);
        }
        let own = entry(|config| config.dialects.webmacs.listen = Some("127.0.0.1:8000".parse().unwrap()));
        assert!(!own.needs_login());
    }

    #[test]
    fn what_is_written_open_is_open_to_everybody() {
        let open = entry(|config| {
            config.server.listen = "0.0.0.0:8080".parse().unwrap();
            config.auth.mode = AuthMode::Open;
        });
        let far = Came { peer: [10, 0, 0, 1].into(), to_loopback: false, is_forwarded: true };
        assert_eq!(who(&open, &far), Some((Who::Open, UserRole::Admin)));
    }

    #[test]
    fn guests_look_and_a_door_says_for_itself_what_it_grants() {
        let entry = entry(|config| {
            config.server.listen = "0.0.0.0:8080".parse().unwrap();
            config.auth.guest_view_cidrs = vec!["10.0.0.0/8".parse().unwrap()];
        });
        let guest = Came { peer: [10, 0, 0, 1].into(), ..HOME };
        assert_eq!(who(&entry, &guest), Some((Who::Guest, UserRole::Viewer)));
        assert_eq!(who(&entry, &Came { peer: [11, 0, 0, 1].into(), ..HOME }), None);
        assert_eq!(who(&entry, &Came { is_forwarded: true, ..guest }), None);
        for (granted, role) in [
            (AnonymousRole::None, None),
            (AnonymousRole::Viewer, Some(UserRole::Viewer)),
            (AnonymousRole::Operator, Some(UserRole::Operator)),
        ] {
            assert_eq!(entry.without_login(Some(granted), &guest).map(|bearer| bearer.role), role);
        }
    }
}
