use proptest::prelude::*;

use super::*;
use crate::model::ids::MachineId;

const NOW: WallMs = WallMs(1_000);

fn task(n: u128, company: Company, manner: Manner) -> Task {
    Task {
        id: TaskId(n),
        name: "a job".into(),
        company,
        manner,
        machine: None,
        project: None,
        number: None,
        arguments: "{}".into(),
        status: TaskStatus::Pending,
        progress: Progress::default(),
        result: None,
        error: None,
        created_at: WallMs(i64::try_from(n).unwrap()),
        started_at: None,
        completed_at: None,
    }
}

fn waiting(n: u128) -> Task {
    task(n, Company::Shared, Manner::Waiting)
}

fn at_machine(n: u128) -> Task {
    Task { machine: Some(MachineId::parse("kettle").unwrap()), ..waiting(n) }
}

fn alone(n: u128) -> Task {
    task(n, Company::Alone, Manner::Waiting)
}

fn ask(book: &mut TaskBook, task: Task) -> Vec<Effect> {
    book.step(NOW, Input::Asked(task)).unwrap()
}

fn started(effects: &[Effect]) -> Vec<u128> {
    effects.iter().filter_map(|effect| if let Effect::Start(id) = effect { Some(id.0) } else { None }).collect()
}

fn status(book: &TaskBook, n: u128) -> TaskStatus {
    book.find(TaskId(n)).unwrap().status
}

fn end(book: &mut TaskBook, n: u128) -> Vec<Effect> {
    book.step(NOW, Input::Ended(TaskId(n), End::Completed(None))).unwrap()
}

#[test]
fn a_task_is_told_as_pending_and_kept_as_running_before_its_job_begins() {
    let mut book = TaskBook::default();
    let effects = ask(&mut book, waiting(1));
    let [Effect::Tell(first), Effect::Keep(second), Effect::Start(TaskId(1))] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((first.status, second.status), (TaskStatus::Pending, TaskStatus::Running));
    assert_eq!(second.started_at, Some(NOW));
}

#[test]
fn three_waiting_jobs_work_side_by_side_and_the_fourth_begins_when_one_ends() {
    let mut book = TaskBook::default();
    let begun: Vec<u128> = (1..=4).flat_map(|n| started(&ask(&mut book, waiting(n)))).collect();
    assert_eq!(begun, [1, 2, 3]);
    assert_eq!(started(&end(&mut book, 2)), [4]);
}

#[test]
fn blocking_jobs_are_not_counted_among_the_three() {
    let mut book = TaskBook::default();
    (1..=3).for_each(|n| drop(ask(&mut book, waiting(n))));
    let begun: Vec<u128> =
        (4..=9).flat_map(|n| started(&ask(&mut book, task(n, Company::Shared, Manner::Blocking)))).collect();
    assert_eq!(begun, [4, 5, 6, 7, 8, 9]);
}

#[test]
fn a_paused_program_keeps_nobody_from_working() {
    let mut book = TaskBook::default();
    (1..=5).for_each(|n| {
        ask(&mut book, at_machine(n));
        book.step(NOW, Input::Pause(TaskId(n))).unwrap();
    });
    let begun: Vec<u128> = (6..=9).flat_map(|n| started(&ask(&mut book, waiting(n)))).collect();
    assert_eq!(begun, [6, 7, 8], "and the three are still three");
}

#[test]
fn one_that_wants_to_be_alone_waits_for_all_and_holds_back_those_behind_it() {
    let mut book = TaskBook::default();
    ask(&mut book, waiting(1));
    assert_eq!(started(&ask(&mut book, alone(2))), []);
    assert_eq!(started(&ask(&mut book, waiting(3))), [], "none overtakes");
    assert_eq!(started(&end(&mut book, 1)), [2]);
    assert_eq!(started(&end(&mut book, 2)), [3]);
}

