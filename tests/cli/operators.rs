//! The line cut at its operators.

use serde_json::json;

use crate::line::line;

#[test]
fn in_front_of_the_last_and_stands_setup_and_behind_it_stand_processes() {
    let plan = line(["a", "1", "&&", "b", "&&", "c", "|||", "a"]).plan();
    let argv =
        |list: &str| plan[list].as_array().unwrap().iter().map(|p| p["argv"].clone()).collect::<Vec<_>>();
    assert_eq!(argv("setup"), [json!(["a", "1"]), json!(["b"])]);
    assert_eq!(argv("processes"), [json!(["c"]), json!(["a"])]);
}

#[test]
fn only_the_exact_argument_is_an_operator() {
    let words = ["a", "&&&", "|||| ", "|| |", " &&", "a&&b", "&", "||", "|", ""];
    assert_eq!(line(words).process()["argv"], json!(words));
}

#[test]
fn no_value_becomes_an_operator() {
    let planned = line(["a", "$AND", "${BESIDE}", "${BOTH...}", "${'&&'}", "${X:-|||}"])
        .env("AND", "&&")
        .env("BESIDE", "|||")
        .env("BOTH", "&& '|||'");
    assert_eq!(planned.process()["argv"], json!(["a", "&&", "|||", "&&", "|||", "&&", "|||"]));
}

#[test]
fn an_operator_is_one_wherever_it_stands() {
    assert!(line(["--name", "&&", "a"]).refused().contains("a value is required for '--name <NAME>'"));
    assert!(
        line(["a", "|||", "--workdir", "|||", "b"])
            .refused()
            .contains("a value is required for '--workdir <DIR>'")
    );
    let setup = "a setup command is missing before this '&&'";
    line(["--", "&&", "a"]).misused_at("argument 2", setup, "&&");
    let process = "a process is missing before this '|||'";
    line(["A=1", "|||", "a"]).misused_at("argument 2", process, "|||");
}

#[test]
fn side_by_side_in_front_of_setup_is_refused() {
    let message = "'|||' comes before the '&&' that is argument 4; setup commands run one after another, and \
                   '|||' separates the processes after the last '&&'";
    line(["a", "|||", "b", "&&", "c"]).misused_at("argument 2", message, "|||");
    // It is told beside what is missing.
    line(["|||", "&&"]).misused(
        "argument 1: '|||' comes before the '&&' that is argument 2; setup commands run one after another, and '|||' \
         separates the processes after the last '&&'
    |||
    ^^^
monofy: argument 1: a setup command is missing before this '|||'
    |||
    ^^^
monofy: argument 2: a setup command is missing before this '&&'
    &&
    ^^
monofy: argument 2: a process is missing after this '&&'
    &&
    ^^",
    );
}

#[test]
fn a_missing_process_is_refused_wherever_it_is_missing() {
    line::<&str>([]).misused("there is nothing to run");
    for (words, missing) in [
        ("&& a", &["1: a setup command is missing before this '&&'"][..]),
        ("a && && b", &["3: a setup command is missing before this '&&'"]),
        ("a &&", &["2: a process is missing after this '&&'"]),
        ("a && b &&", &["4: a process is missing after this '&&'"]),
        ("||| a", &["1: a process is missing before this '|||'"]),
        ("a ||| ||| b", &["3: a process is missing before this '|||'"]),
        ("a |||", &["2: a process is missing after this '|||'"]),
        ("a && ||| b", &["3: a process is missing before this '|||'"]),
        ("a ||| --name x", &["2: a process is missing after this '|||'"]),
        ("a && A=1 B=2", &["2: a process is missing after this '&&'"]),
        (
            "&&",
            &["1: a setup command is missing before this '&&'", "1: a process is missing after this '&&'"],
        ),
        (
            "a ||| --name x |||",
            &["5: a process is missing before this '|||'", "5: a process is missing after this '|||'"],
        ),
    ] {
        let told = missing.iter().map(|missing| {
            let operator = if missing.contains("'&&'") { "&&" } else { "|||" };
            format!("argument {missing}\n    {operator}\n    {}", "^".repeat(operator.len()))
        });
        line(words.split(' ')).misused(&told.collect::<Vec<_>>().join("\nmonofy: "));
    }
}

#[test]
fn options_alone_are_nothing_to_run() {
    for words in ["--strict", "--name x", "A=b", "--", "A=b --", "-q --"] {
        line(words.split(' ')).misused("there is nothing to run: options, but no program");
    }
}
