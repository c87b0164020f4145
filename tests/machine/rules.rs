//! One rule a test: these events, so these actions.

use std::time::Duration;

use monofy::exit::ExitReason;
use monofy::output::Stream;
use monofy::plan::Timeout;
use monofy::signal::{SignalNumber, SignalSet};
use monofy::supervisor::{
    Action, Cause, Children, Config, Event, Grace, JobControl, Machine, Notice, Task, TaskId, Tick, Wake,
};
use monofy::sys::spawn::Grouping;

use super::bench::{Bench, CONT, HUP, INT, KILL, QUIT, TERM, TSTP, asked, limit, ms, pid, sent, task, typed};

#[test]
fn setup_commands_run_one_after_another_and_then_the_programs_are_looked_up() {
    let mut bench = Bench::new(vec![task(), task()], vec![task()], Grace::ByCause, Grouping::Own);
    assert_eq!(bench.pass().take(), [Action::Spawn(TaskId(0))]);
    assert_eq!(bench.spawned(0).pass().take(), []);
    assert_eq!(bench.last_died(0, ExitReason::Exited(0)).take(), [Action::Spawn(TaskId(1))]);
    assert_eq!(bench.spawned(1).last_died(1, ExitReason::Exited(0)).take(), [Action::LookUpPrograms]);
    bench.handle(Event::ProgramsLookedUp(Ok(())));
    assert_eq!(bench.pass().take(), [Action::Spawn(TaskId(2))]);
}

#[test]
fn a_setup_command_that_fails_ends_the_run_with_its_status() {
    let mut bench = Bench::new(vec![task()], vec![task()], Grace::ByCause, Grouping::Own);
    bench.pass().spawned(0).take();
    assert_eq!(bench.last_died(0, ExitReason::Exited(3)).take(), [Action::Finish(3)]);
}

#[test]
fn a_missing_program_is_told_before_any_process_starts() {
    let mut bench = Bench::new(vec![task()], vec![task(), task()], Grace::ByCause, Grouping::Own);
    bench.pass().spawned(0).last_died(0, ExitReason::Exited(0)).take();
    bench.handle(Event::ProgramsLookedUp(Err(127)));
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(127)]);
}

#[test]
fn term_between_spawns_stops_what_started() {
    let mut bench = Bench::new(Vec::new(), vec![task(), task(), task()], Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).pass().spawned(1).take();
    assert_eq!(
        bench.machine.deadline(),
        Some(Tick::ZERO),
        "the machine lets signals be seen between two starts"
    );
    let expected: Vec<Action> = [asked(0, TERM), asked(1, TERM)].concat();
    assert_eq!(bench.got(sent(TERM)).take(), expected);
    bench.died(0, ExitReason::Killed(TERM)).last_died(1, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(0));
}

#[test]
fn term_during_setup_goes_to_the_setup_command_and_nothing_more_is_started() {
    let mut bench = Bench::new(vec![task(), task()], vec![task()], Grace::ByCause, Grouping::Own);
    bench.pass().spawned(0).take();
    assert_eq!(bench.got(sent(TERM)).take(), asked(0, TERM));
    assert_eq!(bench.last_died(0, ExitReason::Exited(0)).take(), [Action::Finish(0)]);
}

#[test]
fn term_before_anything_is_started_ends_the_run() {
    let mut bench = Bench::new(vec![task()], vec![task()], Grace::ByCause, Grouping::Own);
    bench.got(sent(TERM));
    assert_eq!(bench.machine.deadline(), Some(Tick::ZERO));
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(0)]);
}

#[test]
fn a_start_that_was_under_way_when_the_stop_began_is_stopped_too() {
    let mut bench = Bench::new(Vec::new(), vec![task(), task()], Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).pass().take();
    bench.got(sent(INT)).take();
    assert_eq!(bench.spawned(1).take(), asked(1, INT));
}

#[test]
fn a_start_that_fails_after_the_stop_began_changes_nothing() {
    let mut bench = Bench::new(Vec::new(), vec![task(), task()], Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).pass().got(sent(INT)).take();
    assert_eq!(bench.handle(Event::SpawnFailed(TaskId(1), 126)).take(), []);
    bench.last_died(0, ExitReason::Killed(INT));
    assert_eq!(bench.status(), Some(0));
}

