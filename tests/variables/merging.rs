//! How sources of different kinds combine: empty values, several files, and settings.

use serde_json::json;

use crate::support::scenario::Scenario;

const FILE: &str = "monofy.toml";

/// The values of A that templates and processes see.
fn both(scenario: &Scenario, options: &[&str]) -> String {
    let line = ["-q", "sh", "-c", "echo \"$1|${$}{A-unset}\"", "sh", "${A-unset}"];
    scenario.shown(&[options, &line].concat())
}

#[test]
fn an_empty_value_that_means_unset_leaves_the_same_value_to_templates_and_processes() {
    let scenario = || {
        Scenario::new().file(FILE, "[vars.A]\nempty = 'unset'\n").file("env", "A=file\n").file("none", "A=\n")
    };
    assert_eq!(both(&scenario().env("A", ""), &["--env-file=env"]), "file|file\n");
    assert_eq!(both(&scenario(), &["--env-file=none"]), "unset|unset\n");
    assert_eq!(both(&scenario().env("A", "own"), &["--env-file=env"]), "own|own\n");
}

#[test]
fn an_empty_variable_beside_its_name_file_takes_the_file() {
    let scenario = || {
        Scenario::new()
            .file(FILE, "[vars.A]\nfile = true\nexport = true\n")
            .file("secret", "from-file\n")
            .file("env", "A=\n")
    };
    assert_eq!(both(&scenario().env("A", "").env("A_FILE", "secret"), &[]), "from-file|from-file\n");
    assert_eq!(both(&scenario().env("A_FILE", "secret"), &["--env-file=env"]), "from-file|from-file\n");
    assert_eq!(both(&scenario().env("A", "").env("A_FILE", ""), &[]), "|\n");
}

