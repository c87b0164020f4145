//! `--wait` and `--start-timeout`, one rule a test.

use std::time::Duration;

use monofy::exit::{ExitReason, START_TIMEOUT};
use monofy::plan::{CheckId, Restart};
use monofy::supervisor::{
    Action, Announcement, Cause, Children, CreatesPath, Event, Grace, Leftovers, Notice, ProbeInterval,
    ProbeResult, ReadinessCheck, Task, TaskId, Tick, Unready,
};
use monofy::sys::spawn::Grouping;

use super::bench::{Bench, TERM, asked, ms, sent, task};

const INTERVAL: ProbeInterval = ProbeInterval {
    first: Duration::from_millis(10),
    longest: Duration::from_millis(25),
    limit: Duration::from_millis(500),
};
const FAILED: ExitReason = ExitReason::Exited(1);
const DONE: ExitReason = ExitReason::Exited(0);

fn waiting(count: usize) -> Task {
    task().waiting(vec![INTERVAL; count])
}

fn after(task: Task, index: usize) -> Task {
    task.after(vec![TaskId(index)])
}

fn spawn(index: usize) -> Action {
    Action::Spawn(TaskId(index))
}

fn wait(task: usize, index: usize) -> CheckId {
    CheckId::wait(TaskId(task), index)
}

fn probe(task: usize, index: usize) -> Action {
    Action::Probe(wait(task, index))
}

fn answered(bench: &mut Bench, check: CheckId, result: ProbeResult) -> &mut Bench {
    bench.handle(Event::Probed(check, result))
}

/// A run with this start timeout, in milliseconds.
fn limited(setup: Vec<Task>, processes: Vec<Task>, limit: u64) -> Bench {
    let limit = Some(Duration::from_millis(limit));
    Bench::with_start_timeout(setup, processes, Grace::ByCause, Grouping::Own, limit)
}

/// The programs are looked up, and the first process may be started.
fn begun(processes: Vec<Task>) -> Bench {
    let mut bench = Bench::new(Vec::new(), processes, Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).take();
    bench
}

/// What was noted when the start had taken too long.
fn unready(actions: &[Action]) -> Vec<Unready> {
    let unready = |action: &Action| match action {
        Action::RecordUnready(unready) => Some(unready.clone()),
        _ => None,
    };
    actions.iter().find_map(unready).expect("the start has taken too long")
}

#[test]
fn a_process_is_started_once_every_check_has_succeeded() {
    let mut bench = begun(vec![waiting(2)]);
    assert_eq!(bench.pass().take(), []);
    assert_eq!(bench.machine.deadline(), Some(ms(0)), "both are asked at once");
    assert_eq!(bench.pass().take(), [probe(0, 0), probe(0, 1)]);
    answered(&mut bench, wait(0, 1), ProbeResult::Ready);
    answered(&mut bench, wait(0, 0), ProbeResult::NotYet);
    assert_eq!(bench.pass().take(), []);
    assert_eq!(bench.at(20).pass().take(), [probe(0, 0)], "one that has succeeded is not asked again");
    answered(&mut bench, wait(0, 0), ProbeResult::Ready);
    assert_eq!(bench.machine.deadline(), Some(Tick::ZERO), "and the signals are looked at before");
    assert_eq!(bench.pass().take(), [spawn(0)]);
}

#[test]
fn the_other_processes_do_not_wait() {
    let mut bench = begun(vec![waiting(1), task()]);
    assert_eq!(bench.pass().pass().take(), [probe(0, 0), spawn(1)]);
}

#[test]
fn a_setup_command_waits_and_the_next_one_waits_for_it() {
    let mut bench = Bench::new(vec![waiting(1), task()], vec![task()], Grace::ByCause, Grouping::Own);
    assert_eq!(bench.pass().pass().take(), [probe(0, 0)]);
    answered(&mut bench, wait(0, 0), ProbeResult::NotYet);
    assert_eq!(bench.machine.deadline(), Some(ms(20)));
    assert_eq!(bench.at(20).pass().take(), [probe(0, 0)]);
    answered(&mut bench, wait(0, 0), ProbeResult::Ready);
    assert_eq!(bench.pass().take(), [spawn(0)]);
    assert_eq!(bench.spawned(0).died(0, DONE).take(), [spawn(1)]);
}

#[test]
fn a_wait_begins_once_what_the_process_comes_after_is_ready() {
    let ready = task().checked(Some(ReadinessCheck::Passive));
    let mut bench = begun(vec![after(waiting(1), 1), ready]);
    assert_eq!(bench.pass().take(), [spawn(1)]);
    assert_eq!(bench.spawned(1).pass().pass().take(), []);
    answered(&mut bench, CheckId::ready(TaskId(1)), ProbeResult::Ready);
    assert_eq!(bench.pass().pass().take(), [probe(0, 0)]);
    answered(&mut bench, wait(0, 0), ProbeResult::Ready);
    assert_eq!(bench.pass().take(), [spawn(0)]);
}