#[test]
fn the_first_process_to_exit_ends_the_run_with_whatever_status() {
    for death in
        [ExitReason::Exited(0), ExitReason::Exited(7), ExitReason::Killed(SignalNumber::new(11).unwrap())]
    {
        let mut bench = Bench::running(vec![task(), task()], Grace::ByCause);
        assert_eq!(bench.died(1, death).take(), asked(0, TERM));
        bench.last_died(0, ExitReason::Exited(99));
        assert_eq!(bench.status(), Some(death.status()), "what monofy ended does not decide");
    }
}

#[test]
fn of_several_deaths_in_one_wake_up_the_first_in_the_order_of_the_line_decides() {
    let mut bench = Bench::running(vec![task(), task()], Grace::ByCause);
    bench.woke(&[(1, ExitReason::Exited(2)), (0, ExitReason::Exited(1))], &[], Children::None);
    assert_eq!(bench.status(), Some(1));
}

#[test]
fn deaths_count_before_signals_of_the_same_wake_up() {
    let mut bench = Bench::running(vec![task(), task()], Grace::ByCause);
    bench.woke(&[(1, ExitReason::Exited(7))], &[sent(TERM)], Children::Left);
    bench.last_died(0, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(7));
}

#[test]
fn what_dies_of_the_terminals_signal_in_the_wake_up_that_shows_it_dies_of_it() {
    let mut bench = Bench::running_in(vec![task(), task()], Grace::ByCause, Grouping::Shared);
    bench.woke(&[(1, ExitReason::Killed(INT)), (0, ExitReason::Exited(130))], &[typed(INT)], Children::None);
    assert_eq!(bench.status(), Some(0));
}

#[test]
fn a_signal_from_the_terminal_is_not_sent_again_to_its_group() {
    let mut bench = Bench::running_in(vec![task()], Grace::ByCause, Grouping::Shared);
    assert_eq!(bench.got(typed(INT)).take(), [Action::Send(pid(0), CONT)]);
}

#[test]
fn a_signal_that_the_terminal_sent_before_a_process_was_in_its_group_is_sent_to_that_one() {
    let mut bench = Bench::new(Vec::new(), vec![task(), task(), task()], Grace::ByCause, Grouping::Shared);
    bench
        .pass()
        .handle(Event::ProgramsLookedUp(Ok(())))
        .pass()
        .spawned(0)
        .pass()
        .spawned_after(1, &[TSTP])
        .take();
    let stopped = [Action::Send(pid(1), TSTP), Action::StopSelf(TSTP), Action::Spawn(TaskId(2))];
    assert_eq!(bench.got(typed(TSTP)).take(), stopped);
    let interrupted =
        [&[Action::Send(pid(0), CONT)][..], &[Action::Send(pid(1), CONT)], &asked(2, INT)].concat();
    assert_eq!(bench.spawned_after(2, &[INT]).got(typed(INT)).take(), interrupted);
}

#[test]
fn a_stop_signal_of_its_own_is_sent_even_if_the_terminal_has_sent_another() {
    let mut bench = Bench::running_in(vec![Task::new(Some(QUIT), None)], Grace::ByCause, Grouping::Shared);
    assert_eq!(bench.got(typed(INT)).take(), asked(0, QUIT));
    bench.last_died(0, ExitReason::Killed(INT));
    assert_eq!(bench.status(), Some(0), "it was sent both");
}

#[test]
fn a_signal_from_the_terminal_reaches_processes_in_groups_of_their_own_through_monofy() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    assert_eq!(bench.got(typed(INT)).take(), asked(0, INT));
}

#[test]
fn a_hang_up_is_told_to_the_leader_of_the_session_alone_and_so_passed_on() {
    let config = Config {
        grace: Grace::ByCause,
        start_timeout: None,
        job_control: JobControl { grouping: Grouping::Shared, leads_session: true },
        ignored: SignalSet::EMPTY,
    };
    let mut bench = Bench::running_in(vec![task()], Grace::ByCause, Grouping::Shared);
    assert_eq!(bench.got(typed(HUP)).take(), []);
    bench.machine = Machine::new(Vec::new(), vec![task()], config);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).pass().take();
    assert_eq!(bench.got(typed(HUP)).take(), [Action::Send(pid(0), HUP)]);
}

