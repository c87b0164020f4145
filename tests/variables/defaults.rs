//! The defaults file: which one is read, and what it means for values.

use serde_json::json;

use crate::support::Run;
use crate::support::scenario::Scenario;

const FILE: &str = "monofy.toml";

/// The values of A, B and C.
fn values(scenario: &Scenario, options: &[&str]) -> String {
    let line = ["-q", "printf", "[%s]", "${A-unset}", "${B-unset}", "${C-unset}"];
    scenario.shown(&[&line[..1], options, &line[1..]].concat())
}

#[test]
fn only_the_file_of_the_working_directory_is_found() {
    let scenario = Scenario::new().file(FILE, "vars.A = 'found'\n").file("other", "vars.B = 'other'\n");
    assert_eq!(values(&scenario, &[]), "[found][unset][unset]");
    assert_eq!(values(&scenario, &["-d", "other"]), "[unset][other][unset]");
    assert_eq!(values(&scenario, &["--no-defaults"]), "[unset][unset][unset]");
    let inner = crate::support::Folder::new();
    inner.file(FILE, "vars.A = 'above'\n");
    std::fs::create_dir(inner.path().join("below")).expect("a folder can be made");
    let below = Run::new(["-q", "printf", "[%s]", "$A"]).directory(&inner.path().join("below")).finish();
    below.assert_status(0).assert_stdout("[]");
}

#[test]
fn environment_twins_name_the_file() {
    let scenario =
        || Scenario::new().file(FILE, "vars.A = 1").file("1", "vars.B = 1").file("2", "vars.B = 2");
    assert_eq!(values(&scenario().env("MONOFY_DEFAULTS", "1:2"), &[]), "[unset][2][unset]");
    assert_eq!(values(&scenario().env("MONOFY_DEFAULTS", "1:2"), &["-d1"]), "[unset][1][unset]");
    assert_eq!(values(&scenario().env("MONOFY_NO_DEFAULTS", "1"), &[]), "[unset][unset][unset]");
    assert_eq!(values(&scenario().env("MONOFY_NO_DEFAULTS", "1"), &["-d", "1"]), "[unset][1][unset]");
    assert_eq!(values(&scenario().env("MONOFY_DEFAULTS", "1"), &["--no-defaults"]), "[unset][unset][unset]");
}

#[test]
fn a_later_file_wins_key_by_key() {
    let scenario = Scenario::new()
        .file("1", "[vars]\nA = 'one'\nB = 'one'\n[vars.C]\ntype = 'port'\ndefault = 1\n")
        .file("2", "[vars]\nB = 'two'\nC = 2\n")
        .file("3", "[vars]\nC = 'x'\n");
    assert_eq!(values(&scenario, &["-d", "1", "-qd2"]), "[one][two][2]");
    scenario.refused(
        &["-d", "1", "-d", "3", "p"],
        "monofy: 3:2:5: C: the default has to be a whole number, without quotes\n    C = …\n        ^\n",
    );
}

#[test]
fn a_named_file_must_exist() {
    Scenario::new().refused(
        &["-d", "gone", "p"],
        "monofy: argument 2: the defaults file gone cannot be read: No such file or directory (os error 2)
    gone
    ^^^^
",
    );
}

#[test]
fn a_default_is_the_last_source() {
    let scenario = || {
        Scenario::new()
            .file(FILE, "[vars.A]\ndefault = 'default'\nfile = true\n")
            .file("env", "A=env-file\n")
            .file("secret", "name-file\n")
    };
    assert_eq!(scenario().source(&["p", "$A"]), "defaults");
    assert_eq!(values(&scenario(), &[]), "[default][unset][unset]");
    let scenario = || scenario().env("A_FILE", "secret");
    assert_eq!(scenario().source(&["p", "$A"]), "name-file");
    assert_eq!(values(&scenario(), &[]), "[name-file][unset][unset]");
    assert_eq!(scenario().source(&["--env-file=env", "p", "$A"]), "env-file");
    assert_eq!(scenario().source(&["--env-file=env", "--set=A=1", "p", "$A"]), "set");
    assert_eq!(scenario().shown(&["-q", "echo", "${A:-8000}"]), "name-file\n");
}

#[test]
fn a_default_becomes_a_string() {
    let file = "[vars]\nA = 0x1F\nB = true\nC = ['a b', '', \"it's\"]\n";
    let scenario = Scenario::new().file(FILE, file);
    assert_eq!(values(&scenario, &[]), "[31][true]['a b' '' 'it'\\''s']");
    assert_eq!(
        scenario.shown(&["-q", "printf", "[%s]", "${C...}", "x"]),
        "[x]".replace("[x]", "") + &scenario.shown(&["-q", "printf", "[%s]", "a b", "", "it's", "x"])
    );
    let scenario = Scenario::new().file(FILE, "[vars.C]\ntype = 'list'\ndefault = []\n");
    assert_eq!(values(&scenario, &[]), "[unset][unset][]");
    assert_eq!(
        scenario.plan(&["p", "${C...}", "${C:-empty}"])["processes"][0]["argv"],
        json!(["p", "empty"])
    );
}

