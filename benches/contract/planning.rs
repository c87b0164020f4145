//! The plan of a line with 1,000 templates, alone and with 1,000 variables in a defaults file, beside `sh` with the same
//! expansions.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use crate::bench::Bench;
use crate::run::{run, words};
use crate::table::{Table, Target, Unit};

const TEMPLATES: usize = 1000;
const ROUNDS: usize = 100;

pub fn measure(bench: &Bench, table: &mut Table) {
    let mut toml = String::from("[vars]\n");
    let mut variables = String::new();
    for index in 0..TEMPLATES {
        let _ = writeln!(toml, "VARIABLE_{index} = \"value {index}\"");
        let _ = writeln!(variables, ": \"${{VARIABLE_{index}:=value {index}}}\"");
    }
    let file = bench.scratch().file("defaults.toml");
    std::fs::write(&file, toml).expect("a file can be written");
    let compare = |table: &mut Table, what: &str, file: Option<&Path>, variables: &str, most: f64| {
        let (ours, theirs) = (plan(bench, file), shell(variables));
        let mut taken = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds(ROUNDS) {
            taken.0.push(run(&ours).wall.as_secs_f64() * 1e3);
            taken.1.push(run(&theirs).wall.as_secs_f64() * 1e3);
        }
        table.compare(what, Unit::Milliseconds, &taken.0, ("sh", &taken.1), Target::Ratio(most));
    };
    compare(table, "`--plan=json` of 1,000 templates", None, "", 1.0);
    let what = "the same with 1,000 variables in a defaults file";
    compare(table, what, Some(&file), &variables, 1.5);
}

fn template(index: usize) -> String {
    format!("--option-{index}=${{VARIABLE_{index}:-default {index}}}/${{OTHER_{index}-other}}")
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