#[test]
fn a_stop_from_the_terminal_stops_monofy_as_well() {
    let mut bench = Bench::running_in(vec![task()], Grace::ByCause, Grouping::Shared);
    assert_eq!(bench.got(typed(TSTP)).take(), [Action::StopSelf(TSTP)]);
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    assert_eq!(bench.got(typed(TSTP)).take(), [Action::Send(pid(0), TSTP), Action::StopSelf(TSTP)]);
    assert_eq!(bench.got(sent(TSTP)).take(), [Action::Send(pid(0), TSTP)], "a sent one is only passed on");
}

#[test]
fn other_signals_are_only_passed_on() {
    let mut bench = Bench::running(vec![task(), Task::new(Some(QUIT), None)], Grace::ByCause);
    assert_eq!(bench.got(sent(HUP)).take(), [Action::Send(pid(0), HUP), Action::Send(pid(1), HUP)]);
    assert_eq!(bench.machine.deadline(), None, "no stop has begun");
}

#[test]
fn a_process_with_a_stop_signal_gets_that_one_instead() {
    let mut bench = Bench::running(vec![task(), Task::new(Some(QUIT), None)], Grace::ByCause);
    let expected: Vec<Action> = [asked(0, INT), asked(1, QUIT)].concat();
    assert_eq!(bench.got(sent(INT)).take(), expected);
}

#[test]
fn orphans_end_nothing() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    assert_eq!(bench.died(50, ExitReason::Exited(1)).take(), []);
    assert_eq!(bench.machine.deadline(), None);
}

#[test]
fn descendants_are_asked_only_when_all_processes_are_gone() {
    let mut bench = Bench::running(vec![task(), task()], Grace::ByCause);
    bench.got(sent(TERM)).take();
    assert_eq!(bench.died(0, ExitReason::Exited(0)).take(), []);
    assert_eq!(bench.died(1, ExitReason::Exited(0)).take(), [Action::TerminateDescendants]);
    assert_eq!(bench.woke(&[(50, ExitReason::Exited(0))], &[], Children::None).take(), [Action::Finish(0)]);
}

#[test]
fn descendants_that_were_not_there_to_be_asked_are_looked_for_again() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    bench.got(sent(TERM)).died(0, ExitReason::Exited(0)).take();
    assert_eq!(bench.machine.deadline(), Some(ms(50)));
    assert_eq!(bench.at(49).pass().take(), []);
    assert_eq!(bench.at(50).pass().take(), [Action::TerminateDescendants]);
    assert_eq!(bench.machine.deadline(), Some(ms(150)), "less and less often");
    assert_eq!(
        bench.at(80).died(50, ExitReason::Exited(0)).take(),
        [Action::TerminateDescendants],
        "one that ends may have forked"
    );
}

#[test]
fn however_many_descendants_die_they_are_looked_for_every_20_ms_at_most() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    bench.got(sent(TERM)).died(0, ExitReason::Exited(0)).take();
    for index in 50..90 {
        assert_eq!(bench.at(10).died(index, ExitReason::Exited(0)).take(), []);
    }
    assert_eq!(bench.machine.deadline(), Some(ms(20)));
    assert_eq!(bench.at(20).pass().take(), [Action::TerminateDescendants]);
}

#[test]
fn a_stop_of_our_own_has_10_seconds_counted_from_its_beginning() {
    let mut bench = Bench::running(vec![task(), task(), task()], Grace::ByCause);
    bench.at(1000).died(0, ExitReason::Exited(0)).take();
    assert_eq!(bench.machine.deadline(), Some(ms(11_000)));
    bench.at(9000).died(1, ExitReason::Exited(0));
    assert_eq!(bench.machine.deadline(), Some(ms(11_000)), "one deadline for the whole stop");
    bench.take();
    let killed = [Action::Send(pid(2), KILL), Action::KillDescendants { sparing: vec![] }];
    assert_eq!(bench.at(11_000).pass().take(), killed);
    bench.last_died(2, ExitReason::Killed(KILL));
    assert_eq!(bench.status(), Some(0), "the status is that of the first");
}