#[test]
fn a_cancelled_job_keeps_its_place_until_it_has_ended_and_is_told_twice() {
    let mut book = TaskBook::default();
    ask(&mut book, alone(1));
    ask(&mut book, waiting(2));
    let effects = book.step(NOW, Input::Cancel(TaskId(1))).unwrap();
    let [Effect::Signal(TaskId(1), Signal::Stop), Effect::Keep(told)] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!((told.status, told.completed_at), (TaskStatus::Cancelled, None));
    assert_eq!(told.error.as_deref(), Some(CANCELLED));
    assert_eq!(book.step(NOW, Input::Forget(TaskId(1))), Err(TaskRefusal::Unfinished));

    let effects = end(&mut book, 1);
    let Some(Effect::Keep(told)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!((told.status, told.completed_at), (TaskStatus::Cancelled, Some(NOW)), "completing came too late");
    assert_eq!(started(&effects), [2]);
}

#[test]
fn a_task_that_waits_is_cancelled_at_once_and_lets_the_next_one_pass() {
    let mut book = TaskBook::default();
    ask(&mut book, waiting(1));
    ask(&mut book, alone(2));
    ask(&mut book, waiting(3));
    let effects = book.step(NOW, Input::Cancel(TaskId(2))).unwrap();
    let Some(Effect::Keep(told)) = effects.first() else { panic!("{effects:?}") };
    assert_eq!((told.status, told.completed_at), (TaskStatus::Cancelled, Some(NOW)));
    assert_eq!(started(&effects), [3]);
}

#[test]
fn only_what_works_can_be_paused_and_asking_twice_changes_nothing() {
    let mut book = TaskBook::default();
    ask(&mut book, alone(1));
    ask(&mut book, waiting(2));
    let pause = |book: &mut TaskBook, n| book.step(NOW, Input::Pause(TaskId(n)));
    let resume = |book: &mut TaskBook, n| book.step(NOW, Input::Resume(TaskId(n)));
    assert_eq!(resume(&mut book, 1), Ok(vec![]));
    assert_eq!(pause(&mut book, 1).unwrap()[0], Effect::Signal(TaskId(1), Signal::Pause));
    assert_eq!(pause(&mut book, 1), Ok(vec![]));
    assert!(matches!(pause(&mut book, 2), Err(TaskRefusal::NotAtWork(_))));
    assert!(matches!(pause(&mut book, 9), Err(TaskRefusal::Unknown(TaskId(9)))));
    assert_eq!(status(&book, 2), TaskStatus::Pending, "one that is paused keeps its place");
    assert_eq!(resume(&mut book, 1).unwrap()[1], Effect::Signal(TaskId(1), Signal::Go));
    end(&mut book, 1);
    assert!(matches!(resume(&mut book, 1), Err(TaskRefusal::NotAtWork("completed"))));

    let mut book = TaskBook::default();
    ask(&mut book, task(1, Company::Shared, Manner::Blocking));
    assert!(matches!(pause(&mut book, 1), Err(TaskRefusal::Unpausable(_))));
}

#[test]
fn a_completed_task_is_all_the_way_through() {
    let mut book = TaskBook::default();
    ask(&mut book, waiting(1));
    let far = Progress { current: 3, total: 10, message: "three".into() };
    let told = book.step(NOW, Input::Progressed(TaskId(1), far.clone())).unwrap();
    assert!(matches!(told.as_slice(), [Effect::Tell(task)] if task.progress == far), "not kept: {told:?}");
    assert_eq!(book.step(NOW, Input::Progressed(TaskId(1), far)), Ok(vec![]), "no news");
    let result = End::Completed(Some("\"done\"".into()));
    book.step(NOW, Input::Ended(TaskId(1), result)).unwrap();
    let task = book.find(TaskId(1)).unwrap();
    assert_eq!((task.progress.current, task.progress.total), (10, 10));
    assert_eq!(task.result.as_deref(), Some("\"done\""));
}

#[test]
fn after_the_daemons_end_what_had_not_ended_is_interrupted() {
    let with = |n, status| Task { status, ..waiting(n) };
    let left = [TaskStatus::Pending, TaskStatus::Running, TaskStatus::Paused, TaskStatus::Completed, TaskStatus::Error];
    let left: Vec<Task> = (1..).zip(left).map(|(n, status)| with(n, status)).collect();
    let (mut book, effects) = TaskBook::restored(left);
    let kept: Vec<&Task> =
        effects.iter().filter_map(|e| if let Effect::Keep(task) = e { Some(task) } else { None }).collect();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|t| t.status == TaskStatus::Interrupted && t.error.as_deref() == Some(INTERRUPTED)));
    assert_eq!((status(&book, 4), status(&book, 5)), (TaskStatus::Completed, TaskStatus::Error));
    assert_eq!(started(&ask(&mut book, alone(6))), [6], "nothing works any more");
}

