//! The lease, case by case and over random histories.

use proptest::prelude::*;

use super::*;
use crate::model::ids::ChannelId;
use crate::model::task::TaskId;
use crate::model::units::Fraction;

fn id(client: &str) -> ClientId {
    ClientId::parse(client).unwrap()
}

fn person(client: &str) -> Principal {
    let actor = Actor::Client { id: id(client), name: format!("tablet {client}") };
    Principal::everywhere(actor, UserRole::Operator)
}

/// The same client id, said by somebody with another login.
fn pretender(client: &str) -> Principal {
    Principal { account: "mallory@roastery.example".into(), ..person(client) }
}

fn claimant(client: &str) -> Claimant {
    person(client).claimant().unwrap()
}

fn of(actor: Actor) -> Principal {
    Principal::everywhere(actor, UserRole::Operator)
}

/// A book with a clock of its own.
#[derive(Default)]
struct Desk {
    book: LeaseBook,
    now: u64,
}

impl Desk {
    fn step(&mut self, input: Input<'_>) -> (Verdict, Vec<Effect>) {
        self.book.step(MonoMs(0) + self.now, input)
    }

    fn came(&mut self, client: &str, identity: Identity) {
        self.step(Input::Came { client: &claimant(client), name: &format!("tablet {client}"), identity });
    }

    fn left(&mut self, client: &str) -> Vec<Effect> {
        self.step(Input::Left { client: &claimant(client) }).1
    }

    fn orders(&mut self, principal: &Principal) -> Verdict {
        self.step(Input::Order(principal, Need::Control)).0
    }

    fn asks(&mut self, client: &str, action: &LeaseAction) -> (Verdict, Vec<Effect>) {
        self.step(Input::Asks(&person(client), action))
    }

    fn passes(&mut self, ms: u64) -> Vec<Effect> {
        self.now += ms;
        self.step(Input::TimePasses).1
    }

    fn holder(&self) -> Option<&str> {
        self.book.holder().map(|holder| holder.claimant.client.as_str())
    }

    /// Both are there, and `a` steers.
    fn a_steers() -> Self {
        let mut desk = Self::default();
        desk.came("a", Identity::Kept);
        desk.came("b", Identity::Kept);
        assert!(matches!(desk.orders(&person("a")), Verdict::Passed(_)));
        desk
    }
}

fn is_locked(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Refused(refusal) if refusal.code == RefusalCode::SessionLocked)
}

fn answered(effects: &[Effect], client: &str) -> Option<Result<(), RefusalCode>> {
    effects.iter().find_map(|effect| match effect {
        Effect::Answered { client: to, answer } if *to == claimant(client) => {
            Some(answer.clone().map_err(|no| no.code))
        }
        Effect::Answered { .. } | Effect::Changed | Effect::Requested => None,
    })
}

#[test]
fn the_first_order_takes_a_free_lease_and_the_next_client_is_told_who_has_it() {
    let mut desk = Desk::a_steers();
    let Verdict::Refused(refusal) = desk.orders(&person("b")) else { panic!("two steer") };
    assert_eq!(refusal.code, RefusalCode::SessionLocked);
    assert!(refusal.message.contains("tablet a"), "{refusal}");
    assert!(matches!(desk.orders(&person("a")), Verdict::Passed(_)));
}

#[test]
fn reading_acknowledging_and_stop_need_no_lease_and_rearming_does() {
    assert_eq!(need(&Want::Stop, None), Need::Nothing);
    let alarm = crate::model::ids::RuleId::parse("r").unwrap();
    assert_eq!(need(&Want::AckAlarm { alarm, occurrence: None }, None), Need::Nothing);
    assert_eq!(need(&Want::Rearm, None), Need::Control);
    let channel = ChannelId::parse("burner").unwrap();
    assert_eq!(need(&Want::Control { channel, value: Fraction::clamped(0.5) }, None), Need::Control);
    let mut desk = Desk::a_steers();
    let stop = desk.step(Input::Order(&person("b"), Need::Nothing)).0;
    assert_eq!(stop, Verdict::Passed(Mandate::House));
}

#[test]
fn a_replay_needs_the_lease_only_where_it_steers() {
    let pause = Want::Replay(ReplayAction::Pause);
    assert_eq!(need(&pause, None), Need::Nothing);
    assert_eq!(need(&pause, Some(Controls::Shown)), Need::Nothing);
    assert_eq!(need(&pause, Some(Controls::Applied)), Need::Control);
    let start = |apply_controls| {
        let profile = crate::model::ids::SessionId(1);
        Want::Replay(ReplayAction::Start { profile, speed: 1.0, apply_controls })
    };
    assert_eq!(need(&start(true), None), Need::Control);
    assert_eq!(need(&start(false), Some(Controls::Applied)), Need::Control, "it would end the one that steers");
}

