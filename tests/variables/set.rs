//! `--set`, and the precedence of sources.

use crate::support::scenario::Scenario;

#[test]
fn a_set_value_wins_over_the_environment_and_is_not_expanded() {
    let scenario = Scenario::new().env("A", "environment").env("B", "b");
    assert_eq!(scenario.shown(&["-q", "--set", "A=x $B", "printf", "[%s]", "$A"]), "[x $B]");
    assert_eq!(
        scenario.shown(&["-q", "--set=A=", "printf", "[%s]", "${A-unset}", "${A:-empty}"]),
        "[][empty]"
    );
    assert_eq!(scenario.shown(&["-q", "--set=A=1", "--set", "A=2=3", "printf", "[%s]", "$A"]), "[2=3]");
}

#[test]
fn a_set_value_reaches_templates_only() {
    let scenario = Scenario::new().env("A", "environment");
    assert_eq!(
        scenario.shown(&["-q", "--set=A=1", "--set=B=2", "sh", "-c", "echo ${$}A ${$}{B-unset}"]),
        "environment unset\n"
    );
}

#[test]
fn sources_have_the_precedence_of_the_contract() {
    let scenario = Scenario::new().file("f", "A=file\n");
    let line = |more: &[&'static str]| [&["--env-file=f"], more, &["p", "$A"]].concat();
    assert_eq!(scenario.source(&line(&[])), "env-file");
    assert_eq!(scenario.source(&["p", "$A"]), "unset");
    assert_eq!(scenario.source(&["p", "${A=x}"]), "line");
    let scenario = scenario.env("A", "environment");
    assert_eq!(scenario.source(&line(&[])), "environment");
    assert_eq!(scenario.source(&line(&["--set=A=x"])), "set");
    assert_eq!(scenario.plan(&line(&[]))["processes"][0]["argv"][1], "environment");
}

#[test]
fn a_mistake_is_reported_without_the_value() {
    let scenario = Scenario::new();
    scenario.refused(
        &["--strict", "--set", "hunter2", "p"],
        "monofy: argument 3: --set without '='; write --set NAME=VALUE\n    …\n    ^\nTry 'monofy --help'.\n",
    );
    scenario.refused(
        &["--set=A=1", "--set=9A=hunter2", "p"],
        "monofy: argument 2: not a variable name; a name has letters, digits and _, and no digit first\n    \
         9A=…\n    ^^\nTry 'monofy --help'.\n",
    );
}

#[test]
fn set_is_a_global_option() {
    Scenario::new().refused(
        &["p", "|||", "--set=A=hunter2", "q"],
        "monofy: argument 3: '--set' is a global option and goes before the first process only\n    --set=…\n    \
         ^^^^^^^\nTry 'monofy --help'.\n",
    );
}
