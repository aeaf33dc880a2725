//! Actions: everything one may do, over every dialect and REST, each with what it takes at the least. The one table of rights.

use super::command::{Scope, UserRole, Want};

/// Everything one may do. A new one does not compile without its line in [`Action::rule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Ask whether the daemon is there, and load the pages.
    Probe,
    /// Log in, and out again.
    LogIn,
    /// Ask who one is.
    AskWhoIAm,
    /// Become the first admin, with the token that the daemon prints.
    SetUp,
    /// Change the password one logs in with.
    ChangePassword,
    /// Hand over readings of a machine's channels.
    PushTelemetry,
    /// Read the newest value of channels.
    ReadLatest,
    /// See machines, their links and their channels.
    SeeMachines,
    /// See what a machine is doing, and hear of it.
    Follow,
    /// See saved sessions.
    SeeProfiles,
    /// See long jobs and what they made.
    SeeTasks,
    /// See stored programs.
    SeePrograms,
    /// See figures and the description of the daemon.
    SeeDaemon,
    /// Software STOP.
    Stop,
    /// Take a picture.
    TakePicture,
    /// Set a control.
    Control,
    /// Start, stop or reset a session.
    RunSession,
    /// Set, move or take away a mark.
    Mark,
    /// Replay a profile.
    Replay,
    /// Acknowledge an alarm.
    AckAlarm,
    /// Hide an alarm for a while.
    ShelveAlarm,
    /// Take, ask for or give back control of a machine.
    Lease,
    /// Leave the latched safe state.
    Rearm,
    /// Open or close the link to a machine.
    Link,
    /// Start a machine's program anew.
    RestartMachine,
    /// Keep or correct a saved session.
    SaveProfile,
    /// Ask for a long job.
    StartTask,
    /// Read or write saved sessions in bulk, as files on the daemon's computer.
    ExchangeInBulk,
    /// Pause, resume, cancel or clear away a long job.
    SteerTask,
    /// Keep a program.
    SaveProgram,
    /// Run a stored program.
    RunProgram,
    /// Add, change or remove a machine, with its limits and interlocks.
    ConfigureMachine,
    /// Look for devices and try them, at addresses that the asker names.
    SearchDevices,
    /// Delete a saved session.
    DeleteProfile,
    /// Delete a stored program.
    DeleteProgram,
    /// Write everything that is stored into files.
    BackUp,
    /// See and change who may log in.
    ManageUsers,
    /// See, give out and revoke tokens.
    ManageTokens,
    /// See who is connected, and disconnect them.
    ManageClients,
    /// Read who did what.
    ReadAudit,
}

/// What an action takes at the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// Nothing: it says nothing about machines, or is the way to a login.
    Nothing,
    /// Any role at all.
    AnyRole,
    /// To be a controller, or an operator.
    Controller,
    /// To be a viewer.
    Viewer,
    /// To be an operator.
    Operator,
    /// To be an operator, and limited to no machines: it is done with all of them.
    OperatorOfAll,
    /// To be an admin.
    Admin,
    /// To be an admin, and limited to no machines: whoever can do it can give themselves the rest.
    AdminOfAll,
}

/// Whether it changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// No; or it is written down elsewhere, as a login is where it is decided, or is no deed of anybody, as what a device sends.
    Look,
    /// Yes, so that it is written down who did it.
    Deed,
}

impl Action {
    /// The table. Source: safety design, 5.
    fn rule(self) -> (Least, Kind) {
        use Kind::{Deed, Look};
        match self {
            Self::Probe | Self::LogIn | Self::AskWhoIAm | Self::SetUp => (Least::Nothing, Look),
            Self::ReadLatest => (Least::AnyRole, Look),
            Self::ChangePassword => (Least::AnyRole, Deed),
            Self::PushTelemetry => (Least::Controller, Look),
            Self::SeeMachines
            | Self::Follow
            | Self::SeeProfiles
            | Self::SeeTasks
            | Self::SeePrograms
            | Self::SeeDaemon => (Least::Viewer, Look),
            Self::Stop => (Least::Viewer, Deed),
            Self::TakePicture => (Least::Operator, Look),
            Self::Control
            | Self::RunSession
            | Self::Mark
            | Self::Replay
            | Self::AckAlarm
            | Self::ShelveAlarm
            | Self::Lease
            | Self::Rearm
            | Self::Link
            | Self::RestartMachine
            | Self::SaveProfile
            | Self::StartTask
            | Self::SteerTask
            | Self::SaveProgram
            | Self::RunProgram => (Least::Operator, Deed),
            Self::ExchangeInBulk => (Least::OperatorOfAll, Deed),
            Self::DeleteProfile | Self::DeleteProgram => (Least::Admin, Deed),
            Self::ReadAudit => (Least::AdminOfAll, Look),
            // Whoever says what a machine is, may say that it is the hardware of another one.
            Self::ConfigureMachine
            | Self::SearchDevices
            | Self::BackUp
            | Self::ManageUsers
            | Self::ManageTokens
            | Self::ManageClients => (Least::AdminOfAll, Deed),
        }
    }

