//! The order in which processes are told to stop, one rule a test.

use monofy::exit::ExitReason;
use monofy::plan::Timeout;
use monofy::supervisor::{Action, Event, Grace, Notice, Task, TaskId};
use monofy::sys::spawn::Grouping;

use super::bench::{Bench, CONT, HUP, INT, KILL, QUIT, TERM, asked, limit, ms, pid, sent, task, typed};

const ENDED: ExitReason = ExitReason::Exited(0);

fn after(task: Task, indices: &[usize]) -> Task {
    task.after(indices.iter().copied().map(TaskId).collect())
}

/// A database, an api that comes after it, and a web server that comes after the api.
fn chain() -> Vec<Task> {
    vec![task(), after(task(), &[0]), after(task(), &[1])]
}

#[test]
fn a_process_is_told_to_stop_once_those_that_come_after_it_are_gone() {
    let mut bench = Bench::running(chain(), Grace::ByCause);
    assert_eq!(bench.got(sent(TERM)).take(), asked(2, TERM));
    assert_eq!(bench.at(10).died(2, ENDED).take(), asked(1, TERM));
    assert_eq!(bench.notices(), []);
    assert_eq!(bench.at(20).died(1, ENDED).take(), asked(0, TERM));
    bench.last_died(0, ENDED);
    assert_eq!(bench.status(), Some(0));
}

#[test]
fn a_stop_of_monofys_own_has_the_same_order() {
    let mut bench = Bench::running([chain(), vec![task()]].concat(), Grace::ByCause);
    assert_eq!(bench.died(3, ExitReason::Exited(7)).take(), asked(2, TERM));
    assert_eq!(bench.died(2, ENDED).take(), asked(1, TERM));
}

#[test]
fn what_came_after_a_process_that_is_gone_still_keeps_those_that_it_came_after() {
    let mut bench = Bench::running(chain(), Grace::ByCause);
    assert_eq!(bench.died(1, ExitReason::Exited(7)).take(), asked(2, TERM));
    assert_eq!(bench.died(2, ENDED).take(), asked(0, TERM));
}

#[test]
fn a_process_waits_for_half_of_the_time_left_at_most() {
    let mut bench = Bench::running(chain(), Grace::Fixed(limit(8000)));
    bench.at(1000).got(sent(TERM)).take();
    bench.at(2000).pass().take();
    assert_eq!(bench.machine.deadline(), Some(ms(5000)));
    assert_eq!(bench.at(5000).pass().take(), asked(1, TERM));
    assert_eq!(bench.machine.deadline(), Some(ms(7000)), "half of the 4 s that are left");
    assert_eq!(bench.at(7000).pass().take(), asked(0, TERM));
    assert_eq!(bench.machine.deadline(), Some(ms(9000)));
}

#[test]
fn without_a_limit_the_time_is_counted_as_10_s() {
    for grace in [Grace::ByCause, Grace::Fixed(Timeout::Never)] {
        let mut bench = Bench::running(chain(), grace);
        bench.got(sent(TERM)).at(1000).pass().take();
        assert_eq!(bench.at(4999).pass().take(), []);
        assert_eq!(bench.at(5000).pass().take(), asked(1, TERM));
        assert_eq!(bench.at(7499).pass().take(), []);
        assert_eq!(bench.at(7500).pass().take(), asked(0, TERM));
    }
}

#[test]
fn a_stop_timeout_of_its_own_counts_instead_but_not_beyond_half_of_the_grace() {
    for (own, turn) in
        [(limit(1000), 1000), (limit(3000), 3000), (limit(60_000), 5000), (Timeout::Never, 5000)]
    {
        let processes = vec![task(), after(Task::new(None, Some(own)), &[0])];
        let mut bench = Bench::running(processes, Grace::Fixed(limit(10_000)));
        assert_eq!(bench.got(sent(TERM)).take(), asked(1, TERM));
        bench.at(999).pass().take();
        if turn > 1000 {
            bench.at(1000).pass().take();
        }
        assert_eq!(bench.machine.deadline(), Some(ms(turn)));
        let actions = bench.at(turn).pass().take();
        assert_eq!(actions[..2], asked(0, TERM), "{actions:?}");
    }
}

#[test]
fn a_stop_timeout_of_its_own_is_counted_from_its_turn() {
    let processes = vec![Task::new(None, Some(limit(2000))), after(task(), &[0])];
    let mut bench = Bench::running(processes, Grace::ByCause);
    bench.got(sent(TERM)).at(4000).died(1, ENDED).take();
    assert_eq!(bench.at(5999).pass().take(), []);
    assert_eq!(bench.at(6000).pass().take(), [Action::KillTree(pid(0))]);
}

#[test]
fn a_grace_of_0_kills_every_rank_at_once() {
    let mut bench = Bench::running(chain(), Grace::Fixed(limit(0)));
    let actions = bench.got(sent(TERM)).take();
    for index in 0..3 {
        assert!(actions.contains(&Action::Send(pid(index), KILL)), "{actions:?}");
    }
}

