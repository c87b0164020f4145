//! Processes that end and end nothing, skipped commands and rewritten signals, one rule a test.

use std::num::NonZeroU32;

use monofy::exit::ExitReason;
use monofy::plan::Restart;
use monofy::signal::SignalNumber;
use monofy::supervisor::{
    Action, Announcement, Cause, Children, CreatesPath, Event, Grace, Notice, Task, TaskId,
};
use monofy::sys::spawn::Grouping;

use super::bench::{Bench, HUP, INT, QUIT, TERM, TSTP, asked, pid, sent, task, typed};

const DONE: ExitReason = ExitReason::Exited(0);
const FAILED: ExitReason = ExitReason::Exited(3);
const USR1: u32 = 10;

fn usr1() -> SignalNumber {
    SignalNumber::new(USR1).unwrap()
}

fn once() -> Task {
    task().once()
}

fn begun(processes: Vec<Task>) -> Bench {
    let mut bench = Bench::new(Vec::new(), processes, Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).take();
    bench
}

#[test]
fn the_success_of_a_once_process_ends_nothing() {
    let mut bench = Bench::running(vec![once(), task()], Grace::ByCause);
    assert_eq!(bench.died(0, DONE).take(), []);
    assert_eq!(bench.machine.deadline(), None);
    assert_eq!(bench.got(sent(TERM)).take(), asked(1, TERM));
    bench.last_died(1, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(0));
}

#[test]
fn the_failure_of_a_once_process_ends_the_run() {
    let mut bench = Bench::running(vec![once(), task()], Grace::ByCause);
    assert_eq!(bench.died(0, FAILED).take(), asked(1, TERM));
    bench.last_died(1, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(3));
}

#[test]
fn a_run_ends_with_0_when_all_of_its_once_processes_have_succeeded() {
    let mut bench = Bench::running(vec![once(), once()], Grace::ByCause);
    assert_eq!(bench.died(1, DONE).take(), []);
    bench.last_died(0, DONE);
    assert_eq!(bench.notices().last(), Some(&Notice::Finished(Cause::Complete, 0)));
}

#[test]
fn what_comes_after_a_once_process_waits_for_its_success() {
    let mut bench = begun(vec![once(), task().after(vec![TaskId(0)])]);
    bench.pass().spawned(0).take();
    assert_eq!(bench.pass().take(), []);
    assert_eq!(bench.announced(), []);
    assert_eq!(bench.died(0, DONE).take(), [Action::Spawn(TaskId(1))]);
    assert_eq!(bench.spawned(1).announced(), [Announcement::Ready]);
}

#[test]
fn a_once_process_is_restarted_on_failure_and_not_after_success() {
    let policy = Restart::OnFailure(NonZeroU32::new(1));
    let mut bench = Bench::running(vec![once().restarting(policy), task()], Grace::ByCause);
    assert_eq!(bench.died(0, FAILED).take(), [Action::TerminateLeftovers(TaskId(0), pid(0))]);
    assert_eq!(bench.at(100).pass().take(), [Action::Spawn(TaskId(0))]);
    assert_eq!(bench.spawned(0).died(0, DONE).take(), []);
    assert_eq!(bench.at(60_000).pass().take(), []);
}

#[test]
fn a_run_without_processes_ends_with_0_after_its_setup() {
    let mut bench = Bench::new(vec![task()], Vec::new(), Grace::ByCause, Grouping::Own);
    bench.pass().spawned(0).died(0, DONE).handle(Event::ProgramsLookedUp(Ok(()))).take();
    assert_eq!(bench.machine.deadline(), Some(monofy::supervisor::Tick::ZERO));
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(0)]);
}

#[test]
fn a_command_is_skipped_if_what_it_creates_exists_when_its_turn_comes() {
    let mut bench = Bench::new(vec![task().creating(), task()], vec![task()], Grace::ByCause, Grouping::Own);
    assert_eq!(bench.pass().take(), [Action::CheckCreates(TaskId(0))]);
    bench.handle(Event::CreatesChecked(TaskId(0), CreatesPath::Exists));
    assert_eq!(bench.notices(), [Notice::Skipped(TaskId(0))]);
    assert_eq!(bench.pass().take(), [Action::Spawn(TaskId(1))]);
}

#[test]
fn a_command_is_started_if_what_it_creates_is_missing() {
    let mut bench = begun(vec![task().creating().restarting(Restart::Always)]);
    assert_eq!(bench.pass().take(), [Action::CheckCreates(TaskId(0))]);
    bench.handle(Event::CreatesChecked(TaskId(0), CreatesPath::Missing));
    assert_eq!(bench.take(), [Action::Spawn(TaskId(0))]);
    bench.spawned(0).died(0, FAILED).take();
    assert_eq!(bench.at(100).pass().take(), [Action::Spawn(TaskId(0))], "a restart is no turn");
}

