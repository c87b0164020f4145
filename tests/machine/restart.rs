//! Restarts, one rule a test.

use std::num::NonZeroU32;

use monofy::exit::ExitReason;
use monofy::plan::CheckId;
use monofy::plan::Restart;
use monofy::supervisor::{
    Action, Cause, Children, Event, Grace, Leftovers, Notice, ProbeResult, ReadinessCheck, RestartAttempt,
    Task, TaskId, Tick,
};
use monofy::sys::spawn::Grouping;

use super::bench::{Bench, HUP, INT, TERM, asked, limit, ms, pid, sent, task, typed};

const FAILED: ExitReason = ExitReason::Exited(3);

fn on_failure(attempts: u32) -> Task {
    task().restarting(Restart::OnFailure(NonZeroU32::new(attempts)))
}

fn always() -> Task {
    task().restarting(Restart::Always)
}

fn leftovers_of(index: usize) -> Action {
    Action::TerminateLeftovers(TaskId(index), pid(index))
}

fn restarted(index: usize) -> [Action; 1] {
    [Action::Spawn(TaskId(index))]
}

#[test]
fn a_process_that_fails_is_started_again_after_a_while() {
    for death in [FAILED, ExitReason::Killed(TERM)] {
        let mut bench = Bench::running(vec![on_failure(0), task()], Grace::ByCause);
        assert_eq!(bench.at(1000).died(0, death).take(), [leftovers_of(0)]);
        assert_eq!(bench.machine.deadline(), Some(ms(1100)));
        assert_eq!(bench.at(1099).pass().take(), []);
        assert_eq!(bench.at(1100).pass().take(), restarted(0));
        assert_eq!(bench.spawned(0).machine.deadline(), None);
    }
}

#[test]
fn on_failure_a_process_that_ends_well_shares_its_fate_and_always_it_does_not() {
    let mut bench = Bench::running(vec![on_failure(0), task()], Grace::ByCause);
    assert_eq!(bench.died(0, ExitReason::Exited(0)).take(), asked(1, TERM));
    let mut bench = Bench::running(vec![always(), task()], Grace::ByCause);
    assert_eq!(bench.died(0, ExitReason::Exited(0)).take(), [leftovers_of(0)]);
}

#[test]
fn the_last_of_its_attempts_in_a_row_shares_its_fate() {
    let mut bench = Bench::running(vec![on_failure(2), task()], Grace::ByCause);
    for (now, delay, attempt) in [(1000, 100, 1), (2000, 200, 2)] {
        bench.at(now).died(0, FAILED);
        let again = RestartAttempt { after: ms(delay).since(Tick::ZERO), attempt, of: NonZeroU32::new(2) };
        assert_eq!(bench.notices(), [Notice::Restarting(TaskId(0), FAILED, again)]);
        bench.at(now + delay).pass().take();
        bench.spawned(0).take();
    }
    assert_eq!(bench.at(3000).died(0, FAILED).take(), asked(1, TERM));
    bench.last_died(1, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(3));
}

#[test]
fn after_10_s_of_running_counted_from_its_start_all_attempts_are_there_again() {
    let mut bench = Bench::running(vec![on_failure(1)], Grace::ByCause);
    bench.at(1000).died(0, FAILED).at(1100).pass().spawned(0).take();
    assert_eq!(bench.at(11_100).died(0, FAILED).take(), [leftovers_of(0)]);
    assert_eq!(bench.machine.deadline(), Some(ms(11_200)));
    bench.at(11_200).pass().spawned(0).take();
    bench.at(21_199).last_died(0, FAILED);
    assert_eq!(bench.status(), Some(3));
}

#[test]
fn a_stop_cancels_a_restart_whose_cause_does_not_count() {
    let mut bench = Bench::running(vec![on_failure(0), task()], Grace::ByCause);
    bench.at(1000).died(0, FAILED).take();
    assert_eq!(bench.at(1050).got(sent(TERM)).take(), asked(1, TERM));
    assert_eq!(bench.at(1100).pass().take(), []);
    bench.last_died(1, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(0));
}

#[test]
fn a_stop_while_all_are_backing_off_ends_the_run() {
    let mut bench = Bench::running(vec![always()], Grace::ByCause);
    bench.woke(&[(0, FAILED)], &[], Children::None).take();
    assert_eq!(bench.got(sent(TERM)).take(), []);
    assert_eq!(bench.machine.deadline(), Some(Tick::ZERO));
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(0)]);
}

#[test]
fn a_restart_that_is_under_way_when_the_stop_begins_is_stopped_too() {
    let mut bench = Bench::running(vec![always()], Grace::ByCause);
    bench.died(0, FAILED).at(100).pass().got(sent(INT)).take();
    assert_eq!(bench.spawned(0).take(), asked(0, INT));
    bench.last_died(0, ExitReason::Killed(INT));
    assert_eq!(bench.status(), Some(0));
}

