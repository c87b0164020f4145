//! Where options are read, and what is said of those that are wrong.

use serde_json::json;

use crate::line::line;

/// What is said of a line names its place and holds this.
fn says(arguments: &[&str], place: &str, part: &str) {
    let said = line(arguments).refused();
    assert!(said.starts_with(&format!("monofy: {place}: ")) && said.contains(part), "{said}");
}

#[test]
fn the_first_argument_that_is_no_option_ends_them() {
    let process = line(["--name", "x", "a", "--name", "y", "--strict", "-q", "--", "A=b"]).process();
    assert_eq!(process["name"], "x");
    assert_eq!(process["argv"], json!(["a", "--name", "y", "--strict", "-q", "--", "A=b"]));
}

#[test]
fn the_options_of_a_program_are_its_own() {
    for own in ["--help", "-h", "--version", "-V", "--plan", "--bogus"] {
        assert_eq!(line(["a", own]).process()["argv"], json!(["a", own]));
        assert_eq!(line(["b", "|||", "a", own]).process()["argv"], json!(["a", own]));
    }
}

#[test]
fn two_dashes_end_options_and_assignments() {
    for (words, argv) in [
        (&["--", "a"][..], json!(["a"])),
        (&["--", "--name", "x"], json!(["--name", "x"])),
        (&["--", "-h"], json!(["-h"])),
        (&["--", "A=b", "a"], json!(["A=b", "a"])),
        (&["--", "--", "a"], json!(["--", "a"])),
        (&["--name", "x", "--", "a", "--"], json!(["a", "--"])),
        (&["A=1", "--", "B=2", "a"], json!(["B=2", "a"])),
        (&["A=1", "--", "-x"], json!(["-x"])),
    ] {
        assert_eq!(line(words).process()["argv"], argv, "{words:?}");
    }
}

#[test]
fn a_single_dash_is_a_program() {
    assert_eq!(line(["-", "a"]).process()["argv"], json!(["-", "a"]));
    assert_eq!(line(["A=1", "-"]).process()["argv"], json!(["-"]));
}

#[test]
fn an_option_behind_an_assignment_is_refused() {
    for option in ["--name", "--strict", "-x", "-q"] {
        line(["A=1", option, "a"]).misused_at(
            "argument 2",
            "options go before NAME=VALUE words; a program whose name begins with '-' needs '--' before it",
            option,
        );
    }
}

#[test]
fn global_options_mix_with_the_first_processs_own() {
    let plan = line(["--name", "x", "--strict", "-w", "/", "-q", "--stop-signal=INT", "-g5", "a"]).plan();
    assert_eq!(
        plan["settings"],
        json!({
            "grace_ms": 5000, "start_timeout_ms": null, "output": "raw", "strict": true, "verbosity": "quiet", "ready_fd": null
        })
    );
    let process = &plan["processes"][0];
    assert_eq!([&process["name"], &process["workdir"], &process["stop_signal"]], ["x", "/", "INT"]);
}

#[test]
fn the_first_process_may_be_a_setup_command() {
    let plan = line(["-q", "--name", "x", "a", "&&", "b"]).plan();
    assert_eq!([&plan["settings"]["verbosity"], &plan["setup"][0]["name"]], ["quiet", "x"]);
}

#[test]
fn a_global_option_on_a_later_process_is_refused() {
    for option in ["--strict", "--plan", "--run-plan=x", "--grace=5", "-q", "--verbose", "-h", "--help", "-V"]
    {
        let said = line(["a", "|||", option, "b"]).refused();
        let name = option.split('=').next().unwrap();
        assert!(
            said.contains(name) && said.contains("is a global option and goes before the first process"),
            "{said}"
        );
    }
}

#[test]
fn every_process_has_options_of_its_own() {
    let plan = line(["--name=x", "a", "&&", "-w/", "b", "|||", "--user", "0:0", "c"]).plan();
    assert_eq!(plan["setup"][0]["name"], "x");
    assert_eq!(plan["processes"][0]["workdir"], "/");
    assert_eq!(plan["processes"][1]["user"], "0:0");
}

#[test]
fn an_option_with_one_value_given_twice_is_refused() {
    line(["-g1", "--name=x", "-g2", "--name", "y", "a"]).misused(
        "argument 3: --grace is given twice, and takes one value\n    -g2\n      ^\n\
         monofy: argument 5: --name is given twice, and takes one value\n    y\n    ^",
    );
    // In another place it is another option.
    line(["--name=x", "a", "&&", "--name=x", "b", "|||", "--name=y", "c"]).plan();
}

#[test]
fn of_quiet_and_verbose_the_last_one_counts() {
    assert_eq!(line(["-v", "-q", "a"]).plan()["settings"]["verbosity"], "quiet");
    assert_eq!(line(["-q", "-v", "a"]).plan()["settings"]["verbosity"], "verbose");
}

#[test]
fn a_program_that_is_expanded_to_an_option_is_refused_without_its_value() {
    for word in ["$OPTION", "${OPTION...}", "${X:---name=hunter2}"] {
        let said = line([word, "a"]).env("OPTION", "--name=hunter2").refused();
        assert!(
            said.starts_with("monofy: argument 1: this expands to a program that begins with '-'"),
            "{said}"
        );
        assert!(word.contains("hunter2") || !said.contains("hunter2"), "{said}");
    }
    assert_eq!(line(["--", "$OPTION", "a"]).env("OPTION", "-x").process()["argv"], json!(["-x", "a"]));
    assert_eq!(line(["$DASH", "a"]).env("DASH", "-").process()["argv"], json!(["-", "a"]));
}