    /// What it takes at the least.
    pub fn least(self) -> Least {
        self.rule().0
    }

    /// Whether somebody may do it: one with this role, or with none.
    pub fn is_for(self, role: Option<UserRole>) -> bool {
        let Some(role) = role else { return self.least() == Least::Nothing };
        match self.least() {
            Least::Nothing | Least::AnyRole => true,
            Least::Controller => role == UserRole::Controller || role >= UserRole::Operator,
            Least::Viewer => role >= UserRole::Viewer,
            Least::Operator | Least::OperatorOfAll => role >= UserRole::Operator,
            Least::Admin | Least::AdminOfAll => role >= UserRole::Admin,
        }
    }

    /// Whether somebody may do it who may do it at all, being limited to these machines. Which machine it is done to is judged
    /// where that is known.
    pub fn is_within(self, scope: &Scope) -> bool {
        *scope == Scope::All || !matches!(self.least(), Least::OperatorOfAll | Least::AdminOfAll)
    }

    /// Whether it changes something, so that it is written down who did it.
    pub fn is_a_deed(self) -> bool {
        self.rule().1 == Kind::Deed
    }
}

impl Want {
    /// What it is to want this.
    pub fn action(&self) -> Action {
        match self {
            Self::Stop => Action::Stop,
            Self::Control { .. } => Action::Control,
            Self::Session(_) => Action::RunSession,
            Self::Mark { .. } | Self::Unmark { .. } => Action::Mark,
            Self::Replay(_) => Action::Replay,
            Self::AckAlarm { .. } => Action::AckAlarm,
            Self::ShelveAlarm { .. } => Action::ShelveAlarm,
            Self::Lease(_) => Action::Lease,
            Self::Rearm => Action::Rearm,
            Self::Connect | Self::Disconnect => Action::Link,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [UserRole; 4] = [UserRole::Controller, UserRole::Viewer, UserRole::Operator, UserRole::Admin];

    fn those_who_may(action: Action) -> Vec<UserRole> {
        ROLES.into_iter().filter(|role| action.is_for(Some(*role))).collect()
    }

    #[test]
    fn each_rank_may_do_what_the_one_before_may_but_a_viewer_hands_over_no_readings() {
        assert_eq!(those_who_may(Action::Probe), ROLES);
        assert_eq!(those_who_may(Action::ReadLatest), ROLES);
        assert_eq!(those_who_may(Action::PushTelemetry), [UserRole::Controller, UserRole::Operator, UserRole::Admin]);
        assert_eq!(those_who_may(Action::Stop), ROLES[1..]);
        assert_eq!(those_who_may(Action::Control), ROLES[2..]);
        assert_eq!(those_who_may(Action::ManageUsers), ROLES[3..]);
    }

    #[test]
    fn an_admin_of_some_machines_lets_nobody_in_and_defines_no_machine() {
        let some = Scope::Only(std::sync::Arc::default());
        for action in [Action::ManageUsers, Action::ManageTokens, Action::ConfigureMachine, Action::ReadAudit] {
            assert!(action.is_within(&Scope::All) && !action.is_within(&some), "{action:?}");
        }
        assert!(Action::DeleteProfile.is_within(&some) && Action::Control.is_within(&some));
    }

    #[test]
    fn without_a_role_there_is_only_the_way_to_a_login() {
        for action in [Action::Probe, Action::LogIn, Action::AskWhoIAm, Action::SetUp] {
            assert!(action.is_for(None), "{action:?}");
        }
        for action in [Action::ReadLatest, Action::PushTelemetry, Action::SeeMachines, Action::Stop, Action::ReadAudit]
        {
            assert!(!action.is_for(None), "{action:?}");
        }
    }
}