#[test]
fn nothing_is_started_again_when_another_death_of_the_same_wake_up_ends_the_run() {
    let mut bench = Bench::running(vec![always(), task()], Grace::ByCause);
    bench.woke(&[(0, FAILED), (1, ExitReason::Exited(5))], &[], Children::None);
    assert!(bench.notices().contains(&Notice::Ended(TaskId(0), FAILED)));
    assert_eq!(bench.status(), Some(5));
}

#[test]
fn what_died_of_the_terminals_signal_is_not_restarted() {
    let mut bench = Bench::running_in(vec![always()], Grace::ByCause, Grouping::Shared);
    bench.woke(&[(0, ExitReason::Killed(INT))], &[typed(INT)], Children::None);
    assert_eq!(bench.status(), Some(0));
}

#[test]
fn signals_are_passed_on_to_what_runs_and_not_to_what_backs_off() {
    let mut bench = Bench::running(vec![always(), task()], Grace::ByCause);
    bench.died(0, FAILED).take();
    assert_eq!(bench.got(sent(HUP)).take(), [Action::Send(pid(1), HUP)]);
}

#[test]
fn what_was_sent_to_a_former_life_does_not_excuse_the_next() {
    let mut bench = Bench::running(vec![on_failure(0)], Grace::ByCause);
    bench.got(sent(HUP)).died(0, ExitReason::Killed(HUP)).at(100).pass().spawned(0).take();
    bench.got(sent(TERM)).last_died(0, ExitReason::Killed(HUP));
    assert_eq!(bench.status(), Some(129));
}

fn seen(bench: &mut Bench, leftovers: Leftovers) -> &mut Bench {
    bench.handle(Event::LeftoversSeen(TaskId(0), leftovers))
}

#[test]
fn leftovers_end_before_their_process_is_restarted() {
    let mut bench = Bench::running(vec![always(), task()], Grace::ByCause);
    seen(bench.at(1000).died(0, FAILED), Leftovers::Remain).take();
    assert_eq!(bench.machine.deadline(), Some(ms(1050)), "those that monofy has not adopted end unseen");
    assert_eq!(
        bench.at(1100).pass().take(),
        [leftovers_of(0)],
        "the delay is over, and they are still there"
    );
    seen(&mut bench, Leftovers::Remain).take();
    assert_eq!(bench.at(1150).died(50, ExitReason::Exited(0)).take(), [leftovers_of(0)]);
    seen(&mut bench, Leftovers::None);
    assert_eq!(bench.pass().take(), restarted(0));
}

#[test]
fn nothing_is_killed_when_nothing_was_left_behind() {
    let mut bench = Bench::running(vec![always(), task()], Grace::ByCause);
    seen(bench.at(1000).died(0, FAILED), Leftovers::None).take();
    assert_eq!(bench.at(1100).pass().take(), restarted(0));
    bench.spawned(0);
    assert_eq!(
        bench.at(60_000).pass().take(),
        [],
        "the number of the group may belong to another process by now"
    );
}

#[test]
fn leftovers_have_10_s_to_end_before_they_are_killed_and_their_process_is_restarted() {
    let mut bench = Bench::running(vec![always(), task()], Grace::ByCause);
    seen(bench.at(1000).died(0, FAILED), Leftovers::Remain).take();
    seen(bench.at(10_999).pass(), Leftovers::Remain).take();
    assert_eq!(bench.machine.deadline(), Some(ms(11_000)));
    let killed = [&[Action::KillLeftovers(TaskId(0), pid(0))][..], &restarted(0)].concat();
    assert_eq!(bench.at(11_000).pass().take(), killed);
}

#[test]
fn leftovers_have_the_stop_timeout_of_their_process_or_else_the_grace() {
    let own = Task::new(None, Some(limit(300))).restarting(Restart::Always);
    for (first, grace) in [(own, Grace::Fixed(limit(9000))), (always(), Grace::Fixed(limit(300)))] {
        let mut bench = Bench::running(vec![first, task()], grace);
        seen(bench.at(1000).died(0, FAILED), Leftovers::Remain).take();
        seen(bench.at(1200).pass(), Leftovers::Remain).take();
        assert_eq!(bench.machine.deadline(), Some(ms(1300)));
        let killed = [&[Action::KillLeftovers(TaskId(0), pid(0))][..], &restarted(0)].concat();
        assert_eq!(bench.at(1300).pass().take(), killed);
    }
}

#[test]
fn a_stop_does_not_wait_for_the_bound_of_leftovers() {
    let mut bench = Bench::running(vec![always()], Grace::ByCause);
    seen(bench.at(1000).died(0, FAILED), Leftovers::Remain).take();
    assert_eq!(bench.got(sent(TERM)).pass().take(), [Action::TerminateDescendants]);
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(0)]);
}