#[test]
fn an_operator_inside_an_argument_gets_a_hint() {
    for (words, place, caret) in
        [(&["a ||| b"][..], 1, "  ^^^"), (&["a && b"], 1, "  ^^"), (&["a", "b ||| c"], 2, "  ^^^")]
    {
        let (finished, _) = line(words).run();
        let hint = format!("monofy: warning: argument {place}: this operator is inside an argument");
        assert!(finished.stderr.contains(&hint), "{finished:#?}");
        let excerpt = format!("\n    {}\n    {caret}\n", words.last().unwrap());
        assert!(finished.stderr.contains(&excerpt), "{finished:#?}");
    }
    let (finished, _) = line(["-q", "sh", "-c", "true && true"]).run();
    assert!(!finished.stderr.contains("operator"), "{finished:#?}");
}

#[test]
fn an_unknown_option_is_refused() {
    says(&["--bogus", "a"], "argument 1", "'--bogus'");
    says(&["-x", "a"], "argument 1", "'-x'");
    says(&["-qx", "a"], "argument 1", "'-x'");
    says(&["--name", "n", "--bogus=1", "a"], "argument 3", "'--bogus'");
    says(&["a", "|||", "--bogus", "b"], "argument 3", "'--bogus'");
    says(&["--no-strict", "a"], "argument 1", "'--no-strict'");
}

#[test]
fn what_may_be_the_value_of_an_unknown_option_is_not_shown() {
    for (option, shown) in [
        ("--sett=A=hunter2", "--sett=…"),
        ("--bogus=hunter2", "--bogus=…"),
        ("-eA=hunter2", "-e…"),
        ("-qe=hunter2", "-qe…"),
        ("-x", "-x"),
    ] {
        let said = line([option, "a"]).refused();
        assert!(said.contains(&format!("\n    {shown}\n")) && !said.contains("hunter2"), "{said}");
    }
    assert!(!line(["A=1", "--sett=hunter2", "a"]).refused().contains("hunter2"));
    assert!(!line(["a", "|||", "--set=A=hunter2", "b"]).refused().contains("hunter2"));
}

#[test]
fn all_options_that_are_wrong_are_told_together_and_with_all_else() {
    line([
        "--bogus=1", "--grace", "5x", "--strict", "--strct", "a", "$X", "&&", "--nam=x", "-g5", "--user", "&&",
        "--restart=now", "b", "${Y:?}", "|||", "A=1", "-q",
    ])
    .env("MONOFY_OUTPUT", "xml")
    .misused(
        "MONOFY_OUTPUT: this environment variable has to be raw, prefix or json
monofy: argument 1: there is no option '--bogus'; a program whose name begins with '-' needs '--' before it
    --bogus=…
    ^^^^^^^^^
monofy: argument 3: invalid value '5x' for '--grace <DURATION>': not a duration; write 500ms, 8s, 1.5s, 2m or 1h; a bare number is seconds, 0 is at once, none is no limit
    5x
    ^^
monofy: argument 5: there is no option '--strct'; did you mean '--strict'?
    --strct
    ^^^^^^^
monofy: argument 7: X: not set
    $X
    ^^
monofy: argument 9: there is no option '--nam'; did you mean '--name'?
    --nam=…
    ^^^^^^^
monofy: argument 10: '-g' is a global option and goes before the first process only
    -g…
    ^^^
monofy: argument 11: a value is required for '--user <USER[:GROUP]>' but none was supplied
    --user
    ^^^^^^
monofy: argument 13: 'now' is not a restart policy; use no, on-failure, on-failure:N with N from 1 on, or always
    --restart=now
              ^^^
monofy: argument 15: Y: not set
    ${Y:?}
    ^^^^^^
monofy: argument 18: options go before NAME=VALUE words; a program whose name begins with '-' needs '--' before it
    -q
    ^^",
    );
}

#[test]
fn an_option_that_is_nearly_right_is_put_right() {
    says(&["--strct", "a"], "argument 1", "'--strict'");
    says(&["--sto-signal=TERM", "a"], "argument 1", "'--stop-signal'");
}

#[test]
fn a_missing_value_is_refused() {
    for option in ["--name", "--stop-signal", "--stop-timeout", "--user", "--workdir", "-w"] {
        let long = if option == "-w" { "--workdir" } else { option };
        says(&[option], "argument 1", &format!("a value is required for '{long} <"));
        says(&["a", "|||", option], "argument 3", &format!("a value is required for '{long} <"));
    }
    for option in ["--grace", "-g", "--run-plan"] {
        says(&[option], "argument 1", "a value is required for '");
    }
}

#[test]
fn a_value_where_there_is_none_is_refused() {
    says(&["--strict=1", "a"], "argument 1", "'--strict'");
    says(&["--plan=xml", "a"], "argument 1", "'xml'");
    says(&["--plan=", "a"], "argument 1", "--plan");
}

#[test]
fn the_value_of_plan_stands_behind_an_equals_sign_only() {
    let (finished, was_started) = line(["--plan", "json"]).run();
    assert!(!was_started);
    finished.assert_stdout("processes, side by side\n└─ json  json\n");
}

#[test]
fn a_plan_that_is_executed_takes_no_process() {
    let message = "--run-plan executes a plan and takes no PROCESS and no process options";
    line(["--run-plan", "plan.json", "a"]).misused(message);
    line(["--run-plan", "plan.json", "--name", "x"]).misused(message);
    line(["--run-plan", "plan.json", "A=b"]).misused(message);
    line(["--run-plan", "plan.json", "|||", "a"]).misused(message);
}