#[test]
fn a_lost_socket_leaves_thirty_seconds_to_come_back() {
    let mut desk = Desk::a_steers();
    desk.left("a");
    desk.passes(GRACE_MS - 1);
    assert!(is_locked(&desk.orders(&person("b"))));
    desk.came("a", Identity::Kept);
    assert_eq!(desk.book.due(), None);
    desk.left("a");
    assert_eq!(desk.passes(GRACE_MS), [Effect::Changed]);
    assert_eq!(desk.holder(), None);
}

#[test]
fn one_of_two_sockets_may_go_and_the_lease_does_not_notice() {
    let mut desk = Desk::a_steers();
    desk.came("a", Identity::Kept);
    assert_eq!(desk.left("a"), []);
    assert_eq!(desk.book.due(), None);
}

#[test]
fn a_client_without_an_id_of_its_own_frees_the_lease_when_it_closes() {
    let mut desk = Desk::default();
    desk.came("passing", Identity::Passing);
    desk.orders(&person("passing"));
    assert_eq!(desk.left("passing"), [Effect::Changed]);
    assert_eq!(desk.holder(), None);
}

#[test]
fn rest_without_an_id_is_served_while_nobody_steers_and_takes_nothing() {
    let mut desk = Desk::default();
    assert!(matches!(desk.orders(&of(Actor::Rest)), Verdict::Passed(Mandate::Under(_))));
    assert_eq!(desk.holder(), None);
    desk.orders(&person("a"));
    assert!(is_locked(&desk.orders(&of(Actor::Rest))));
}

#[test]
fn a_program_works_under_the_lease_of_who_asked_for_it_and_under_nobody_elses() {
    let of_program =
        |owner: Option<&str>| of(Actor::Task { task: TaskId(1), name: "program x".into(), owner: owner.map(id) });
    let mut desk = Desk::default();
    assert!(matches!(desk.orders(&of_program(Some("a"))), Verdict::Passed(Mandate::Under(_))));
    assert_eq!(desk.holder(), None, "it takes nothing");
    desk.orders(&person("a"));
    assert!(matches!(desk.orders(&of_program(Some("a"))), Verdict::Passed(Mandate::Under(Epoch(1)))));
    assert!(is_locked(&desk.orders(&of_program(Some("b")))));
    assert!(is_locked(&desk.orders(&of_program(None))));
}

#[test]
fn a_client_without_a_socket_holds_the_lease_while_it_gives_orders() {
    let mut desk = Desk::default();
    for _ in 0..3 {
        assert!(matches!(desk.orders(&person("script")), Verdict::Passed(Mandate::Under(Epoch(1)))));
        desk.passes(GRACE_MS - 1);
    }
    assert_eq!(desk.passes(1), [Effect::Changed]);
    assert_eq!(desk.holder(), None);
}

#[test]
fn the_house_always_passes() {
    let mut desk = Desk::a_steers();
    for actor in [Actor::Failsafe, Actor::Interlock, Actor::Replay] {
        assert_eq!(desk.orders(&of(actor)), Verdict::Passed(Mandate::House));
    }
}

#[test]
fn silence_grants_a_request_after_ten_seconds_and_no_sooner() {
    let mut desk = Desk::a_steers();
    assert_eq!(desk.asks("b", &LeaseAction::Take), (Verdict::Waits, vec![Effect::Requested]));
    assert_eq!(desk.passes(ANSWER_MS - 1), []);
    assert_eq!(desk.holder(), Some("a"));
    let effects = desk.passes(1);
    assert_eq!(answered(&effects, "b"), Some(Ok(())));
    assert_eq!(desk.holder(), Some("b"));
    assert_eq!(desk.book.request(), None);
}

#[test]
fn the_holder_may_keep_it_or_give_it() {
    for grant in [true, false] {
        let mut desk = Desk::a_steers();
        desk.asks("b", &LeaseAction::Take);
        let (verdict, effects) = desk.asks("a", &LeaseAction::Answer { client: id("b"), grant });
        assert!(matches!(verdict, Verdict::Passed(_)));
        let expected = if grant { Ok(()) } else { Err(RefusalCode::SessionLocked) };
        assert_eq!(answered(&effects, "b"), Some(expected));
        assert_eq!(desk.holder(), Some(if grant { "b" } else { "a" }));
        assert_eq!(desk.passes(ANSWER_MS), [], "the question is over");
    }
}