#[test]
fn a_task_keeps_its_number_in_its_project_when_older_ones_are_forgotten() {
    let of = |n, name: &str, project: &str| Task { name: name.into(), project: Some(project.into()), ..waiting(n) };
    let mut book = TaskBook::default();
    let new = [of(1, "scan", "owl"), of(2, "scan", "owl"), of(3, "scan", "fox"), of(4, "export", "owl"), waiting(5)];
    for task in new {
        let number = book.next_number(&task);
        ask(&mut book, Task { number, ..task });
    }
    let numbers = |book: &TaskBook| book.tasks().iter().map(|task| task.number).collect::<Vec<_>>();
    assert_eq!(numbers(&book), [Some(1), Some(2), Some(1), Some(1), None]);
    end(&mut book, 1);
    book.step(NOW, Input::Forget(TaskId(1))).unwrap();
    assert_eq!(numbers(&book), [Some(2), Some(1), Some(1), None]);
    assert_eq!(book.next_number(&of(6, "scan", "owl")), Some(3));
}

#[test]
fn tasks_from_before_numbers_were_kept_get_theirs_once_and_for_all() {
    let of = |n, number| Task {
        project: Some("owl".into()),
        number,
        status: TaskStatus::Completed,
        completed_at: Some(NOW),
        ..waiting(n)
    };
    let (book, effects) = TaskBook::restored(vec![of(1, None), of(2, None)]);
    assert_eq!(effects, [Effect::Keep(of(1, Some(1))), Effect::Keep(of(2, Some(2)))]);
    let (book, effects) = TaskBook::restored(book.tasks()[1..].to_vec());
    assert_eq!((book.tasks()[0].number, effects), (Some(2), Vec::new()));
}

#[test]
fn closing_interrupts_everything_and_takes_nothing_new() {
    let mut book = TaskBook::default();
    (1..=4).for_each(|n| drop(ask(&mut book, waiting(n))));
    let effects = book.step(NOW, Input::Close).unwrap();
    let stop = |n| Effect::Signal(TaskId(n), Signal::Stop);
    assert_eq!(effects[..3], [stop(1), stop(2), stop(3)], "before anything waits for the disk");
    assert_eq!(effects.len(), 3 + 4);
    assert!(book.tasks().iter().all(|task| task.status == TaskStatus::Interrupted));
    assert_eq!(book.step(NOW, Input::Asked(waiting(9))), Err(TaskRefusal::Closing));
    end(&mut book, 1);
    assert_eq!(status(&book, 1), TaskStatus::Interrupted);
}

#[test]
fn the_newest_finished_tasks_are_kept_and_what_is_unfinished_has_a_bound() {
    let mut book = TaskBook::default();
    for n in 1..=u128::try_from(FINISHED_MAX).unwrap() {
        ask(&mut book, waiting(n));
        book.step(WallMs(i64::try_from(n).unwrap()), Input::Ended(TaskId(n), End::Failed("no".into()))).unwrap();
    }
    ask(&mut book, waiting(1_000));
    let effects = book.step(WallMs(1_000), Input::Ended(TaskId(1_000), End::Completed(None))).unwrap();
    assert_eq!(effects.last(), Some(&Effect::Forget(TaskId(1))));
    assert_eq!(book.tasks().len(), FINISHED_MAX);

    let mut book = TaskBook::default();
    (0..u128::try_from(UNFINISHED_MAX).unwrap()).for_each(|n| drop(ask(&mut book, waiting(n))));
    assert_eq!(book.step(NOW, Input::Asked(waiting(1_000))), Err(TaskRefusal::Full));
}

/// What somebody or some job does next; numbers pick a task.
#[derive(Debug, Clone)]
enum Move {
    Ask(Task),
    Pause(usize),
    Resume(usize),
    Cancel(usize),
    Forget(usize),
    Progress(usize, u64),
    End(usize, End),
    Close,
}

fn moves() -> impl Strategy<Value = Move> {
    let company = prop_oneof![3 => Just(Company::Shared), 1 => Just(Company::Alone)];
    let manner = prop_oneof![2 => Just(Manner::Waiting), 1 => Just(Manner::Blocking)];
    let end = prop_oneof![Just(End::Completed(None)), Just(End::Stopped), Just(End::Failed("no".into()))];
    let which = 0..30usize;
    let one = prop_oneof![
        2 => (company, manner).prop_map(|(company, manner)| task(0, company, manner)),
        1 => Just(at_machine(0)),
    ];
    prop_oneof![
        60 => one.prop_map(Move::Ask),
        15 => which.clone().prop_map(Move::Pause),
        15 => which.clone().prop_map(Move::Resume),
        15 => which.clone().prop_map(Move::Cancel),
        5 => which.clone().prop_map(Move::Forget),
        10 => (which.clone(), 0..9u64).prop_map(|(n, far)| Move::Progress(n, far)),
        60 => (which, end).prop_map(|(n, end)| Move::End(n, end)),
        1 => Just(Move::Close),
    ]
}

