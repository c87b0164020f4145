//! The rules, in the order of the page.

use super::program::Program;
use super::scene::{Outcome, Scene};
use super::{inherited, one, several};

/// A rule of supervision.
pub(crate) struct Rule {
    /// Names it in the claims of a program.
    pub(crate) key: &'static str,
    /// Says it, with the program as the subject.
    pub(crate) sentence: &'static str,
    check: fn(Scene<'_>) -> Outcome<()>,
}

impl Rule {
    /// Whether a program keeps it, or why not.
    pub(crate) fn check(&self, program: &Program, is_patient: bool) -> Outcome<()> {
        (self.check)(Scene::new(program, is_patient))
    }
}

const fn rule(key: &'static str, sentence: &'static str, check: fn(Scene<'_>) -> Outcome<()>) -> Rule {
    Rule { key, sentence, check }
}

/// All rules. Those with one process come first, then those with two.
pub(crate) const RULES: &[Rule] = &[
    rule("term", "passes TERM on", one::term_is_passed_on),
    rule(
        "signals",
        "passes HUP, USR1, USR2, ALRM, WINCH, INT and QUIT on",
        one::standard_signals_are_passed_on,
    ),
    rule("real-time", "passes the real-time signals 34 to 64 on", one::real_time_signals_are_passed_on),
    rule("once", "tells only its own child, not the workers of a prefork server", one::workers_are_not_told),
    rule("status", "exits with the status of its process", one::the_status_is_that_of_the_process),
    rule("death", "exits with 128+n when signal n killed its process", one::a_death_is_128_and_the_signal),
    rule(
        "missing",
        "exits with 127 when PROGRAM is missing, 126 when it cannot be executed",
        one::a_missing_program_is_127,
    ),
    rule("reap", "reaps orphans as PID 1, and runs on", one::orphans_are_reaped),
    rule("below", "reaps orphans below another init, too", one::orphans_are_reaped_below_an_init),
    rule("mask", "gives its process the signal mask that it was started with", inherited::the_mask),
    rule(
        "ignored",
        "gives its process the ignored signals that it was started with",
        inherited::ignored_signals,
    ),
    rule("descriptors", "passes on no descriptor of its own", inherited::descriptors),
    rule("environment", "leaves the environment as it is", inherited::environment),
    rule("stopped", "ends a process that is stopped (`kill -STOP`)", one::a_stopped_process_ends),
    rule(
        "descendants",
        "tells daemons to stop and waits for them before it exits",
        one::descendants_are_told,
    ),
    rule("deadline", "kills what ignores TERM after a time that can be set", one::the_deadline_kills),
    rule("two", "passes TERM on to each of two processes", several::each_is_told_to_stop),
    rule("each", "passes HUP and USR1 on to each of two processes", several::each_gets_other_signals),
    rule("fates", "stops the others when one process exits", several::the_first_to_exit_ends_the_others),
    rule(
        "first",
        "exits with the status of the first process to exit",
        several::the_first_to_exit_decides_the_status,
    ),
    rule(
        "asked",
        "exits with 0 when it was asked to stop and all died of the signal",
        several::a_stop_that_was_asked_for_is_0,
    ),
    rule(
        "background",
        "runs on after INT in a background job, which ignores it",
        several::an_ignored_int_stops_nothing,
    ),
    rule("restart", "restarts a process that failed, and no other", several::what_failed_is_restarted),
];
