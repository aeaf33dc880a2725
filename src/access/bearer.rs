//! Bearers: somebody who was let in, and as what.

use std::sync::Arc;

use hearth_actors::model::action::Action;
use hearth_actors::model::command::{Actor, Principal, Scope, UserRole};
use hearth_actors::model::ids::MachineId;

use crate::config::users::RoleConfig;

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// Who it is.
    pub who: Who,
    /// What they may do.
    pub role: UserRole,
    /// With which machines.
    pub scope: Scope,
}

/// Who somebody is, by what let them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Whoever sits at this computer, while nothing else reaches the daemon.
    Local,
    /// Anybody, where the configuration says so.
    Open,
    /// Anybody who came by a door, or from a network, that grants something.
    Guest,
    /// A person who logged in.
    User {
        /// How they log in.
        email: String,
        /// How they are shown.
        name: String,
    },
    /// A program with a token.
    Token {
        /// The token's id.
        id: String,
        /// How it is shown.
        name: String,
    },
}

impl Bearer {
    /// Somebody who need not log in.
    pub fn anybody(who: Who, role: UserRole) -> Self {
        Self { who, role, scope: Scope::All }
    }

    /// Whether they may do something, as far as that does not depend on a machine.
    pub fn may(&self, action: Action) -> bool {
        action.is_for(Some(self.role)) && action.is_within(&self.scope)
    }

    /// As the giver of an order. No order takes more than an operator; but an admin need not ask for the lease, and who did not log
    /// in is one of several that the house cannot tell apart: they ask.
    pub fn principal(&self, actor: Actor) -> Principal {
        let role = match self.who {
            Who::Local | Who::Open | Who::Guest => self.role.min(UserRole::Operator),
            Who::User { .. } | Who::Token { .. } => self.role,
        };
        Principal { actor, account: self.who.label().into(), role, scope: self.scope.clone() }
    }
}

impl Who {
    /// How they are named where it is written down who did what.
    pub fn label(&self) -> String {
        match self {
            Self::Local => "local".to_owned(),
            Self::Open => "open".to_owned(),
            Self::Guest => "guest".to_owned(),
            Self::User { email, .. } => email.clone(),
            Self::Token { id, name } => format!("token {name} ({id})"),
        }
    }
}

impl From<RoleConfig> for UserRole {
    fn from(role: RoleConfig) -> Self {
        match role {
            RoleConfig::Controller => Self::Controller,
            RoleConfig::Viewer => Self::Viewer,
            RoleConfig::Operator => Self::Operator,
            RoleConfig::Admin => Self::Admin,
        }
    }
}

impl From<UserRole> for RoleConfig {
    fn from(role: UserRole) -> Self {
        match role {
            UserRole::Controller => Self::Controller,
            UserRole::Viewer => Self::Viewer,
            UserRole::Operator => Self::Operator,
            UserRole::Admin => Self::Admin,
        }
    }
}

/// The machines that a list names; all of them where there is none. A name that cannot be one stands for no machine.
pub fn scope(machines: Option<&[String]>) -> Scope {
    machines.map_or(Scope::All, |machines| {
        Scope::Only(Arc::new(machines.iter().filter_map(|id| MachineId::parse(id).ok()).collect()))
    })
}