#[test]
fn what_a_process_comes_after_has_to_be_ready_when_its_checks_have_succeeded() {
    let other = task().restarting(Restart::Always);
    let mut bench = begun(vec![after(waiting(1), 1), other]);
    bench.pass().spawned(1).pass().pass();
    bench.died(1, FAILED).handle(Event::LeftoversSeen(TaskId(1), Leftovers::None)).take();
    answered(&mut bench, wait(0, 0), ProbeResult::Ready);
    assert_eq!(bench.pass().take(), []);
    assert_eq!(bench.at(100).pass().take(), [spawn(1)]);
    assert_eq!(bench.spawned(1).pass().take(), [spawn(0)]);
}

#[test]
fn a_process_whose_creates_path_exists_waits_for_nothing() {
    let mut bench = begun(vec![waiting(1).creating(), task()]);
    assert_eq!(bench.pass().take(), [Action::CheckCreates(TaskId(0))]);
    bench.handle(Event::CreatesChecked(TaskId(0), CreatesPath::Exists));
    assert_eq!(bench.pass().take(), [spawn(1)]);
    assert_eq!(bench.spawned(1).announced(), [Announcement::Ready]);
}

#[test]
fn a_process_whose_creates_path_is_missing_waits() {
    let mut bench = begun(vec![waiting(1).creating()]);
    bench.pass().handle(Event::CreatesChecked(TaskId(0), CreatesPath::Missing)).take();
    assert_eq!(bench.pass().take(), [probe(0, 0)]);
}

#[test]
fn a_restart_waits_as_the_first_start_did() {
    let mut bench = begun(vec![waiting(1).restarting(Restart::Always), task()]);
    bench.pass().pass();
    answered(&mut bench, wait(0, 0), ProbeResult::Ready).pass().spawned(0).pass().spawned(1).take();
    bench.died(0, FAILED).handle(Event::LeftoversSeen(TaskId(0), Leftovers::None)).take();
    assert_eq!(bench.at(100).pass().take(), []);
    assert_eq!(bench.pass().take(), [probe(0, 0)]);
    answered(&mut bench, wait(0, 0), ProbeResult::NotYet).at(120);
    assert_eq!(bench.pass().take(), [probe(0, 0)]);
    answered(&mut bench, wait(0, 0), ProbeResult::Ready);
    assert_eq!(bench.pass().take(), [spawn(0)]);
}

#[test]
fn term_during_a_wait_ends_the_run_at_once_with_0() {
    let mut bench = begun(vec![waiting(2)]);
    bench.pass().pass().take();
    answered(&mut bench, wait(0, 1), ProbeResult::Ready);
    let actions = bench.woke(&[], &[sent(TERM)], Children::None).take();
    assert_eq!(actions, [Action::EndProbe(wait(0, 0)), Action::Finish(0)]);
}

#[test]
fn term_during_a_wait_of_a_setup_command_ends_the_run_at_once_with_0() {
    let mut bench = Bench::new(vec![waiting(1)], vec![task()], Grace::ByCause, Grouping::Own);
    bench.pass().pass().take();
    let actions = bench.woke(&[], &[sent(TERM)], Children::None).take();
    assert_eq!(actions, [Action::EndProbe(wait(0, 0)), Action::Finish(0)]);
}

#[test]
fn an_answer_after_the_stop_began_starts_nothing() {
    let mut bench = begun(vec![waiting(1), task()]);
    bench.pass().pass().spawned(1).take();
    bench.got(sent(TERM)).take();
    answered(&mut bench, wait(0, 0), ProbeResult::Ready);
    assert_eq!(bench.pass().take(), []);
}

#[test]
fn a_question_without_an_answer_is_abandoned_and_asked_again() {
    let mut bench = begun(vec![waiting(1)]);
    bench.pass().pass().take();
    assert_eq!(bench.machine.deadline(), Some(ms(500)));
    assert_eq!(bench.at(500).pass().take(), [Action::AbandonProbe(wait(0, 0))]);
    assert_eq!(bench.at(520).pass().take(), [probe(0, 0)]);
}