/// What was seen from outside: jobs at work, what was told last, and what was asked for.
#[derive(Debug, Default)]
struct Outside {
    asked: Vec<Task>,
    told: std::collections::BTreeMap<TaskId, Task>,
    at_work: Vec<Task>,
    starts: Vec<TaskId>,
    gone: BTreeSet<TaskId>,
}

impl Outside {
    fn sees(&mut self, effect: Effect) {
        match effect {
            Effect::Keep(task) | Effect::Tell(task) => {
                assert!(!self.gone.contains(&task.id), "told after it was forgotten");
                if let Some(before) = self.told.insert(task.id, task.clone()) {
                    assert!(!before.status.is_final() || before.status == task.status, "{before:?} -> {task:?}");
                }
            }
            Effect::Start(id) => {
                let task = &self.told[&id];
                assert_eq!(task.status, TaskStatus::Running);
                assert!(self.at_work.iter().all(|other| other.company == Company::Shared), "beside one that is alone");
                assert!(task.company == Company::Shared || self.at_work.is_empty(), "not alone");
                self.at_work.push(task.clone());
                assert!(
                    self.at_work.iter().filter(|t| t.manner == Manner::Waiting && t.machine.is_none()).count()
                        <= WAITING_MAX
                );
                assert!(!self.starts.contains(&id), "started twice");
                self.starts.push(id);
            }
            Effect::Signal(id, signal) => {
                let task = self.at_work.iter().find(|task| task.id == id).expect("only a job that works is told");
                assert!(signal == Signal::Stop || task.manner == Manner::Waiting);
            }
            Effect::Forget(id) => {
                let task = self.told.remove(&id).expect("known");
                assert!(task.status.is_final() && self.at_work.iter().all(|task| task.id != id));
                self.gone.insert(id);
            }
        }
    }
}

fn input(next: Move, outside: &mut Outside) -> Option<Input> {
    let pick = |n: usize| outside.asked.get(n % outside.asked.len().max(1)).map(|task| task.id);
    Some(match next {
        Move::Ask(task) => {
            let n = outside.asked.len() as u128 + 1;
            let task = Task { id: TaskId(n), created_at: WallMs(n as i64), ..task };
            outside.asked.push(task.clone());
            Input::Asked(task)
        }
        Move::Pause(n) => Input::Pause(pick(n)?),
        Move::Resume(n) => Input::Resume(pick(n)?),
        Move::Cancel(n) => Input::Cancel(pick(n)?),
        Move::Forget(n) => Input::Forget(pick(n)?),
        Move::Progress(n, far) => {
            Input::Progressed(pick(n)?, Progress { current: far, total: 9, message: String::new() })
        }
        Move::End(n, end) => {
            let working = outside.at_work.len();
            let task = outside.at_work.remove((working > 0).then(|| n % working)?);
            Input::Ended(task.id, end)
        }
        Move::Close => Input::Close,
    })
}

proptest! {
    #[test]
    fn whatever_happens_starts_are_in_order_nothing_is_lost_and_every_effect_is_legal(
        moves in prop::collection::vec(moves(), 1..120),
    ) {
        let (mut book, mut outside) = (TaskBook::default(), Outside::default());
        for next in moves {
            let Some(input) = input(next, &mut outside) else { continue };
            let asked = matches!(input, Input::Asked(_));
            match book.step(NOW, input) {
                Ok(effects) => effects.into_iter().for_each(|effect| outside.sees(effect)),
                Err(_) if asked => drop(outside.asked.pop()),
                Err(_) => {}
            }
            // What is told is what holds, and all of it.
            prop_assert_eq!(book.tasks().len(), outside.told.len());
            prop_assert!(book.tasks().iter().all(|task| outside.told[&task.id] == *task));
            prop_assert_eq!(outside.told.len() + outside.gone.len(), outside.asked.len());
            // Whoever waits does so because the first of those who wait may not begin.
            let working: BTreeSet<TaskId> = outside.at_work.iter().map(|task| task.id).collect();
            prop_assert_eq!(book.working(), &working);
            if let Some(first) = book.tasks().iter().find(|task| task.status == TaskStatus::Pending) {
                prop_assert!(!working.is_empty(), "{:?} waits for nothing", first);
            }
        }
        // Ids rise in the order of asking.
        prop_assert!(outside.starts.is_sorted(), "{:?}", outside.starts);
        // When every job ends, nothing is left waiting.
        while let Some(task) = outside.at_work.pop() {
            for effect in book.step(NOW, Input::Ended(task.id, End::Completed(None))).unwrap() {
                outside.sees(effect);
            }
        }
        prop_assert!(book.tasks().iter().all(|task| task.status.is_final()), "{:?}", book.tasks());
    }
}
