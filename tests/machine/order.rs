//! Readiness and the order of starts, one rule a test.

use std::time::Duration;

use monofy::exit::ExitReason;
use monofy::plan::CheckId;
use monofy::supervisor::{
    Action, Announcement, Cause, Children, Event, Grace, Notice, ProbeInterval, ProbeResult, ReadinessCheck,
    Task, TaskId, Tick,
};
use monofy::sys::spawn::Grouping;

use super::bench::{Bench, TERM, asked, ms, sent, task};

const INTERVAL: ProbeInterval = ProbeInterval {
    first: Duration::from_millis(10),
    longest: Duration::from_millis(25),
    limit: Duration::from_millis(500),
};

fn told() -> Task {
    task().checked(Some(ReadinessCheck::Passive))
}

fn queried() -> Task {
    task().checked(Some(ReadinessCheck::Polled(INTERVAL)))
}

fn after(indices: &[usize]) -> Task {
    task().after(indices.iter().copied().map(TaskId).collect())
}

fn spawn(index: usize) -> Action {
    Action::Spawn(TaskId(index))
}

/// The programs are looked up, and the first process may be started.
fn begun(processes: Vec<Task>) -> Bench {
    let mut bench = Bench::new(Vec::new(), processes, Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).take();
    bench
}

fn answered(bench: &mut Bench, index: usize, answer: ProbeResult) -> &mut Bench {
    bench.handle(Event::Probed(CheckId::ready(TaskId(index)), answer))
}

#[test]
fn a_process_waits_for_those_that_it_comes_after() {
    let mut bench = begun(vec![after(&[1, 2]), task(), task()]);
    assert_eq!(bench.pass().take(), [spawn(1)]);
    assert_eq!(bench.spawned(1).pass().take(), [spawn(2)]);
    assert_eq!(bench.spawned(2).pass().take(), [spawn(0)]);
    assert_eq!(bench.spawned(0).machine.deadline(), None);
}

#[test]
fn without_a_check_started_is_ready_and_with_one_ready_is_ready() {
    let mut bench = begun(vec![told(), after(&[0])]);
    assert_eq!(bench.pass().take(), [spawn(0)]);
    assert_eq!(bench.spawned(0).pass().take(), []);
    assert_eq!(answered(&mut bench, 0, ProbeResult::NotYet).pass().take(), []);
    answered(&mut bench, 0, ProbeResult::Ready);
    assert_eq!(bench.machine.deadline(), Some(Tick::ZERO), "and the signals are looked at before");
    assert_eq!(bench.pass().take(), [spawn(1)]);
}

#[test]
fn of_those_that_may_be_started_the_first_in_the_order_of_the_line_is() {
    let mut bench = begun(vec![told(), after(&[0]), after(&[0]), task()]);
    assert_eq!(bench.pass().take(), [spawn(0)]);
    assert_eq!(bench.spawned(0).pass().take(), [spawn(3)]);
    answered(bench.spawned(3), 0, ProbeResult::Ready);
    assert_eq!(bench.pass().take(), [spawn(1)]);
    assert_eq!(bench.spawned(1).pass().take(), [spawn(2)]);
}

#[test]
fn who_waits_is_told_once() {
    let mut bench = begun(vec![told(), after(&[0]), after(&[1])]);
    bench.pass().spawned(0).pass().pass();
    let waits = |index, other| Notice::WaitsFor(TaskId(index), vec![TaskId(other)]);
    let told: Vec<Notice> =
        bench.notices().into_iter().filter(|notice| matches!(notice, Notice::WaitsFor(..))).collect();
    assert_eq!(told, [waits(1, 0), waits(2, 1)]);
}