#[test]
fn a_later_empty_list_of_env_files_clears_the_earlier_one() {
    let scenario = Scenario::new()
        .file("env", "A=a\n")
        .file("1", "settings.env-files = ['env']\n")
        .file("2", "settings.env-files = []\n")
        .file("3", "settings.strict = false\n");
    let shown = |options: &[&'static str]| scenario.shown(&[options, &["-q", "echo", "${A-unset}"]].concat());
    assert_eq!(shown(&["-d1"]), "a\n");
    assert_eq!(shown(&["-d1", "-d2"]), "unset\n");
    assert_eq!(shown(&["-d1", "-d3"]), "a\n");
}

#[test]
fn each_source_of_quiet_and_verbose_wins_over_the_lower_ones() {
    let scenario = || {
        Scenario::new()
            .file("quiet", "settings.quiet = true\n")
            .file("verbose", "settings.verbose = true\n")
            .file("not-verbose", "settings.verbose = false\n")
            .file("not-quiet", "settings.quiet = false\n")
    };
    let verbosity = |scenario: &Scenario, options: &[&str]| {
        scenario.plan(&[options, &["p"]].concat())["settings"]["verbosity"].clone()
    };
    assert_eq!(verbosity(&scenario(), &["-dquiet", "-dnot-verbose"]), "quiet");
    assert_eq!(verbosity(&scenario(), &["-dquiet", "-dnot-quiet"]), "normal");
    assert_eq!(verbosity(&scenario(), &["-dquiet", "-dverbose"]), "verbose");
    assert_eq!(verbosity(&scenario().env("MONOFY_QUIET", "0"), &["-dquiet"]), "normal");
    assert_eq!(verbosity(&scenario().env("MONOFY_QUIET", "0"), &["-dverbose"]), "verbose");
    assert_eq!(verbosity(&scenario().env("MONOFY_VERBOSE", "0"), &["-dverbose"]), "normal");
    assert_eq!(verbosity(&scenario().env("MONOFY_VERBOSE", "1"), &["-dquiet", "-q"]), "quiet");
}

#[test]
fn a_defaults_file_that_is_a_link_to_nowhere_is_an_error() {
    for target in ["gone", FILE] {
        let scenario = Scenario::new();
        std::os::unix::fs::symlink(target, scenario.path().join(FILE)).expect("a link can be made");
        let finished = scenario.run(["p"]);
        finished.assert_status(125).assert_reported("the defaults file ./monofy.toml cannot be read: ");
    }
}

#[test]
fn a_required_variable_that_is_not_set_is_reported_once() {
    let scenario =
        Scenario::new().file(FILE, "[vars.KEY]\nrequired = 'the key'\n[vars]\nURL = 'x://${KEY}'\n");
    scenario.refused(
        &["--strict", "p", "$KEY", "${KEY:?}", "$URL"],
        "monofy: ./monofy.toml:2:12: KEY: not set: the key\n    required = …\n               ^\n",
    );
}

#[test]
fn an_env_file_may_be_optional() {
    let scenario = Scenario::new().file("env", "A=a\n").file(
        "1",
        "settings.env-files = [{ path = 'gone', required = false }, { path = 'env', required = false }]\n",
    );
    let shown = |options: &[&'static str]| scenario.shown(&[options, &["-q", "echo", "${A-unset}"]].concat());
    assert_eq!(shown(&["-d1"]), "a\n");
    assert_eq!(shown(&["--env-file=-gone", "--env-file=-env"]), "a\n");
    let twin = Scenario::new().file("env", "A=a\n").env("MONOFY_ENV_FILE", "-gone:-env");
    assert_eq!(twin.shown(&["-q", "echo", "$A"]), "a\n");
    std::fs::create_dir(scenario.path().join("folder")).expect("a folder can be made");
    scenario.refused(
        &["--env-file=-folder", "p"],
        "monofy: argument 1: the env file folder cannot be read: Is a directory (os error 21)\n    --env-file=-folder\n               ^^^^^^^\n",
    );
}

#[test]
fn a_bare_name_in_an_env_file_takes_the_value_of_the_environment_or_none() {
    let scenario = || Scenario::new().file("env", "A=x\nA\n");
    assert_eq!(both(&scenario().env("A", "own"), &["--env-file=env"]), "own|own\n");
    assert_eq!(both(&scenario(), &["--env-file=env"]), "unset|unset\n");
}

#[test]
fn a_name_with_dots_or_dashes_reaches_the_processes() {
    let scenario = Scenario::new().file("env", "my.name=1\nmy-name = 2\n");
    let plan = scenario.plan(&["--env-file=env", "p"]);
    assert_eq!(plan["processes"][0]["env"], json!({"my.name": "1", "my-name": "2"}));
    let printed = scenario.shown(&["-q", "--env-file=env", "env"]);
    assert!(printed.contains("my.name=1\n") && printed.contains("my-name=2\n"), "{printed}");
    let scenario = scenario.file("plan", plan.to_string());
    let printed = scenario.shown(&["-q", "--run-plan=plan", "--plan"]);
    assert!(printed.contains("my-name=2"), "{printed}");
}

#[test]
fn a_boolean_that_is_false_is_empty_for_operators_with_a_colon() {
    let scenario = |value: &str| {
        Scenario::new().file(FILE, "[vars.DEBUG]\ntype = 'bool'\ndefault = false\n").env("DEBUG", value)
    };
    let line =
        ["-q", "printf", "[%s]", "x", "${DEBUG...:+--debug}", "${DEBUG:-off}", "${DEBUG-unset}", "$DEBUG"];
    for value in ["true", "YES", "On", "1"] {
        assert_eq!(scenario(value).shown(&line), format!("[x][--debug][{value}][{value}][{value}]"));
    }
    for value in ["false", "No", "OFF", "0"] {
        assert_eq!(scenario(value).shown(&line), format!("[x][off][{value}][{value}]"));
    }
    let scenario = Scenario::new().file(FILE, "[vars.DEBUG]\ntype = 'bool'\ndefault = false\n");
    assert_eq!(scenario.shown(&line), "[x][off][false][false]");
    assert_eq!(scenario.shown(&["-q", "echo", "${DEBUG:=no}${DEBUG:+yes}"]), "no\n");
    scenario
        .env("DEBUG", "maybe")
        .run(["p"])
        .assert_status(125)
        .assert_reported("DEBUG: the value from the environment is not a boolean");
}

#[test]
fn a_default_is_a_template_over_what_comes_before_it() {
    let file = "[vars]\nHOST = 'localhost'\nURL = 'postgres://${HOST}:${PORT:-5432}/${NAME-app}'\nNAME = 'late'\n\
                RAW = \"${'$HOST'}$$HOST\"\nARGS = ['--host=$HOST', '${MORE...}', 'x']\n";
    let scenario = || Scenario::new().file(FILE, file);
    let line = ["-q", "printf", "[%s]", "$URL", "$RAW", "${ARGS...}"];
    assert_eq!(scenario().shown(&line), "[postgres://localhost:5432/app][$HOST$HOST][--host=localhost][x]");
    let scenario = scenario().env("NAME", "own").env("HOST", "db").env("MORE", "-a -b");
    assert_eq!(
        scenario.shown(&[&["-q", "--set=PORT=1"], &line[1..]].concat()),
        "[postgres://db:1/own][$HOST$HOST][--host=db][-a][-b][x]"
    );
    assert_eq!(scenario.source(&["p", "$URL"]), "defaults");
}

#[test]
fn a_later_file_sees_the_defaults_of_an_earlier_one() {
    let scenario = Scenario::new()
        .file("1", "[vars]\nB = 'b'\nA = 'one$B'\n")
        .file("2", "[vars]\nA = 'two$B$C'\nC = 'c'\n");
    assert_eq!(scenario.shown(&["-q", "-d1", "-d2", "echo", "$A"]), "twob\n");
}

#[test]
fn an_expanded_default_keeps_the_rules_and_its_secrets() {
    let file = "[vars]\nPW = { secret = true, default = 'hunter2' }\nURL = 'x://$PW@db'\nLIST = ['$PW', 'y']\n\
                [vars.PORT]\ntype = 'port'\ndefault = '${BASE:-8000}'\n";
    let scenario = Scenario::new().file(FILE, file);
    assert_eq!(scenario.shown(&["-q", "echo", "$URL", "$PORT"]), "x://hunter2@db 8000\n");
    let plan = scenario.plan(&["p", "$URL", "${LIST...}"]);
    assert_eq!(plan["processes"][0]["argv"], json!(["p", "x://***@db", "***", "***"]));
    assert_eq!(plan["variables"][0], json!({"name": "URL", "source": "defaults", "secret": true}));
    let explained = scenario.shown_with_warnings(&["--explain", "p", "$URL"]);
    assert!(!explained.contains("hunter2") && explained.contains("URL = 'x://***@db'"), "{explained}");
    scenario.env("BASE", "hunter2").refused(
        &["p"],
        "monofy: ./monofy.toml:7:11: PORT: the default is not a port: a number from 1 to 65535\n    default = …\n              ^\n",
    );
}

#[test]
fn a_plan_has_the_variables_of_the_defaults_that_count() {
    let file = "[vars]\nHOST = '${NODE:-h}'\nPW = { secret = true, default = 'x' }\nURL = 'x://$PW@$HOST'\nLIST = ['$A', '${URL}']\n";
    let scenario = Scenario::new().file(FILE, file).env("NODE", "n");
    let names = |scenario: &Scenario, line: &[&str]| {
        let plan = scenario.plan(line);
        let variables = plan["variables"].as_array().expect("a list");
        variables.iter().map(|variable| variable["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&scenario, &["p", "$B", "${LIST...}"]), ["B", "LIST", "A", "URL", "HOST", "PW", "NODE"]);
    assert_eq!(names(&scenario, &["--set=URL=x", "p", "$URL"]), ["URL"]);
    assert_eq!(names(&scenario, &["p", "${HOST:=x}", "${URL:=y}"]), ["HOST", "URL", "NODE", "PW"]);
    assert_eq!(names(&scenario.env("HOST", "h"), &["p", "$URL"]), ["URL", "HOST", "PW"]);
}

#[test]
fn a_default_that_cannot_be_expanded_is_reported_where_it_is_written() {
    let file = "[vars]\nA = 'hunter2${NEEDED:?}'\nB = 'hunter2${X'\nC = '${A...}'\nD = 'hunter2${'\n";
    let scenario = Scenario::new().file(FILE, file).env("NEDED", "x");
    let finished = scenario.run(["p"]);
    assert_eq!(
        finished.stderr.lines().filter(|line| line.contains("toml:")).collect::<Vec<_>>(),
        [
            "monofy: warning: ./monofy.toml:3:5: B: in the default, this expansion is never closed, so it stays as it is: add `}`, or write `${$}` for the dollar",
            "monofy: warning: ./monofy.toml:5:5: D: in the default, this expansion is never closed, so it stays as it is: add `}`, or write `${$}` for the dollar",
            "monofy: ./monofy.toml:2:5: A: in the default, NEEDED: not set; did you mean NEDED?",
            "monofy: ./monofy.toml:4:5: C: a spread makes several words, and this default is one; write it in a list",
        ],
    );
    assert!(!finished.stderr.contains("hunter2"), "{finished:#?}");
    finished.assert_status(125);
    // A spread of one word is refused as well: how many words it makes depends on the value.
    let spread = Scenario::new().file(FILE, "[vars]\nA = 'x'\nB = '${A...}'\n");
    spread.run(["p"]).assert_status(125).assert_reported("B: a spread makes several words");
    let unused = Scenario::new().file(FILE, "[vars]\nA = '${NEEDED:?}'\n").env("A", "set");
    assert_eq!(unused.shown(&["-q", "echo", "$A"]), "set\n");
}
