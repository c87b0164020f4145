//! `--set`, and what comes before what.

use crate::scene::Scene;

#[test]
fn what_is_set_is_above_the_environment_and_no_template() {
    let scene = Scene::new().env("A", "environment").env("B", "b");
    assert_eq!(scene.shown(&["-q", "--set", "A=x $B", "printf", "[%s]", "$A"]), "[x $B]");
    assert_eq!(scene.shown(&["-q", "--set=A=", "printf", "[%s]", "${A-unset}", "${A:-empty}"]), "[][empty]");
    assert_eq!(scene.shown(&["-q", "--set=A=1", "--set", "A=2=3", "printf", "[%s]", "$A"]), "[2=3]");
}

#[test]
fn what_is_set_reaches_templates_only() {
    let scene = Scene::new().env("A", "environment");
    assert_eq!(
        scene.shown(&["-q", "--set=A=1", "--set=B=2", "sh", "-c", "echo ${$}A ${$}{B-unset}"]),
        "environment unset\n"
    );
}

#[test]
fn sources_come_in_the_order_of_the_contract() {
    let scene = Scene::new().file("f", "A=file\n");
    let line = |more: &[&'static str]| [&["--env-file=f"], more, &["p", "$A"]].concat();
    assert_eq!(scene.source(&line(&[])), "env-file");
    assert_eq!(scene.source(&["p", "$A"]), "unset");
    assert_eq!(scene.source(&["p", "${A=x}"]), "line");
    let scene = scene.env("A", "environment");
    assert_eq!(scene.source(&line(&[])), "environment");
    assert_eq!(scene.source(&line(&["--set=A=x"])), "set");
    assert_eq!(scene.plan(&line(&[]))["processes"][0]["argv"][1], "environment");
}

#[test]
fn a_mistake_is_told_without_the_value() {
    let scene = Scene::new();
    scene.refused(
        &["--strict", "--set", "hunter2", "p"],
        "monofy: argument 3: --set takes NAME=VALUE, and here is no '='\n    …\n    ^\nTry 'monofy --help'.\n",
    );
    scene.refused(
        &["--set=A=1", "--set=9A=hunter2", "p"],
        "monofy: argument 2: --set takes NAME=VALUE; a name is letters, digits and _, and starts with no digit\n    \
         9A=…\n    ^^\nTry 'monofy --help'.\n",
    );
}

#[test]
fn it_is_an_option_of_the_run() {
    Scene::new().refused(
        &["p", "|||", "--set=A=hunter2", "q"],
        "monofy: argument 3: '--set' is a global option and goes before the first process only\n    --set=…\n    \
         ^^^^^^^\nTry 'monofy --help'.\n",
    );
}