#[test]
fn a_process_is_asked_again_and_again_ever_less_often() {
    let mut bench = begun(vec![queried()]);
    bench.pass().spawned(0).take();
    assert_eq!(bench.machine.deadline(), Some(ms(10)));
    assert_eq!(bench.at(10).pass().take(), [Action::Probe(CheckId::ready(TaskId(0)))]);
    for (now, next) in [(11, 31), (32, 57), (58, 83)] {
        answered(bench.at(now), 0, ProbeResult::NotYet);
        assert_eq!(bench.machine.deadline(), Some(ms(next)));
        assert_eq!(bench.at(next).pass().take(), [Action::Probe(CheckId::ready(TaskId(0)))]);
    }
    answered(&mut bench, 0, ProbeResult::Ready);
    assert_eq!(bench.machine.deadline(), None, "and never once it is ready");
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let mut bench = begun(vec![queried()]);
    bench.pass().spawned(0).at(10).pass().take();
    assert_eq!(bench.machine.deadline(), Some(ms(510)));
    assert_eq!(bench.at(510).pass().take(), [Action::AbandonProbe(CheckId::ready(TaskId(0)))]);
    assert_eq!(bench.machine.deadline(), Some(ms(530)));
}

#[test]
fn what_is_not_ready_is_named_after_10_s_and_then_every_minute() {
    let mut bench = begun(vec![told(), after(&[0]), task()]);
    bench.pass().spawned(0).pass().spawned(2).pass().take();
    for (due, since) in [(10_000, 10), (70_000, 70), (130_000, 130)] {
        assert_eq!(bench.machine.deadline(), Some(ms(due)));
        bench.at(due).pass();
        let named = Notice::NotReady(TaskId(0), Duration::from_secs(since), vec![TaskId(1)]);
        assert_eq!(bench.notices(), [named]);
        bench.take();
    }
}

#[test]
fn a_process_that_exits_before_it_is_ready_ends_the_run_with_its_status() {
    for death in [ExitReason::Exited(0), ExitReason::Exited(4)] {
        let mut bench = begun(vec![told(), after(&[0])]);
        bench.pass().spawned(0).pass().take();
        bench.last_died(0, death);
        let last = Notice::Finished(Cause::ExitBeforeReady(TaskId(0), death), death.status());
        assert_eq!(bench.notices().last(), Some(&last));
        assert_eq!(bench.status(), Some(death.status()));
    }
}

#[test]
fn a_stop_ends_the_checks_and_starts_nothing_that_waited() {
    let mut bench = begun(vec![queried(), after(&[0])]);
    bench.pass().spawned(0).at(10).pass().take();
    let expected = [&[Action::EndProbe(CheckId::ready(TaskId(0)))][..], &asked(0, TERM)].concat();
    assert_eq!(bench.got(sent(TERM)).take(), expected);
    assert_eq!(answered(&mut bench, 0, ProbeResult::Ready).pass().take(), []);
    bench.last_died(0, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(0), "what was never started has no status");
}

#[test]
fn an_answer_about_a_process_that_died_in_the_same_wake_up_counts_for_nothing() {
    let mut bench = begun(vec![told(), after(&[0])]);
    bench.pass().spawned(0).pass().died(0, ExitReason::Exited(1)).take();
    answered(&mut bench, 0, ProbeResult::Ready);
    assert!(!bench.notices().contains(&Notice::Ready(TaskId(0))));
    bench.woke(&[], &[], Children::None);
    assert_eq!(bench.status(), Some(1));
}

#[test]
fn a_check_that_began_with_a_start_that_was_under_way_when_the_stop_began_is_ended() {
    let mut bench = begun(vec![told()]);
    bench.pass().got(sent(TERM)).take();
    let expected = [&[Action::EndProbe(CheckId::ready(TaskId(0)))][..], &asked(0, TERM)].concat();
    assert_eq!(bench.spawned(0).take(), expected);
}

#[test]
fn it_is_said_upward_once_that_everything_is_ready_and_once_that_it_stops() {
    let mut bench = begun(vec![told(), task()]);
    bench.pass().spawned(0).pass().spawned(1).pass();
    assert_eq!(bench.announced(), []);
    answered(&mut bench, 0, ProbeResult::Ready);
    assert_eq!(bench.announced(), [Announcement::Ready]);
    answered(&mut bench, 0, ProbeResult::Ready).got(sent(TERM)).got(sent(TERM));
    assert_eq!(bench.announced(), [Announcement::Ready, Announcement::Stopping]);
}

#[test]
fn without_checks_everything_is_ready_when_all_are_started() {
    let mut bench = begun(vec![task(), task()]);
    bench.pass().spawned(0).pass();
    assert_eq!(bench.announced(), []);
    assert_eq!(bench.spawned(1).announced(), [Announcement::Ready]);
}