#[test]
fn only_the_holder_answers_and_only_what_was_asked() {
    let mut desk = Desk::a_steers();
    desk.asks("b", &LeaseAction::Take);
    let grant = LeaseAction::Answer { client: id("b"), grant: true };
    assert!(is_locked(&desk.asks("b", &grant).0), "who asks cannot grant it to itself");
    let wrong = LeaseAction::Answer { client: id("c"), grant: true };
    let Verdict::Refused(refusal) = desk.asks("a", &wrong).0 else { panic!("nobody of that id asked") };
    assert_eq!(refusal.code, RefusalCode::InvalidMessage);
    assert_eq!(desk.holder(), Some("a"));
}

#[test]
fn a_second_one_who_asks_is_told_who_is_first() {
    let mut desk = Desk::a_steers();
    desk.asks("b", &LeaseAction::Take);
    assert!(is_locked(&desk.asks("c", &LeaseAction::Take).0));
    assert_eq!(desk.asks("b", &LeaseAction::Take), (Verdict::Waits, vec![]), "asking twice is asking once");
}

#[test]
fn who_asked_and_went_is_not_given_the_machine() {
    let mut desk = Desk::a_steers();
    desk.asks("b", &LeaseAction::Take);
    desk.left("b");
    desk.passes(ANSWER_MS);
    assert_eq!(desk.holder(), Some("a"));
}

#[test]
fn what_the_holder_gives_back_goes_to_who_asks_for_it() {
    let mut desk = Desk::a_steers();
    desk.asks("b", &LeaseAction::Take);
    let (_, effects) = desk.asks("a", &LeaseAction::Release);
    assert_eq!(answered(&effects, "b"), Some(Ok(())));
    assert_eq!(desk.holder(), Some("b"));
}

#[test]
fn nobody_gives_back_what_another_holds() {
    let mut desk = Desk::a_steers();
    assert!(is_locked(&desk.asks("b", &LeaseAction::Release).0));
    assert!(is_locked(&desk.asks("b", &LeaseAction::Acquire).0));
    assert_eq!(desk.holder(), Some("a"));
}

#[test]
fn an_admin_takes_it_at_once_and_who_asked_before_is_told() {
    let mut desk = Desk::a_steers();
    desk.asks("b", &LeaseAction::Take);
    let admin = Principal { role: UserRole::Admin, ..person("c") };
    let (verdict, effects) = desk.step(Input::Asks(&admin, &LeaseAction::Take));
    assert!(matches!(verdict, Verdict::Passed(_)));
    assert_eq!(answered(&effects, "b"), Some(Err(RefusalCode::SessionLocked)));
    assert_eq!(desk.holder(), Some("c"));
}

#[test]
fn an_id_that_everybody_is_told_is_worth_nothing_to_somebody_else() {
    let mut desk = Desk::a_steers();
    assert!(is_locked(&desk.orders(&pretender("a"))));
    let task = Principal { account: pretender("a").account, ..person("a").for_task(TaskId(1), "program".into()) };
    assert!(is_locked(&desk.orders(&task)));
    let answer = LeaseAction::Answer { client: id("b"), grant: true };
    assert_eq!(desk.asks("b", &LeaseAction::Take).0, Verdict::Waits);
    for action in [LeaseAction::Acquire, LeaseAction::Release, answer] {
        assert!(is_locked(&desk.step(Input::Asks(&pretender("a"), &action)).0), "{action:?}");
    }
    // Nor does it keep alive what it does not hold, nor give it another name.
    let its = pretender("a").claimant().unwrap();
    desk.step(Input::Came { client: &its, name: "Anna", identity: Identity::Kept });
    assert_eq!(desk.book.holder().unwrap().name, "tablet a");
    desk.left("a");
    desk.passes(GRACE_MS);
    assert_eq!(desk.holder(), Some("b"));
}

#[test]
fn control_is_not_given_to_nobody() {
    let mut desk = Desk::default();
    for action in [LeaseAction::Acquire, LeaseAction::Take, LeaseAction::Release] {
        let (verdict, _) = desk.step(Input::Asks(&of(Actor::Rest), &action));
        assert!(matches!(verdict, Verdict::Refused(refusal) if refusal.code == RefusalCode::InvalidMessage));
    }
}