#[test]
fn what_comes_after_a_skipped_process_does_not_wait_for_it() {
    let mut bench = begun(vec![task().creating(), task().after(vec![TaskId(0)])]);
    bench.pass().handle(Event::CreatesChecked(TaskId(0), CreatesPath::Exists)).take();
    assert_eq!(bench.pass().take(), [Action::Spawn(TaskId(1))]);
}

#[test]
fn a_run_whose_only_process_is_skipped_ends_with_0() {
    let mut bench = begun(vec![task().creating()]);
    bench.pass().handle(Event::CreatesChecked(TaskId(0), CreatesPath::Exists)).take();
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(0)]);
}

#[test]
fn nothing_is_started_when_a_stop_begins_before_the_path_was_looked_for() {
    let mut bench = begun(vec![task().creating()]);
    bench.pass().got(sent(TERM)).take();
    assert_eq!(bench.handle(Event::CreatesChecked(TaskId(0), CreatesPath::Missing)).take(), []);
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(0)]);
}

#[test]
fn a_rewritten_signal_is_passed_on_as_the_other_and_only_by_that_process() {
    let rewriting = task().rewriting(vec![(HUP, Some(usr1()))]);
    let mut bench = Bench::running(vec![rewriting, task()], Grace::ByCause);
    assert_eq!(bench.got(sent(HUP)).take(), [Action::Send(pid(0), usr1()), Action::Send(pid(1), HUP)]);
    bench.got(sent(TERM)).died(0, ExitReason::Killed(usr1())).last_died(1, ExitReason::Killed(HUP));
    assert_eq!(bench.status(), Some(0), "each died of what it was sent");
}

#[test]
fn a_dropped_signal_is_not_passed_on() {
    let mut bench = Bench::running(vec![task().rewriting(vec![(HUP, None)]), task()], Grace::ByCause);
    assert_eq!(bench.got(sent(HUP)).take(), [Action::Send(pid(1), HUP)]);
}

#[test]
fn a_signal_that_is_rewritten_to_a_stop_begins_one() {
    for to in [TERM, INT, QUIT] {
        let rewriting = task().rewriting(vec![(usr1(), Some(to))]);
        let mut bench = Bench::running(vec![rewriting, task()], Grace::ByCause);
        let expected = [asked(0, to), asked(1, TERM)].concat();
        assert_eq!(bench.got(sent(usr1())).take(), expected, "the others get TERM");
        bench.died(0, ExitReason::Killed(to)).last_died(1, ExitReason::Killed(TERM));
        assert_eq!(bench.notices().last(), Some(&Notice::Finished(Cause::Outside(usr1()), 0)));
    }
}

#[test]
fn a_signal_that_is_rewritten_to_a_stop_signal_begins_a_stop() {
    let rewriting = Task::new(Some(TSTP), None).rewriting(vec![(usr1(), Some(TSTP))]);
    let mut bench = Bench::running(vec![rewriting], Grace::ByCause);
    assert_eq!(bench.got(sent(usr1())).take(), asked(0, TSTP));
}

#[test]
fn the_stop_signal_counts_after_the_rewrite() {
    let own = Task::new(Some(QUIT), None).rewriting(vec![(TERM, Some(HUP))]);
    let rewriting = task().rewriting(vec![(TERM, Some(HUP))]);
    let mut bench = Bench::running(vec![own, rewriting], Grace::ByCause);
    assert_eq!(bench.got(sent(TERM)).take(), [asked(0, QUIT), asked(1, HUP)].concat());
}

#[test]
fn a_stop_of_monofys_own_is_not_rewritten() {
    let rewriting = task().rewriting(vec![(TERM, Some(HUP))]);
    let mut bench = Bench::running(vec![rewriting, task()], Grace::ByCause);
    assert_eq!(bench.died(1, DONE).take(), asked(0, TERM));
}

#[test]
fn a_process_for_which_int_is_dropped_is_told_to_stop_by_term() {
    let mut bench = Bench::running(vec![task().rewriting(vec![(INT, None)]), task()], Grace::ByCause);
    assert_eq!(bench.got(sent(INT)).take(), [asked(0, TERM), asked(1, INT)].concat());
}

#[test]
fn what_the_terminal_has_sent_is_rewritten_besides() {
    let rewriting = task().rewriting(vec![(INT, Some(QUIT))]);
    let mut bench = Bench::running_in(vec![rewriting], Grace::ByCause, Grouping::Shared);
    assert_eq!(bench.got(typed(INT)).take(), asked(0, QUIT));
}
