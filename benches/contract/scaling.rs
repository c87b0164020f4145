//! Large inputs and many descendants: the cost grows no faster than the size.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bench::Bench;
use crate::run::{command, finish, run, words};
use crate::table::{Table, Target, Unit};

const MEBIBYTE: usize = 1 << 20;
const PROCESSES: usize = 40_000;
const NAMES: usize = 3000;
const SETS: usize = 20_000;
const DESCENDANTS: usize = 4000;
const ROUNDS: usize = 5;
const HALF: &str = "itself at half the size";

/// Writes the input of this size, and returns the command line that reads it.
type Input = fn(&Bench, usize) -> Vec<OsString>;

const INPUTS: [(&str, usize, Input); 14] = [
    ("reading 1 MiB of env file", MEBIBYTE, env_file),
    ("reading 1 MiB of invalid env file", MEBIBYTE, invalid_env_file),
    ("reading and explaining 1 MiB of TOML", MEBIBYTE, toml),
    ("reading 1 MiB of invalid TOML", MEBIBYTE, invalid_toml),
    ("reading 1 MiB of TOML with invalid variables", MEBIBYTE, invalid_variables),
    ("planning 1 MiB of a line in a file", MEBIBYTE, line_file),
    ("reading 1 MiB of an invalid line in a file", MEBIBYTE, invalid_line_file),
    ("reading a plan of 40,000 processes", PROCESSES, plan),
    ("reading 1 MiB of invalid plan", MEBIBYTE, invalid_plan),
    ("3,000 unset names beside 3,000 similar ones", NAMES, unset_names),
    ("20,000 `--set`", SETS, sets),
    ("rendering 1 MiB", MEBIBYTE, rendered_file),
    ("rendering 1 MiB of mistakes", MEBIBYTE, invalid_rendered_file),
    ("explaining 1 MiB of templates", MEBIBYTE, templates),
];

pub fn measure(bench: &Bench, table: &mut Table) {
    for (what, size, input) in INPUTS {
        let size = if bench.is_trial() { size / 20 } else { size };
        let (whole, half) = (input(bench, size), input(bench, size / 2));
        let mut taken = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds(ROUNDS) {
            taken.0.push(run(&whole).wall.as_secs_f64() * 1e3);
            taken.1.push(run(&half).wall.as_secs_f64() * 1e3);
        }
        let target = Target::RatioAndValue(2.3, 1000.0);
        table.compare(what, Unit::Milliseconds, &taken.0, (HALF, &taken.1), target);
    }
    measure_stop(bench, table);
}

/// The CPU of monofy for a run that stops while its descendants drain.
fn measure_stop(bench: &Bench, table: &mut Table) {
    const WHAT: &str = "stopping while 4,000 descendants drain: CPU";
    let count = if bench.is_trial() { DESCENDANTS / 20 } else { DESCENDANTS };
    let (many, few) = (stop(bench, count), stop(bench, count / 10));
    let target = Target::Ratio(12.0);
    table.compare(WHAT, Unit::Milliseconds, &[many], ("itself with 400", &[few]), target);
}

fn stop(bench: &Bench, descendants: usize) -> f64 {
    let file = bench.scratch().file(&format!("drain-{descendants}"));
    let drain = bench.scratch().helper("drain");
    let line = bench.line(&[&[&drain, &descendants.to_string(), file.to_str().expect("the path is text")]]);
    let began = Instant::now();
    let monofy = command(&line).spawn().expect("monofy starts");
    while !file.exists() {
        assert!(began.elapsed() < Duration::from_secs(60), "{descendants} descendants did not start");
        std::thread::sleep(Duration::from_millis(5));
    }
    kill(Pid::from_raw(monofy.id().cast_signed()), Signal::SIGTERM).expect("monofy runs");
    finish(monofy, began).cpu.as_secs_f64() * 1e3
}

/// Writes a file, and returns the command line that reads it.
fn reading(bench: &Bench, name: &str, text: &str, line: &[&str]) -> Vec<OsString> {
    let file = bench.scratch().file(&format!("{name}-{}", text.len()));
    std::fs::write(&file, text).expect("a file can be written");
    let mut words: Vec<OsString> = vec![bench.monofy().into()];
    words.extend(line.iter().map(|word| if *word == "FILE" { file.clone().into() } else { word.into() }));
    words
}

/// Lines until they have this size.
fn lines(size: usize, line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        if text.len() >= size {
            break;
        }
        let _ = writeln!(text, "{}", line(number));
    }
    text
}

fn env_file(bench: &Bench, size: usize) -> Vec<OsString> {
    let text = lines(size, |_| "A=1".to_owned());
    reading(bench, "env", &text, &["--no-defaults", "--env-file", "FILE", "--plan", "true", "$A"])
}