#[test]
fn a_stop_from_outside_has_no_limit_and_tells_after_5_seconds_who_is_there() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    bench.got(sent(TERM)).take();
    assert_eq!(bench.machine.deadline(), Some(ms(5000)));
    bench.at(5000).pass();
    assert!(bench.notices().contains(&Notice::StillRunning(vec![TaskId(0)], Duration::from_secs(5))));
    assert_eq!(bench.take(), []);
    assert_eq!(bench.machine.deadline(), None);
}

#[test]
fn a_fixed_grace_holds_for_every_cause() {
    let mut bench = Bench::running(vec![task()], Grace::Fixed(limit(2000)));
    bench.got(sent(TERM)).take();
    assert_eq!(bench.machine.deadline(), Some(ms(2000)));
    let mut bench = Bench::running(vec![task(), task()], Grace::Fixed(Timeout::Never));
    bench.died(0, ExitReason::Exited(0)).take();
    assert_eq!(bench.machine.deadline(), Some(ms(5000)), "only the notice");
}

#[test]
fn a_grace_of_0_kills_at_once() {
    let mut bench = Bench::running(vec![task()], Grace::Fixed(limit(0)));
    let actions = bench.got(sent(TERM)).take();
    assert!(actions.contains(&Action::Send(pid(0), KILL)), "{actions:?}");
    bench.last_died(0, ExitReason::Killed(KILL));
    assert_eq!(bench.status(), Some(137));
}

#[test]
fn a_process_that_had_to_be_killed_gives_137_after_an_outside_stop() {
    let mut bench = Bench::running(vec![task(), task()], Grace::Fixed(limit(1000)));
    bench
        .got(sent(TERM))
        .died(0, ExitReason::Exited(3))
        .at(1000)
        .pass()
        .last_died(1, ExitReason::Killed(KILL));
    assert_eq!(bench.status(), Some(137));
}

#[test]
fn after_an_outside_stop_the_first_other_status_in_the_order_of_the_line_counts() {
    let mut bench = Bench::running(vec![task(), task(), task()], Grace::ByCause);
    bench
        .got(sent(TERM))
        .died(2, ExitReason::Exited(4))
        .died(1, ExitReason::Exited(3))
        .last_died(0, ExitReason::Exited(143));
    assert_eq!(bench.status(), Some(3));
}

#[test]
fn a_shorter_bound_of_its_own_kills_a_process_and_what_is_below_it() {
    let mut bench =
        Bench::running(vec![Task::new(None, Some(limit(500))), task()], Grace::Fixed(limit(3000)));
    bench.got(sent(TERM)).take();
    assert_eq!(bench.machine.deadline(), Some(ms(500)));
    assert_eq!(bench.at(500).pass().take(), [Action::KillTree(pid(0))]);
    bench.at(510).died(0, ExitReason::Killed(KILL)).take();
    assert_eq!(bench.machine.deadline(), Some(ms(3000)));
}

#[test]
fn a_longer_bound_of_its_own_spares_a_process_at_the_deadline() {
    let mut bench =
        Bench::running(vec![Task::new(None, Some(limit(9000))), task()], Grace::Fixed(limit(3000)));
    bench.got(sent(TERM)).take();
    let killed = [Action::Send(pid(1), KILL), Action::KillDescendants { sparing: vec![pid(0)] }];
    assert_eq!(bench.at(3000).pass().take(), killed);
    bench.at(3010).died(1, ExitReason::Killed(KILL)).take();
    assert_eq!(bench.machine.deadline(), Some(ms(9000)));
    bench.at(4000).last_died(0, ExitReason::Exited(0));
    assert_eq!(bench.status(), Some(137));
}

#[test]
fn adopted_children_of_the_killed_are_killed_too() {
    let mut bench = Bench::running(vec![task()], Grace::Fixed(limit(1000)));
    bench.got(sent(TERM)).at(1000).pass().take();
    let again = [Action::KillDescendants { sparing: vec![] }];
    assert_eq!(bench.at(1020).died(0, ExitReason::Killed(KILL)).take(), again);
    assert_eq!(bench.machine.deadline(), Some(ms(1120)), "and looked for again, should one have been forked");
}

