//! Large files: at most 64 problems each, in time that grows with the file and not with its square.

use std::fmt::Write;
use std::time::{Duration, Instant};

use crate::support::scenario::Scenario;
use crate::support::{Finished, Folder, Run, until};

/// Lines of a file of about a quarter of a mebibyte.
fn repeat(line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < 256 * 1024 {
        let _ = writeln!(text, "{}", line(number));
        number += 1;
    }
    text
}

/// Runs a line with a large file. With work that grows with the square of the file it would take minutes.
fn timed(scenario: &Scenario, arguments: &[&str]) -> Finished {
    let start = Instant::now();
    let finished = scenario.run(arguments);
    assert!(start.elapsed() < Duration::from_secs(20), "{arguments:?} took {:?}", start.elapsed());
    finished
}

#[test]
fn a_large_env_file_takes_linear_time() {
    for file in
        [repeat(|_| "A=1".to_owned()), repeat(|number| format!("A{number}=1")), repeat(|_| "A".to_owned())]
    {
        let scenario = Scenario::new().file("env", file);
        timed(&scenario, &["--env-file=env", "--plan=json", "p"]).assert_status(0);
    }
}

#[test]
fn a_large_env_file_of_mistakes_has_64_problems_and_their_number() {
    for line in ["?", "A=\"x\"y", "A='\\' x", "=", "9=1"] {
        let scenario = Scenario::new().file("env", repeat(|_| line.to_owned()));
        let finished = timed(&scenario, &["--env-file=env", "p"]);
        finished.assert_status(125);
        let count = finished.stderr.lines().filter(|line| line.starts_with("monofy: ")).count();
        assert_eq!(count, 65, "{line}");
        let last = finished.stderr.lines().last().expect("there are problems");
        assert!(last.contains(" more problems from here on"), "{last}");
    }
}

#[test]
fn a_large_defaults_file_takes_linear_time() {
    let vars = |line: &dyn Fn(usize) -> String| format!("[vars]\n{}", repeat(line));
    for file in [
        vars(&|number| format!("A{number} = \"x\"")),
        vars(&|number| format!("A{number} = \"${{A{}}}x\"", number.saturating_sub(1) / 2)),
        vars(&|number| {
            format!(
                "A{number} = {{ type = \"port\", default = 1, required = true, pattern = \"^\\\\w{{1}}$\" }}"
            )
        }),
        repeat(|number| format!("[vars.A{number}]\ndescription = \"x\"\nempty = \"unset\"")),
    ] {
        let scenario = Scenario::new().file("monofy.toml", file);
        timed(&scenario, &["--explain", "p"]).assert_status(0);
    }
}

#[test]
fn a_large_defaults_file_of_mistakes_has_64_problems_and_their_number() {
    let vars = |line: &dyn Fn(usize) -> String| format!("[vars]\n{}", repeat(line));
    for file in [
        repeat(|_| "=".to_owned()),
        repeat(|_| "#\u{1}".to_owned()),
        repeat(|number| format!("key{number} = 1")),
        vars(&|number| format!("A{number} = 1.5")),
        vars(&|number| format!("A{number} = text")),
        vars(&|number| format!("A{number} = {{ required = true }}")),
        vars(&|number| format!("A{number} = {{ pattern = \"(a{{100}}){{{number}}}\" }}")),
        vars(&|number| format!("A{number} = \"${{N{number}:?}}\"")),
        format!("settings.secrets = [\n{}]", repeat(|number| format!("\"A{number}*\","))),
        format!("vars = {{ {} }}", repeat(|number| format!("A{number} = 1.5,")).replace('\n', " ")),
    ] {
        let scenario = Scenario::new().file("monofy.toml", &file);
        let finished = timed(&scenario, &["p"]);
        finished.assert_status(125);
        let count = finished.stderr.lines().filter(|line| line.starts_with("monofy: ")).count();
        assert_eq!(count, 65, "{}", &file[..60]);
    }
}

#[test]
fn defaults_that_double_each_other_are_bounded() {
    let mut file = "[vars]\nA0 = \"0123456789abcdef\"\n".to_owned();
    for number in 1..500 {
        let _ = writeln!(file, "A{number} = \"${{A{0}}}${{A{0}}}\"", number - 1);
    }
    let scenario = Scenario::new().file("monofy.toml", file);
    timed(&scenario, &["p"])
        .assert_status(125)
        .assert_reported("A19: in the default, A18: the result is larger than 4 MiB");
}

/// The CPU time of a process in clock ticks.
fn cpu_time(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(11)?.parse().ok()
}

#[test]
fn term_during_planning_ends_it_at_once() {
    // Each pattern takes a while to compile.
    let file =
        format!("[vars]\n{}", repeat(|number| format!("A{number} = {{ pattern = \"\\\\w{{9}}{number}\" }}")));
    for (options, status) in [(&[][..], 0), (&["-q"][..], 0), (&["--plan"][..], 128 + 15)] {
        let folder = Folder::new();
        folder.file("monofy.toml", &file);
        let mut run = Run::new([options, &["touch", "started"]].concat()).directory(folder.path()).start();
        until("the planning", || cpu_time(run.pid()).filter(|ticks| *ticks > 10));
        run.signal(15);
        let start = Instant::now();
        assert_eq!(run.wait().code(), Some(status), "{options:?}");
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert!(!folder.path().join("started").exists());
    }
}