fn invalid_env_file(bench: &Bench, size: usize) -> Vec<OsString> {
    let text = lines(size, |number| format!("no assignment {number}"));
    reading(bench, "invalid-env", &text, &["--no-defaults", "--env-file", "FILE", "--plan", "true"])
}

fn toml(bench: &Bench, size: usize) -> Vec<OsString> {
    let text = format!("[vars]\n{}", lines(size, |number| format!("NAME_{number} = \"value {number}\"")));
    reading(bench, "toml", &text, &["--defaults", "FILE", "--explain", "true", "$NAME_1"])
}

fn invalid_toml(bench: &Bench, size: usize) -> Vec<OsString> {
    let text = lines(size, |_| "=".to_owned());
    reading(bench, "invalid-toml", &text, &["--defaults", "FILE", "--plan", "true"])
}

fn invalid_variables(bench: &Bench, size: usize) -> Vec<OsString> {
    let text = format!("[vars]\n{}", lines(size, |number| format!("NAME-{number} = 1")));
    reading(bench, "invalid-variables", &text, &["--defaults", "FILE", "--plan", "true"])
}

fn line_file(bench: &Bench, size: usize) -> Vec<OsString> {
    let text = lines(size, |_| "|||  # the next one\ntrue 'a b' \"$A and ${B:-two words}\" \\$C".to_owned());
    reading(bench, "line", &format!("true\n{text}"), &["--no-defaults", "--plan", "--file", "FILE"])
}

fn invalid_line_file(bench: &Bench, size: usize) -> Vec<OsString> {
    let text = lines(size, |_| "true ; $(a) ${B:-open".to_owned());
    reading(bench, "invalid-line", &text, &["--no-defaults", "--plan", "--file", "FILE"])
}

fn plan(bench: &Bench, processes: usize) -> Vec<OsString> {
    let mut line = bench.line(&vec![&["true"][..]; processes]);
    line.splice(1..1, words(["--no-defaults", "--plan=json"]));
    let output = std::process::Command::new(&line[0]).args(&line[1..]).env_clear().output();
    let text = output.expect("monofy starts").stdout;
    let text = String::from_utf8(text).expect("a plan is UTF-8");
    reading(bench, &format!("plan-{processes}"), &text, &["--run-plan", "FILE", "--plan"])
}

fn unset_names(bench: &Bench, names: usize) -> Vec<OsString> {
    let text: Vec<String> = (0..names).map(|number| format!("SETTING_{number}_VALUE=1\n")).collect();
    let text = text.concat();
    let options = ["--no-defaults", "--strict", "--env-file", "FILE", "--plan", "true"];
    let mut line = reading(bench, "names", &text, &options);
    line.extend((0..names).map(|number| OsString::from(format!("$SETTING_{number}_VALEU"))));
    line
}

fn invalid_plan(bench: &Bench, size: usize) -> Vec<OsString> {
    let processes = lines(size, |number| format!("{{\"name\": \"p {number}\", \"argv\": []}},"));
    let text = format!("{{\"version\": 1, \"processes\": [\n{processes}]}}\n");
    reading(bench, "invalid-plan", &text.replace(",\n]", "\n]"), &["--run-plan", "FILE", "--plan"])
}

fn sets(bench: &Bench, count: usize) -> Vec<OsString> {
    let mut line = vec![bench.monofy().into(), "--no-defaults".into()];
    line.extend(
        (0..count).flat_map(|number| words(["--set".to_owned(), format!("NAME_{number}=value {number}")])),
    );
    line.extend(words(["--plan", "true", "$NAME_1"]));
    line
}

/// The line that renders a file.
fn rendering(bench: &Bench, name: &str, text: &str) -> Vec<OsString> {
    let mut line = reading(bench, name, text, &["--no-defaults", "--render", "FILE"]);
    let to = bench.scratch().file(&format!("{name}-rendered-{}", text.len()));
    if let Some(file) = line.last_mut() {
        file.push(":");
        file.push(to);
    }
    line
}

fn rendered_file(bench: &Bench, size: usize) -> Vec<OsString> {
    rendering(
        bench,
        "template",
        &lines(size, |number| format!("listen $<PORT_{number}:-{number}> on $host;")),
    )
}

fn invalid_rendered_file(bench: &Bench, size: usize) -> Vec<OsString> {
    rendering(bench, "invalid-template", &lines(size, |number| format!("$<NAME_{number}:?is missing> $<A")))
}

fn templates(bench: &Bench, size: usize) -> Vec<OsString> {
    let mut line = vec![bench.monofy().into()];
    line.extend(words(["--no-defaults", "--explain", "true"]));
    let template = |number: usize| format!("${{NAME_{number}:-default {number}}}");
    line.extend(lines(size, template).lines().map(OsString::from));
    line
}