#[test]
fn two_seconds_after_the_kill_the_run_is_over_and_names_what_would_not_die() {
    let mut bench = Bench::running(vec![task()], Grace::Fixed(limit(1000)));
    bench.got(sent(TERM)).at(1000).pass().take();
    bench.at(2999).pass();
    assert_eq!(bench.status(), None);
    bench.at(3000).pass();
    assert!(bench.notices().contains(&Notice::Unkillable(Duration::from_secs(2))));
    assert_eq!(bench.status(), Some(137));
}

#[test]
fn a_second_ctrl_c_kills_at_once() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    bench.got(typed(INT)).take();
    let actions = bench.got(typed(INT)).take();
    assert!(actions.contains(&Action::Send(pid(0), KILL)), "{actions:?}");
}

#[test]
fn int_from_programs_kills_nothing_however_often_it_comes() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    for _ in 0..5 {
        assert_eq!(bench.got(sent(INT)).take(), asked(0, INT));
    }
    assert!(!bench.machine.is_interrupted_twice());
}

/// A wake-up in which this process had left the process group of the terminal.
fn typed_past(bench: &mut Bench, index: usize, signal: SignalNumber) -> Vec<Action> {
    let wake = Wake { signals: vec![typed(signal)], outside_group: vec![pid(index)], ..Wake::default() };
    bench.handle(Event::Woke(&wake)).take()
}

#[test]
fn a_process_that_has_left_the_process_group_of_the_terminal_is_told_by_monofy() {
    let mut bench = Bench::running_in(vec![task(), task()], Grace::ByCause, Grouping::Shared);
    let stopped = [Action::Send(pid(1), TSTP), Action::StopSelf(TSTP)];
    assert_eq!(typed_past(&mut bench, 1, TSTP), stopped);
    let expected = [&[Action::Send(pid(0), CONT)][..], &asked(1, INT)].concat();
    assert_eq!(typed_past(&mut bench, 1, INT), expected);
}

#[test]
fn int_and_quit_that_were_inherited_as_ignored_are_only_passed_on() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    bench.ignore(&[INT, QUIT]);
    for signal in [INT, QUIT, INT] {
        assert_eq!(bench.got(sent(signal)).take(), [Action::Send(pid(0), signal)]);
    }
    assert_eq!(bench.machine.deadline(), None, "no stop has begun");
    assert_eq!(bench.got(sent(TERM)).take(), asked(0, TERM));
}

#[test]
fn one_ctrl_c_that_a_parent_passes_on_as_well_is_still_one() {
    let mut bench = Bench::running_in(vec![task()], Grace::ByCause, Grouping::Shared);
    bench.got(typed(INT)).take();
    assert_eq!(bench.got(sent(INT)).take(), asked(0, INT));
}

#[test]
fn a_signal_from_outside_lifts_the_limit_of_a_stop_that_monofy_began_and_leaves_its_status() {
    for signal in [TERM, INT, QUIT] {
        let mut bench = Bench::running(vec![task(), task()], Grace::ByCause);
        bench.died(0, ExitReason::Exited(5)).take();
        assert_eq!(bench.at(100).got(sent(signal)).take(), asked(1, signal));
        assert_eq!(bench.machine.deadline(), Some(ms(5000)), "only the notice");
        assert_eq!(bench.at(20_000).pass().take(), []);
        bench.last_died(1, ExitReason::Killed(TERM));
        assert_eq!(bench.status(), Some(5));
    }
}

#[test]
fn a_grace_that_the_user_set_is_not_lifted() {
    let mut bench = Bench::running(vec![task(), task()], Grace::Fixed(limit(2000)));
    bench.died(0, ExitReason::Exited(5)).got(sent(TERM)).take();
    assert_eq!(bench.machine.deadline(), Some(ms(2000)));
}

#[test]
fn a_signal_that_killed_the_first_process_and_then_arrives_at_monofy_asked_for_the_stop() {
    for signal in [TERM, INT, QUIT] {
        for death in [ExitReason::Killed(signal), ExitReason::Exited(signal.shell_status())] {
            let mut bench = Bench::running(vec![task(), task()], Grace::ByCause);
            assert_eq!(bench.died(0, death).take(), asked(1, TERM));
            assert_eq!(
                bench.at(20).got(sent(signal)).take(),
                [],
                "it was sent to all, and they were told besides"
            );
            assert_eq!(bench.at(13_000).pass().take(), [], "such a stop has no limit");
            bench.last_died(1, ExitReason::Exited(0));
            assert_eq!(bench.notices().last(), Some(&Notice::Finished(Cause::Outside(signal), 0)));
        }
    }
}