#[test]
fn every_value_is_checked_whether_or_not_the_line_uses_it() {
    let file = "\
[vars.PORT]
type = 'port'
[vars.COUNT]
type = 'int'
[vars.ON]
type = 'bool'
[vars.FLAGS]
type = 'list'
choices = ['-a', '-b']
[vars.URL]
pattern = '^postgres://'
secret = true
[vars.LEVEL]
choices = ['info', 'warn']
[vars.NAME]
empty = 'error'
[vars.NEEDED]
required = 'the key of the service'
[vars.WANTED]
required = true
";
    let scenario = Scenario::new()
        .file(FILE, file)
        .file("env", "\nLEVEL=hunter2\n")
        .env("PORT", "hunter2")
        .env("COUNT", "1.5")
        .env("ON", "hunter2")
        .env("FLAGS", "-a hunter2")
        .env("NAME", "")
        .env("NEDED", "hunter2");
    scenario.refused(
        &["--env-file=env", "--set=URL=mysql://hunter2", "p", "${GONE:?}"],
        "monofy: ./monofy.toml:2:8: PORT: the value from the environment is not a port: a number from 1 to 65535
    type = …
           ^
monofy: ./monofy.toml:4:8: COUNT: the value from the environment is not a whole number
    type = …
           ^
monofy: ./monofy.toml:6:8: ON: the value from the environment is not a boolean: true, yes, on or 1, or false, no, off or 0
    type = …
           ^
monofy: ./monofy.toml:9:11: FLAGS: the value from the environment is none of -a, -b
    choices = …
              ^
monofy: ./monofy.toml:11:11: URL: the value from --set, argument 2 does not match the pattern ^postgres://
    pattern = …
              ^
monofy: ./monofy.toml:14:11: LEVEL: the value from env:2 is none of info, warn
    choices = …
              ^
monofy: ./monofy.toml:16:9: NAME: the value from the environment is empty
    empty = …
            ^
monofy: ./monofy.toml:18:12: NEEDED: not set: the key of the service; did you mean NEDED?
    required = …
               ^
monofy: ./monofy.toml:20:12: WANTED: not set: it is required
    required = …
               ^
monofy: argument 4: GONE: not set
    ${GONE:?}
    ^^^^^^^^^
",
    );
}

#[test]
fn an_empty_value_is_kept_or_unset_or_an_error() {
    let file = "[vars.A]\nempty = 'unset'\ndefault = 'a'\n[vars.B]\nempty = 'unset'\n[vars.C]\nempty = 'keep'\n\
                default = 'c'\n";
    let scenario = Scenario::new().file(FILE, file).env("A", "").env("B", "").env("C", "");
    assert_eq!(values(&scenario, &[]), "[a][unset][]");
    let scenario = Scenario::new().file(FILE, "[vars.A]\ntype = 'port'\n").env("A", "");
    scenario.refused(
        &["p"],
        "monofy: ./monofy.toml:2:8: A: the value from the environment is not a port: a number from 1 to 65535\n    \
         type = …\n           ^\n",
    );
}

#[test]
fn an_exported_variable_is_in_the_environment_of_every_process() {
    let file = "[vars]\nB = 'b'\n[vars.A]\nexport = true\ndefault = 'a'\nempty = 'unset'\n[vars.L]\nexport = true\n\
                default = ['x y', 'z']\n";
    let scenario = || Scenario::new().file(FILE, file);
    let env = |scenario: &Scenario, options: &[&str]| {
        scenario.plan(&[options, &["p"]].concat())["processes"][0]["env"].clone()
    };
    assert_eq!(env(&scenario(), &[]), json!({"A": "a", "L": "'x y' z"}));
    assert_eq!(env(&scenario().env("A", "own"), &[]), json!({"L": "'x y' z"}));
    assert_eq!(
        env(&scenario().env("A", "own"), &["--set=A=set", "--set=B=set"]),
        json!({"A": "set", "L": "'x y' z"})
    );
    assert_eq!(env(&scenario().env("A", ""), &[]), json!({"A": "a", "L": "'x y' z"}));
    assert_eq!(scenario().shown(&["-q", "sh", "-c", "echo $A ${$}A ${$}{B-unset}"]), "a a unset\n");
}

#[test]
fn a_name_file_holds_the_value_without_its_trailing_newlines() {
    let file = "[vars]\nA.file = true\nB.file = true\nC.file = false\n";
    let scenario = Scenario::new().file(FILE, file).file("a", "x\ny\r\n\n").file("b", "").file("c", "c");
    let scenario = scenario.env("A_FILE", "a").env("B_FILE", "b").env("C_FILE", "c");
    assert_eq!(values(&scenario, &[]), "[x\ny][][unset]");
}

