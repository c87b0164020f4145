//! The plan of a line with 1,000 templates of all forms, and with 1,000 typed variables in a defaults file, beside `sh`
//! with the same expansions.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use crate::bench::Bench;
use crate::run::{run, words};
use crate::table::{Table, Target, Unit};

const TEMPLATES: usize = 1000;
const ROUNDS: usize = 100;
/// What expands, in forms that dash has too.
const FORMS: [&str; 10] = [
    "--option-N=${VARIABLE_N:-default N}",
    "${OTHER_N-other N}/$PATH",
    "${PATH%%:*}/N",
    "${PATH##*/}-N",
    "${#PATH}:N",
    "${VARIABLE_N:-${OTHER_N:-N}}",
    "${PATH:+--path-N=$PATH}",
    "${VARIABLE_N:=assigned N}",
    "${VARIABLE_N%e}N${VARIABLE_N#v}",
    "a literal of some length, and the number N",
];

pub fn measure(bench: &Bench, table: &mut Table) {
    let compare = |table: &mut Table, what: &str, file: Option<&Path>, variables: &str, most: f64| {
        let (ours, theirs) = (plan(bench, file), shell(variables));
        let mut taken = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds(ROUNDS) {
            taken.0.push(run(&ours).wall.as_secs_f64() * 1e3);
            taken.1.push(run(&theirs).wall.as_secs_f64() * 1e3);
        }
        table.compare(what, Unit::Milliseconds, &taken.0, ("sh", &taken.1), Target::Ratio(most));
    };
    compare(table, "`--plan=json` of 1,000 templates of all forms", None, "", 1.0);
    let (toml, variables) = typed_variables();
    let file = bench.scratch().file("defaults.toml");
    std::fs::write(&file, toml).expect("a file can be written");
    compare(table, "the same with 1,000 typed `[vars.NAME]` tables", Some(&file), &variables, 1.2);
}

/// The tables of typed variables with their rules, and the same values for `sh`.
fn typed_variables() -> (String, String) {
    let (mut toml, mut variables) = (String::new(), String::new());
    for index in 0..TEMPLATES {
        let (rules, value) = match index % 4 {
            0 => (format!("type = \"port\"\ndefault = {}", 1024 + index), (1024 + index).to_string()),
            1 => (format!("default = \"value {index}\"\nrequired = true"), format!("value {index}")),
            2 => {
                (format!("type = \"int\"\ndefault = {index}\ndescription = \"a number\""), index.to_string())
            }
            _ => (
                "choices = [\"debug\", \"info\"]\ndefault = \"info\"\nempty = \"unset\"".to_owned(),
                "info".into(),
            ),
        };
        let _ = writeln!(toml, "[vars.VARIABLE_{index}]\n{rules}");
        let _ = writeln!(variables, ": \"${{VARIABLE_{index}:={value}}}\"");
    }
    (toml, variables)
}

fn template(index: usize) -> String {
    FORMS[index % FORMS.len()].replace('N', &index.to_string())
}

/// The command line of monofy.
fn plan(bench: &Bench, defaults: Option<&Path>) -> Vec<OsString> {
    let mut line = vec![bench.monofy().into()];
    match defaults {
        Some(file) => line.extend(["--defaults".into(), file.into()]),
        None => line.push("--no-defaults".into()),
    }
    line.extend(words(["--plan=json", "true"]));
    line.extend((0..TEMPLATES).map(|index| template(index).into()));
    line
}

/// The command line of `sh`: the same words, after the same variables if any.
fn shell(variables: &str) -> Vec<OsString> {
    let mut script = variables.to_owned();
    script.push_str("printf '%s\\n' true");
    for index in 0..TEMPLATES {
        let _ = write!(script, " \"{}\"", template(index));
    }
    words(["sh", "-c", &script])
}