#[test]
fn a_run_whose_last_process_died_of_term_waits_50_ms_for_the_same_signal() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    assert_eq!(bench.last_died(0, ExitReason::Killed(TERM)).take(), []);
    assert_eq!(bench.machine.deadline(), Some(ms(50)));
    let mut later = bench.clone();
    later.at(50).woke(&[], &[], Children::None);
    assert_eq!(later.status(), Some(143), "it did not come");
    bench.at(49).got(sent(TERM));
    bench.woke(&[], &[], Children::None);
    assert_eq!(bench.status(), Some(0), "it came");
}

#[test]
fn a_run_whose_last_process_died_of_another_signal_ends_at_once() {
    for death in [ExitReason::Killed(HUP), ExitReason::Exited(129), ExitReason::Exited(1)] {
        let mut bench = Bench::running(vec![task()], Grace::ByCause);
        bench.last_died(0, death);
        assert_eq!(bench.status(), Some(death.status()));
    }
}

#[test]
fn a_signal_other_than_that_of_the_first_death_leaves_the_status() {
    let mut bench = Bench::running(vec![task(), task()], Grace::ByCause);
    bench.died(0, ExitReason::Killed(TERM)).got(sent(INT)).last_died(1, ExitReason::Killed(INT)).take();
    bench.at(50).woke(&[], &[], Children::None);
    assert_eq!(bench.status(), Some(143));
}

#[test]
fn a_program_that_could_not_be_started_ends_the_others() {
    let mut bench = Bench::new(Vec::new(), vec![task(), task()], Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).pass().take();
    assert_eq!(bench.handle(Event::SpawnFailed(TaskId(1), 126)).take(), asked(0, TERM));
    bench.last_died(0, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(126));
}

#[test]
fn a_process_that_was_reaped_behind_our_back_is_not_waited_for() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    assert_eq!(bench.woke(&[], &[], Children::None).take(), [Action::Finish(125)]);
}

#[test]
fn the_last_notice_says_why_the_run_ended_and_with_which_status() {
    let mut bench = Bench::running(vec![task()], Grace::ByCause);
    bench.last_died(0, ExitReason::Exited(4));
    let last = Notice::Finished(Cause::FirstExit(TaskId(0), ExitReason::Exited(4)), 4);
    assert_eq!(bench.notices().last(), Some(&last));
}

#[test]
fn when_nobody_reads_the_output_the_run_stops_with_the_status_of_a_broken_pipe() {
    let mut bench = Bench::running(vec![task(), task()], Grace::ByCause);
    let expected: Vec<Action> = [asked(0, TERM), asked(1, TERM)].concat();
    assert_eq!(bench.handle(Event::ReaderGone(Stream::Stdout)).take(), expected);
    assert_eq!(bench.machine.deadline(), Some(ms(10_000)), "it is a stop of our own");
    bench.died(0, ExitReason::Exited(3)).last_died(1, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(141));
}

#[test]
fn a_death_counts_before_a_reader_that_goes_in_the_same_wake_up() {
    let mut bench = Bench::running(vec![task(), task()], Grace::ByCause);
    bench.died(0, ExitReason::Exited(3)).handle(Event::ReaderGone(Stream::Stderr));
    bench.last_died(1, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(3));
}

#[test]
fn a_run_that_is_over_tells_until_when_its_output_may_wait_and_still_counts_ctrl_c() {
    let mut bench = Bench::running(vec![task()], Grace::Fixed(limit(2000)));
    bench.at(100).got(typed(INT)).last_died(0, ExitReason::Exited(0));
    assert_eq!(bench.machine.limit(), Some(ms(2100)));
    assert!(!bench.machine.is_interrupted_twice());
    assert_eq!(bench.got(typed(INT)).take().last(), Some(&Action::Finish(0)), "nothing new follows");
    assert!(bench.machine.is_interrupted_twice());
}