const CLIENTS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

#[derive(Debug, Clone)]
enum Happening {
    Comes(usize),
    Goes(usize),
    Orders(usize),
    OrdersByRest,
    Asks(usize, LeaseAction),
    Passes(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let who = || 0..CLIENTS.len();
    let answer =
        (who(), any::<bool>()).prop_map(|(asker, grant)| LeaseAction::Answer { client: id(CLIENTS[asker]), grant });
    let plain = prop_oneof![Just(LeaseAction::Acquire), Just(LeaseAction::Release), Just(LeaseAction::Take)];
    prop_oneof![
        2 => who().prop_map(Happening::Comes),
        2 => who().prop_map(Happening::Goes),
        3 => who().prop_map(Happening::Orders),
        1 => Just(Happening::OrdersByRest),
        3 => (who(), plain).prop_map(|(client, action)| Happening::Asks(client, action)),
        2 => (who(), answer).prop_map(|(client, action)| Happening::Asks(client, action)),
        2 => (0..GRACE_MS + ANSWER_MS).prop_map(Happening::Passes),
    ]
}

/// Even clients bring an id, odd ones do not.
fn identity(client: usize) -> Identity {
    if client.is_multiple_of(2) { Identity::Kept } else { Identity::Passing }
}

proptest! {
    #[test]
    fn in_no_history_do_two_steer_or_old_orders_count_or_is_anybody_locked_out_for_ever(
        history in proptest::collection::vec(happening(), 1..80)
    ) {
        let mut desk = Desk::default();
        let mut sockets = [0_u32; CLIENTS.len()];
        let mut mandates: Vec<(usize, Mandate)> = Vec::new();
        for happening in history {
            let (before, held_by) = (desk.book.epoch(), desk.holder().map(str::to_owned));
            match happening {
                Happening::Comes(client) => {
                    desk.came(CLIENTS[client], identity(client));
                    sockets[client] += 1;
                }
                Happening::Goes(client) if sockets[client] > 0 => {
                    desk.left(CLIENTS[client]);
                    sockets[client] -= 1;
                }
                Happening::Goes(_) => {}
                Happening::Orders(client) => match desk.orders(&person(CLIENTS[client])) {
                    Verdict::Passed(mandate) => {
                        prop_assert_eq!(desk.holder(), Some(CLIENTS[client]));
                        prop_assert!(mandate.holds(desk.book.epoch()));
                        mandates.push((client, mandate));
                    }
                    Verdict::Refused(refusal) => {
                        prop_assert_eq!(refusal.code, RefusalCode::SessionLocked);
                        prop_assert!(desk.holder().is_some_and(|holder| holder != CLIENTS[client]));
                    }
                    Verdict::Waits => prop_assert!(false, "an order never waits"),
                },
                Happening::OrdersByRest => {
                    let served = matches!(desk.orders(&of(Actor::Rest)), Verdict::Passed(_));
                    prop_assert_eq!(served, desk.holder().is_none());
                }
                Happening::Asks(client, action) => {
                    desk.asks(CLIENTS[client], &action);
                }
                Happening::Passes(ms) => {
                    desk.passes(ms);
                }
            }
            // Whoever got it, got it under a new epoch, and no order of somebody else counts any more.
            let holder = desk.holder().map(str::to_owned);
            if holder.is_some() && holder != held_by {
                prop_assert!(desk.book.epoch() > before);
            }
            for (client, mandate) in &mandates {
                if mandate.holds(desk.book.epoch()) && let Some(holder) = &holder {
                    prop_assert_eq!(CLIENTS[*client], holder);
                }
            }
            // A holder without a socket runs out; a question is only put to a holder, by somebody else, and ends.
            if let Some(held) = desk.book.holder() {
                let there = sockets[CLIENTS.iter().position(|client| *client == held.claimant.client.as_str()).unwrap()] > 0;
                prop_assert_eq!(held.until.is_none(), there);
            }
            if let Some(request) = desk.book.request() {
                prop_assert!(holder.as_deref().is_some_and(|holder| holder != request.by.client.as_str()));
                prop_assert!(request.until <= MonoMs(0) + desk.now + ANSWER_MS);
            }
        }
        // Whatever happened: who asks and waits has it, if the holder says nothing.
        desk.came("late", Identity::Kept);
        desk.passes(ANSWER_MS);
        desk.asks("late", &LeaseAction::Take);
        desk.passes(ANSWER_MS);
        prop_assert_eq!(desk.holder(), Some("late"));
    }
}