#[test]
fn what_is_waited_for_is_reported_once_it_has_failed_and_after_10_s_and_every_minute() {
    let mut bench = begun(vec![waiting(2)]);
    bench.pass().pass();
    assert_eq!(bench.notices(), []);
    answered(&mut bench, wait(0, 0), ProbeResult::Ready);
    answered(&mut bench, wait(0, 1), ProbeResult::NotYet);
    assert_eq!(bench.notices(), [Notice::WaitsForChecks(TaskId(0), vec![1])]);
    bench.take();
    for now in [20, 45, 9999] {
        answered(bench.at(now).pass(), wait(0, 1), ProbeResult::NotYet);
    }
    assert_eq!(bench.notices(), []);
    let overdue = |seconds| Notice::StillWaiting(wait(0, 1), Duration::from_secs(seconds));
    answered(bench.at(10_000).pass(), wait(0, 1), ProbeResult::NotYet);
    answered(bench.at(69_999).pass(), wait(0, 1), ProbeResult::NotYet);
    assert_eq!(bench.notices(), [overdue(10)]);
    bench.at(70_000).pass();
    assert_eq!(bench.notices(), [overdue(10), overdue(70)]);
}

#[test]
fn a_run_that_is_not_ready_in_time_ends_with_124_and_says_what_it_waited_for() {
    let polled = task().checked(Some(ReadinessCheck::Polled(INTERVAL)));
    let once = task().once();
    let mut bench = limited(Vec::new(), vec![waiting(1), polled, after(task(), 1), once], 1000);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass();
    answered(bench.pass(), wait(0, 0), ProbeResult::NotYet).spawned(1).pass().spawned(3).take();
    bench.at(999).pass().take();
    assert!(!bench.machine.is_stopping());
    bench.at(1000).pass();
    let cause = Cause::StartTimeout;
    assert_eq!(bench.notices(), [Notice::Stopping(vec![TaskId(1), TaskId(3)], cause)]);
    let actions = bench.take();
    let ready = CheckId::ready(TaskId(1));
    let expected = [Unready::Check(wait(0, 0)), Unready::Check(ready), Unready::NotEnded(TaskId(3))];
    assert_eq!(unready(&actions), expected);
    assert!(matches!(actions[0], Action::RecordUnready(_)), "while the reasons are known: {actions:?}");
    assert!(actions.ends_with(&[asked(1, TERM), asked(3, TERM)].concat()), "{actions:?}");
    let status = bench.woke(&[(1, DONE), (3, DONE)], &[], Children::None).status();
    assert_eq!(status, Some(START_TIMEOUT));
}

#[test]
fn a_setup_command_that_runs_for_too_long_is_stopped() {
    let mut bench = limited(vec![task()], vec![task()], 1000);
    bench.pass().spawned(0).take();
    assert_eq!(bench.machine.deadline(), Some(ms(1000)));
    let actions = bench.at(1000).pass().take();
    assert_eq!(unready(&actions), [Unready::NotEnded(TaskId(0))]);
    assert_eq!(actions[1..], asked(0, TERM));
    assert_eq!(bench.machine.deadline(), Some(ms(11_000)), "the 10 s of a stop of monofy's own");
    assert_eq!(bench.last_died(0, FAILED).status(), Some(START_TIMEOUT));
}

#[test]
fn a_restart_and_a_lookup_and_a_start_that_take_too_long_are_named() {
    let mut bench = limited(Vec::new(), vec![task(), task().restarting(Restart::Always)], 1000);
    bench.pass().take();
    assert_eq!(unready(&bench.clone().at(1000).pass().take()), [Unready::LookingUp]);
    bench.handle(Event::ProgramsLookedUp(Ok(()))).pass();
    assert_eq!(unready(&bench.clone().at(1000).pass().take())[0], Unready::Starting(TaskId(0)));
    let mut bench = limited(vec![task().restarting(Restart::OnFailure(None))], vec![task()], 50);
    bench.pass().spawned(0).died(0, FAILED).take();
    assert_eq!(unready(&bench.at(50).pass().take()), [Unready::Restarting(TaskId(0), FAILED)]);
}

#[test]
fn once_everything_was_ready_the_start_has_no_limit_any_more() {
    let mut bench = limited(Vec::new(), vec![task()], 1000);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).take();
    assert_eq!(bench.machine.deadline(), None);
    assert_eq!(bench.at(1000).pass().take(), []);
}

#[test]
fn a_run_whose_work_is_done_at_the_limit_has_succeeded() {
    let mut bench = limited(Vec::new(), vec![task().once()], 1000);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).take();
    assert_eq!(bench.at(1000).last_died(0, DONE).status(), Some(0));
}

#[test]
fn a_stop_from_outside_decides_the_status_before_the_limit() {
    let mut bench = limited(Vec::new(), vec![waiting(1)], 1000);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().pass().take();
    bench.at(1000);
    assert_eq!(bench.woke(&[], &[sent(TERM)], Children::None).status(), Some(0));
}
