//! The rules of supervision, seen from outside, for any program that runs others: monofy and its peers.
//!
//! ```text
//! cargo nextest run --test conformance                       monofy, and whether docs/conformance.md is up to date
//! UNDER_TEST='tini dumb-init' cargo test --test conformance program -- --nocapture
//! UNDER_TEST='./my-init --' cargo test --test conformance program -- --nocapture
//! MONOFY_CONFORMANCE=write cargo test --test conformance page
//! ```

mod support;

#[path = "conformance/inherited.rs"]
mod inherited;
#[path = "conformance/one.rs"]
mod one;
#[path = "conformance/page.rs"]
mod page;
#[path = "conformance/program.rs"]
mod program;
#[path = "conformance/rules.rs"]
mod rules;
#[path = "conformance/scene.rs"]
mod scene;
#[path = "conformance/several.rs"]
mod several;

use std::fmt::Write as _;
use std::io::Write as _;

use program::Program;
use rules::{RULES, Rule};
use scene::may_unshare;
use support::has_tool;

/// What a rule and a program have to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The program says that it keeps the rule, and does.
    Kept,
    /// The program says that it keeps the rule, and does not.
    Broken,
    /// It does not say so, but keeps the rule.
    KeptUnclaimed,
    /// It does not say so, and does not keep the rule: that does not count against it.
    NotClaimed,
}

/// Checks a rule. `expected` is what the page says: what is expected to happen is waited for longer.
fn verdict(rule: &Rule, program: &Program, expected: Option<Verdict>) -> (Verdict, String) {
    let is_claimed = program.claims(rule.key);
    let is_patient = is_claimed || expected == Some(Verdict::KeptUnclaimed);
    match (is_claimed, rule.check(program, is_patient)) {
        (true, Ok(())) => (Verdict::Kept, String::new()),
        (true, Err(why)) => (Verdict::Broken, why),
        (false, Ok(())) => (Verdict::KeptUnclaimed, String::new()),
        (false, Err(why)) => (Verdict::NotClaimed, why),
    }
}

/// The programs that `UNDER_TEST` names, else monofy.
fn under_test() -> Vec<Program> {
    let names = std::env::var("UNDER_TEST").unwrap_or_else(|_| "monofy".to_owned());
    let words: Vec<&str> = names.split_ascii_whitespace().collect();
    match words.iter().map(|name| Program::by_name(name)).collect::<Option<Vec<_>>>() {
        Some(programs) => programs,
        None => vec![Program::unknown(&words)],
    }
}

#[test]
fn the_program_under_test_keeps_every_rule_that_it_claims() {
    if !may_unshare() {
        return;
    }
    let mut report = String::new();
    let mut is_broken = false;
    for program in under_test() {
        assert!(program.is_installed(), "{} is not installed", program.name());
        let _ = writeln!(report, "{}", program.name());
        for rule in RULES {
            let (verdict, why) = verdict(rule, &program, None);
            is_broken |= verdict == Verdict::Broken;
            let why = if why.is_empty() { why } else { format!(": {why}") };
            let _ = writeln!(report, "  {:<13}  {}{why}", page::words(verdict), rule.sentence);
        }
    }
    assert!(!is_broken, "{report}");
    // Not by `eprintln`, which the test harness captures.
    let _ = std::io::stderr().write_all(report.as_bytes());
}

#[test]
fn the_page_says_who_keeps_what() {
    if !may_unshare() {
        return;
    }
    let is_written = std::env::var_os("MONOFY_CONFORMANCE").is_some_and(|value| value == "write");
    let programs = program::all();
    let programs: Vec<&Program> =
        programs.iter().filter(|program| has_tool(program.name(), program.is_installed())).collect();
    let told = page::read();
    // The programs side by side: most of a rule is waiting.
    let columns: Vec<Vec<Verdict>> = std::thread::scope(|scope| {
        let check = |program: &&Program| -> Vec<Verdict> {
            let of = |rule: &Rule| match told.get(&(rule.key, program.name().to_owned())).copied() {
                // What is missing and not claimed is looked at only for a new page: it takes the time of a failure.
                Some(Verdict::NotClaimed) if !is_written && !program.claims(rule.key) => Verdict::NotClaimed,
                expected => verdict(rule, program, expected).0,
            };
            RULES.iter().map(of).collect()
        };
        let started: Vec<_> = programs.iter().map(|program| scope.spawn(move || check(program))).collect();
        started.into_iter().map(|column| column.join().expect("no check panics")).collect()
    });
    if is_written {
        page::write(&programs, &columns);
        return;
    }
    let mut wrong = String::new();
    for (program, column) in programs.iter().zip(&columns) {
        for (rule, verdict) in RULES.iter().zip(column) {
            let told = told.get(&(rule.key, program.name().to_owned()));
            if told != Some(verdict) {
                let _ = writeln!(
                    wrong,
                    "{}: {}: {verdict:?}, on the page {told:?}",
                    program.name(),
                    rule.sentence
                );
            }
        }
    }
    assert!(wrong.is_empty(), "MONOFY_CONFORMANCE=write cargo test --test conformance page\n{wrong}");
}