#[test]
fn a_setup_command_is_restarted_and_the_next_one_waits() {
    let mut bench = Bench::new(vec![on_failure(1), task()], vec![task()], Grace::ByCause, Grouping::Own);
    bench.pass().spawned(0).take();
    assert_eq!(bench.at(1000).died(0, FAILED).take(), [leftovers_of(0)]);
    assert_eq!(bench.machine.deadline(), Some(ms(1100)));
    assert_eq!(bench.at(1100).pass().take(), restarted(0));
    assert_eq!(bench.spawned(0).died(0, ExitReason::Exited(0)).take(), [Action::Spawn(TaskId(1))]);
}

#[test]
fn the_last_attempt_of_a_setup_command_ends_the_run_with_its_status() {
    let mut bench = Bench::new(vec![on_failure(1)], vec![task()], Grace::ByCause, Grouping::Own);
    bench.pass().spawned(0).died(0, FAILED).at(100).pass().spawned(0).take();
    bench.last_died(0, FAILED);
    assert_eq!(bench.notices().last(), Some(&Notice::Finished(Cause::SetupFailed(TaskId(0), FAILED), 3)));
}

#[test]
fn a_stop_during_the_delay_of_a_setup_command_is_a_clean_one() {
    let mut bench = Bench::new(vec![on_failure(1)], vec![task()], Grace::ByCause, Grouping::Own);
    bench.pass().spawned(0).died(0, FAILED).at(50).got(sent(TERM)).take();
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(0)]);
}

#[test]
fn a_restart_that_cannot_be_started_is_one_more_failure() {
    let mut bench = Bench::running(vec![on_failure(2), task()], Grace::ByCause);
    bench.died(0, FAILED).at(100).pass().take();
    bench.handle(Event::SpawnFailed(TaskId(0), 126));
    assert_eq!(bench.machine.deadline(), Some(ms(300)));
    assert_eq!(bench.at(300).pass().take(), restarted(0));
    assert_eq!(bench.handle(Event::SpawnFailed(TaskId(0), 126)).take(), asked(1, TERM));
    bench.last_died(1, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(126));
}

#[test]
fn a_first_start_that_fails_ends_the_run_whatever_the_policy() {
    let mut bench = Bench::new(Vec::new(), vec![always()], Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().take();
    bench.handle(Event::SpawnFailed(TaskId(0), 126));
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(126)]);
}

/// The first is started again and tells when it is ready, the second comes after it.
fn pair(second: Task) -> Bench {
    let first = always().checked(Some(ReadinessCheck::Passive));
    let second = second.after(vec![TaskId(0)]);
    let mut bench = Bench::new(Vec::new(), vec![first, second], Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).take();
    bench
}

#[test]
fn what_waits_for_a_process_that_is_started_again_waits_until_it_is_ready_again() {
    let mut bench = pair(task());
    let expected = [leftovers_of(0), Action::EndProbe(CheckId::ready(TaskId(0)))];
    assert_eq!(bench.died(0, FAILED).take(), expected, "nor does its end before it was ready end the run");
    bench.at(100).pass().spawned(0).take();
    assert_eq!(bench.pass().take(), []);
    bench.handle(Event::Probed(CheckId::ready(TaskId(0)), ProbeResult::Ready));
    assert_eq!(bench.pass().take(), [Action::Spawn(TaskId(1))]);
}

#[test]
fn what_came_after_a_process_that_is_started_again_runs_on() {
    let mut bench = pair(task());
    bench.handle(Event::Probed(CheckId::ready(TaskId(0)), ProbeResult::Ready)).pass().spawned(1).take();
    assert_eq!(bench.died(0, FAILED).take(), [leftovers_of(0), Action::EndProbe(CheckId::ready(TaskId(0)))]);
    assert_eq!(bench.at(100).pass().take(), restarted(0));
}

#[test]
fn a_restart_waits_for_those_that_it_comes_after_too() {
    let mut bench = pair(on_failure(0));
    bench.handle(Event::Probed(CheckId::ready(TaskId(0)), ProbeResult::Ready)).pass().spawned(1).take();
    bench.woke(&[(0, FAILED), (1, FAILED)], &[], Children::None).at(100);
    assert_eq!(bench.take().len(), 3);
    assert_eq!(bench.pass().take(), restarted(0));
    bench.spawned(0).pass();
    assert!(bench.notices().contains(&Notice::WaitsFor(TaskId(1), vec![TaskId(0)])));
    assert_ne!(bench.machine.deadline(), Some(ms(100)), "it does not spin meanwhile");
    bench.take();
    bench.handle(Event::Probed(CheckId::ready(TaskId(0)), ProbeResult::Ready));
    assert_eq!(bench.pass().take(), restarted(1));
}

#[test]
fn the_last_attempt_may_end_before_it_is_ready() {
    let first = on_failure(1).checked(Some(ReadinessCheck::Passive));
    let mut bench = Bench::new(Vec::new(), vec![first], Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0);
    bench.died(0, FAILED).at(100).pass().spawned(0).take();
    bench.last_died(0, FAILED);
    let last = Notice::Finished(Cause::ExitBeforeReady(TaskId(0), FAILED), 3);
    assert_eq!(bench.notices().last(), Some(&last));
}