#[test]
fn signals_that_begin_a_stop_wait_for_the_turn_of_a_process_and_others_do_not() {
    let mut bench = Bench::running(chain(), Grace::ByCause);
    bench.got(sent(TERM)).take();
    assert_eq!(bench.got(sent(INT)).take(), asked(2, INT));
    let hang_ups: Vec<Action> = (0..3).map(|index| Action::Send(pid(index), HUP)).collect();
    assert_eq!(bench.got(sent(HUP)).take(), hang_ups);
    assert_eq!(bench.died(2, ENDED).take(), asked(1, TERM));
}

#[test]
fn a_second_term_tells_nobody_earlier() {
    let mut bench = Bench::running(chain(), Grace::Fixed(limit(8000)));
    bench.got(sent(TERM)).at(1000).pass().take();
    assert_eq!(bench.got(sent(TERM)).take(), asked(2, TERM));
    assert_eq!(bench.machine.deadline(), Some(ms(4000)));
}

#[test]
fn what_the_terminal_tells_its_group_all_have_heard() {
    let mut bench = Bench::running_in(chain(), Grace::ByCause, Grouping::Shared);
    let continued: Vec<Action> = (0..3).map(|index| Action::Send(pid(index), CONT)).collect();
    assert_eq!(bench.got(typed(INT)).take(), continued);
}

#[test]
fn a_stop_signal_of_its_own_waits_for_its_turn_at_a_terminal_too() {
    let processes = vec![Task::new(Some(QUIT), None), after(task(), &[0])];
    let mut bench = Bench::running_in(processes, Grace::ByCause, Grouping::Shared);
    assert_eq!(bench.got(typed(INT)).take(), [Action::Send(pid(1), CONT)]);
    assert_eq!(bench.died(1, ENDED).take(), asked(0, QUIT));
}

#[test]
fn after_1_s_it_is_reported_who_waits_for_whom() {
    let mut bench = Bench::running(chain(), Grace::ByCause);
    bench.got(sent(TERM));
    assert_eq!(bench.machine.deadline(), Some(ms(1000)));
    bench.take();
    bench.at(1000).pass();
    let waits = |index, others: &[usize]| {
        Notice::StopWaitsFor(TaskId(index), others.iter().copied().map(TaskId).collect())
    };
    assert_eq!(bench.notices(), [waits(0, &[1, 2]), waits(1, &[2])]);
    bench.take();
    assert_eq!(bench.machine.deadline(), Some(ms(5000)));
}

#[test]
fn a_start_under_way_is_told_before_those_that_it_comes_after() {
    let mut bench = Bench::new(Vec::new(), vec![task(), after(task(), &[0])], Grace::ByCause, Grouping::Own);
    bench.pass().handle(Event::ProgramsLookedUp(Ok(()))).pass().spawned(0).pass().take();
    assert_eq!(bench.got(sent(TERM)).take(), []);
    assert_eq!(bench.spawned(1).take(), asked(1, TERM));
    assert_eq!(bench.died(1, ENDED).take(), asked(0, TERM));
}

#[test]
fn what_is_killed_in_its_turn_lets_the_next_be_told() {
    let processes = vec![task(), after(Task::new(None, Some(limit(500))), &[0])];
    let mut bench = Bench::running(processes, Grace::ByCause);
    bench.got(sent(TERM)).take();
    let actions = bench.at(500).pass().take();
    assert_eq!(actions, [&asked(0, TERM)[..], &[Action::KillTree(pid(1))]].concat());
}

#[test]
fn the_last_of_a_long_chain_is_told_before_it_is_killed() {
    let tasks = (0..50_usize).map(|index| if index == 0 { task() } else { after(task(), &[index - 1]) });
    let mut bench = Bench::running(tasks.collect(), Grace::Fixed(limit(10_000)));
    bench.got(sent(TERM));
    for now in (0..=10_000).step_by(100) {
        bench.at(now).pass();
    }
    let actions = bench.take();
    for index in 0..50 {
        let place = |signal| actions.iter().position(|action| *action == Action::Send(pid(index), signal));
        assert!(place(TERM).unwrap() < place(KILL).unwrap());
    }
}

#[test]
fn a_process_that_dies_of_the_received_signal_before_its_turn_has_stopped_as_asked() {
    // systemd sends TERM to monofy and to all processes.
    let mut bench = Bench::running(chain(), Grace::ByCause);
    bench.got(sent(TERM)).died(0, ExitReason::Killed(TERM)).died(1, ExitReason::Exited(143));
    bench.last_died(2, ENDED);
    assert_eq!(bench.status(), Some(0));
}

#[test]
fn a_process_with_its_own_stop_signal_that_dies_of_the_received_one_has_stopped_as_asked() {
    let mut bench = Bench::running(vec![Task::new(Some(QUIT), None)], Grace::ByCause);
    bench.got(sent(TERM)).last_died(0, ExitReason::Killed(TERM));
    assert_eq!(bench.status(), Some(0));
}
