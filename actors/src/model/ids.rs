//! Identifiers. Each is its own type, so that a channel can never be passed where a machine is meant.

use std::fmt;
use std::sync::Arc;

/// Why a text is not a valid identifier. The message says what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadId {
    text: String,
    rule: &'static str,
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a valid id: {}", self.text.escape_debug(), self.rule)
    }
}

impl std::error::Error for BadId {}

const ID_CHARS_MAX: usize = 64;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $rule:literal, $first:expr, $rest:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and takes a text.
            ///
            /// # Errors
            /// When the text breaks the rule of this kind of id; the message names the rule.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let first: fn(char) -> bool = $first;
                let rest: fn(char) -> bool = $rest;
                let mut chars = text.chars();
                let well_formed = chars.next().is_some_and(first)
                    && chars.all(rest)
                    && text.len() <= ID_CHARS_MAX;
                if well_formed {
                    Ok(Self(text.into()))
                } else {
                    Err(BadId { text: text.chars().take(80).collect(), rule: $rule })
                }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn lower_or_digit(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

text_id!(
    /// A machine, unique in the daemon: `[a-z0-9][a-z0-9-]{0,63}`.
    MachineId,
    "use 1 to 64 of a-z, 0-9 and -, starting with a letter or digit",
    lower_or_digit,
    |c| lower_or_digit(c) || c == '-'
);

text_id!(
    /// A stored program, unique in the daemon: `[a-z0-9][a-z0-9-]{0,63}`.
    ProgramId,
    "use 1 to 64 of a-z, 0-9 and -, starting with a letter or digit",
    lower_or_digit,
    |c| lower_or_digit(c) || c == '-'
);

text_id!(
    /// A channel, unique in its machine.
    ChannelId,
    "use 1 to 64 letters, digits, _ . or -, starting with a letter or digit",
    |c| c.is_ascii_alphanumeric(),
    |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
);

text_id!(
    /// An alarm or interlock rule, unique in its machine.
    RuleId,
    "use 1 to 64 letters, digits, _ . or -, starting with a letter or digit",
    |c| c.is_ascii_alphanumeric(),
    |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
);

impl RuleId {
    /// The id of an alarm that the house itself raises; the words are its own and well formed.
    pub(super) fn of_the_house(name: &'static str) -> Self {
        Self(name.into())
    }
}

text_id!(
    /// A client across reconnects: the id a tab keeps, or one made for the life of a socket.
    ClientId,
    "use 1 to 64 letters, digits or -",
    |c| c.is_ascii_alphanumeric(),
    |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
);

/// A machine's monitored or recorded run, a UUID (version 7, so that ids sort by time). A profile keeps the id of its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u128);

impl SessionId {
    /// Reads the hyphenated text form.
    pub fn parse(text: &str) -> Option<Self> {
        let groups: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|g| g.len()).collect();
        if lengths != [8, 4, 4, 4, 12] || !text.chars().all(|c| c == '-' || c.is_ascii_hexdigit()) {
            return None;
        }
        u128::from_str_radix(&groups.concat(), 16).ok().map(Self)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let h = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &h[..8], &h[8..12], &h[12..16], &h[16..20], &h[20..])
    }
}

/// Position of an event in its machine's stream; strictly increasing, also across restarts of the actor and of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Seq(pub u64);

impl Seq {
    /// The position after this one. There is none after the last; no stream comes to it, but a client may name it.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A channel by number, 1 to [`EndpointId::MAX`], unique in the daemon; how some dialects address it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(pub u32);

impl EndpointId {
    /// What is not addressed by number.
    pub const NONE: Self = Self(0);
    /// The largest that every client's integer holds.
    pub const MAX: Self = Self(i32::MAX as u32);

    /// Whether a channel may have this number.
    pub fn is_usable(self) -> bool {
        (Self(1)..=Self::MAX).contains(&self)
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One command, unique in the daemon's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_id_is_a_slug() {
        assert!(MachineId::parse("machine-a").is_ok());
        for bad in ["", "-a", "A", "a_b", "a b", "ä", &"x".repeat(65)] {
            assert!(MachineId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_session_id_reads_back_what_it_wrote() {
        let id = SessionId(0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc);
        assert_eq!(SessionId::parse(&id.to_string()), Some(id));
        assert_eq!(SessionId::parse("0192345-6789a-7bcd-8ef0-123456789abc"), None);
        assert_eq!(SessionId::parse("+1923456-789a-7bcd-8ef0-123456789abc"), None);
    }
}