#[test]
fn a_name_file_and_its_variable_cannot_both_be_set() {
    let file = "[vars.A]\nfile = true\n[vars.B]\nfile = true\nempty = 'unset'\n[vars.C]\nfile = true\n";
    let scenario = Scenario::new().file(FILE, file).env("A", "hunter2").env("A_FILE", "a");
    let scenario = scenario.file("b", "b").env("B", "").env("B_FILE", "b").env("C_FILE", "gone");
    scenario.refused(
        &["p"],
        "monofy: ./monofy.toml:2:8: A: both A and A_FILE are in the environment; set one of them
    file = …
           ^
monofy: ./monofy.toml:7:8: C: the file that C_FILE names cannot be read: No such file or directory (os error 2)
    file = …
           ^
",
    );
}

#[test]
fn environment_twins_win_over_settings() {
    let scenario = || Scenario::new().file(FILE, "[settings]\nstrict = true\ngrace = '3s'\nverbose = true\n");
    let settings = |scenario: &Scenario, options: &[&str]| {
        scenario.plan(&[options, &["p"]].concat())["settings"].clone()
    };
    assert_eq!(
        settings(&scenario(), &[]),
        json!({"grace_ms": 3000, "start_timeout_ms": null, "output": "raw", "strict": true, "verbosity": "verbose", "ready_fd": null})
    );
    let twins = scenario().env("MONOFY_STRICT", "0").env("MONOFY_GRACE", "2s").env("MONOFY_QUIET", "1");
    assert_eq!(
        settings(&twins, &[]),
        json!({"grace_ms": 2000, "start_timeout_ms": null, "output": "raw", "strict": false, "verbosity": "quiet", "ready_fd": null})
    );
    assert_eq!(
        settings(&twins, &["--strict", "-g1", "-v"]),
        json!({"grace_ms": 1000, "start_timeout_ms": null, "output": "raw", "strict": true, "verbosity": "verbose", "ready_fd": null})
    );
}

#[test]
fn env_files_are_relative_to_the_defaults_file() {
    let scenario = Scenario::new();
    std::fs::create_dir(scenario.path().join("conf")).expect("a folder can be made");
    let scenario = scenario
        .file("conf/defaults.toml", "settings.env-files = ['a.env', '${CONF:-.}/b.env', '~/c.env']\n")
        .file("conf/a.env", "A=a\n")
        .file("conf/b.env", "B=b\n")
        .file("c.env", "C=c\n")
        .file("d.env", "A=d\n");
    let home = scenario.path().to_str().expect("it is text").to_owned();
    let scenario = scenario.env("HOME", &home);
    assert_eq!(values(&scenario, &["-d", "conf/defaults.toml"]), "[a][b][c]");
    assert_eq!(values(&scenario, &["-d", "conf/defaults.toml", "--env-file", "d.env"]), "[d][unset][unset]");
    let scenario = scenario.env("CONF", "gone");
    scenario.refused(
        &["-d", "conf/defaults.toml", "p"],
        "monofy: conf/defaults.toml:1:32: the env file conf/gone/b.env cannot be read: No such file or directory (os error 2)
    settings.env-files = …
                         ^
",
    );
}

#[test]
fn a_directory_of_that_name_is_an_error() {
    let scenario = Scenario::new();
    std::fs::create_dir(scenario.path().join(FILE)).expect("a folder can be made");
    scenario.refused(
        &["p"],
        "monofy: the working directory: the defaults file ./monofy.toml cannot be read: Is a directory (os error 21)
    ./monofy.toml
    ^^^^^^^^^^^^^
",
    );
    assert_eq!(values(&scenario, &["--no-defaults"]), "[unset][unset][unset]");
}

#[test]
fn a_pattern_may_ignore_case() {
    let scenario = Scenario::new().file(FILE, "vars.A.pattern = '(?i)^(info|warn)$'\n");
    assert_eq!(values(&scenario.env("A", "WARN"), &[]), "[WARN][unset][unset]");
}

#[test]
fn a_blank_that_toml_does_not_have_is_an_error() {
    for blank in ["\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{2003}"] {
        let scenario = Scenario::new().file(FILE, format!("vars.A{blank}= 1\n"));
        let finished = Run::new(["p"]).directory(scenario.path()).finish();
        finished.assert_status(125).assert_reported("monofy.toml:1:7: not valid TOML: invalid unquoted key");
    }
}

#[test]
fn a_password_hash_as_a_default_has_a_warning_that_shows_none_of_it() {
    let file = "[vars.HASH]\nsecret = true\ndefault = '$2b$12$Pg8A'\n[vars]\nB = '$$2b$$12$$Pg8A'\n";
    let finished = Scenario::new().file(FILE, file).run(["-q", "sh", "-c", "exit 3", "$HASH", "$B"]);
    finished.assert_status(3).assert_reported(
        "monofy.toml:3:11: HASH: in the default, an unset variable becomes nothing in what looks like a password hash: \
         write it as `${'...'}`",
    );
    assert_eq!(finished.stderr.matches("warning").count(), 1, "{}", finished.stderr);
    assert!(!finished.stderr.contains("Pg8A"), "{}", finished.stderr);
}
