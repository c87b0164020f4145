//! The defaults file: which is read, and what it means for values.

use serde_json::json;

use crate::scene::Scene;
use crate::support::Run;

const FILE: &str = "monofy.toml";

/// The values of A, B and C where this is the defaults file.
fn values(scene: &Scene, options: &[&str]) -> String {
    let line = ["-q", "printf", "[%s]", "${A-unset}", "${B-unset}", "${C-unset}"];
    scene.shown(&[&line[..1], options, &line[1..]].concat())
}

#[test]
fn it_is_found_in_the_working_directory_and_nowhere_else() {
    let scene = Scene::new().file(FILE, "vars.A = 'found'\n").file("other", "vars.B = 'other'\n");
    assert_eq!(values(&scene, &[]), "[found][unset][unset]");
    assert_eq!(values(&scene, &["-d", "other"]), "[unset][other][unset]");
    assert_eq!(values(&scene, &["--no-defaults"]), "[unset][unset][unset]");
    let inner = crate::support::Folder::new();
    inner.file(FILE, "vars.A = 'above'\n");
    std::fs::create_dir(inner.path().join("below")).expect("a folder can be made");
    let below = Run::new(["-q", "printf", "[%s]", "$A"]).directory(&inner.path().join("below")).finish();
    below.assert_status(0).assert_stdout("[]");
}

#[test]
fn twins_name_it_too() {
    let scene = || Scene::new().file(FILE, "vars.A = 1").file("1", "vars.B = 1").file("2", "vars.B = 2");
    assert_eq!(values(&scene().env("MONOFY_DEFAULTS", "1:2"), &[]), "[unset][2][unset]");
    assert_eq!(values(&scene().env("MONOFY_DEFAULTS", "1:2"), &["-d1"]), "[unset][1][unset]");
    assert_eq!(values(&scene().env("MONOFY_NO_DEFAULTS", "1"), &[]), "[unset][unset][unset]");
    assert_eq!(values(&scene().env("MONOFY_NO_DEFAULTS", "1"), &["-d", "1"]), "[unset][1][unset]");
    assert_eq!(values(&scene().env("MONOFY_DEFAULTS", "1"), &["--no-defaults"]), "[unset][unset][unset]");
}

#[test]
fn of_several_a_later_one_wins_key_by_key() {
    let scene = Scene::new()
        .file("1", "[vars]\nA = 'one'\nB = 'one'\n[vars.C]\ntype = 'port'\ndefault = 1\n")
        .file("2", "[vars]\nB = 'two'\nC = 2\n")
        .file("3", "[vars]\nC = 'x'\n");
    assert_eq!(values(&scene, &["-d", "1", "-qd2"]), "[one][two][2]");
    scene.refused(
        &["-d", "1", "-d", "3", "p"],
        "monofy: 3:2:5: C: the default has to be a whole number, without quotes\n    C = …\n        ^\n",
    );
}

#[test]
fn one_that_is_named_must_exist() {
    Scene::new().refused(
        &["-d", "gone", "p"],
        "monofy: argument 2: the defaults file gone cannot be read: No such file or directory (os error 2)
    gone
    ^^^^
",
    );
}

#[test]
fn it_comes_after_all_other_sources() {
    let scene = || {
        Scene::new()
            .file(FILE, "[vars.A]\ndefault = 'default'\nfile = true\n")
            .file("env", "A=env-file\n")
            .file("secret", "name-file\n")
    };
    assert_eq!(scene().source(&["p", "$A"]), "defaults");
    assert_eq!(values(&scene(), &[]), "[default][unset][unset]");
    let scene = || scene().env("A_FILE", "secret");
    assert_eq!(scene().source(&["p", "$A"]), "name-file");
    assert_eq!(values(&scene(), &[]), "[name-file][unset][unset]");
    assert_eq!(scene().source(&["--env-file=env", "p", "$A"]), "env-file");
    assert_eq!(scene().source(&["--env-file=env", "--set=A=1", "p", "$A"]), "set");
    assert_eq!(scene().shown(&["-q", "echo", "${A:-8000}"]), "name-file\n");
}

#[test]
fn values_have_the_form_of_their_type() {
    let file = "[vars]\nA = 0x1F\nB = true\nC = ['a b', '', \"it's\"]\n";
    let scene = Scene::new().file(FILE, file);
    assert_eq!(values(&scene, &[]), "[31][true]['a b' '' 'it'\\''s']");
    assert_eq!(
        scene.shown(&["-q", "printf", "[%s]", "${C...}", "x"]),
        "[x]".replace("[x]", "") + &scene.shown(&["-q", "printf", "[%s]", "a b", "", "it's", "x"])
    );
    let scene = Scene::new().file(FILE, "[vars.C]\ntype = 'list'\ndefault = []\n");
    assert_eq!(values(&scene, &[]), "[unset][unset][]");
    assert_eq!(scene.plan(&["p", "${C...}", "${C:-empty}"])["processes"][0]["argv"], json!(["p", "empty"]));
}

#[test]
fn every_value_has_to_keep_the_rules_whether_or_not_the_line_uses_it() {
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
    let scene = Scene::new()
        .file(FILE, file)
        .file("env", "\nLEVEL=hunter2\n")
        .env("PORT", "hunter2")
        .env("COUNT", "1.5")
        .env("ON", "hunter2")
        .env("FLAGS", "-a hunter2")
        .env("NAME", "")
        .env("NEDED", "hunter2");
    scene.refused(
        &["--env-file=env", "--set=URL=mysql://hunter2", "p", "${GONE:?}"],
        "monofy: ./monofy.toml:2:8: PORT: the value from the environment is not a port: a number from 1 to 65535
    type = 'port'
           ^^^^^^
monofy: ./monofy.toml:4:8: COUNT: the value from the environment is not a whole number
    type = 'int'
           ^^^^^
monofy: ./monofy.toml:6:8: ON: the value from the environment is not true, false, 1 or 0
    type = 'bool'
           ^^^^^^
monofy: ./monofy.toml:9:11: FLAGS: the value from the environment is none of -a, -b
    choices = ['-a', '-b']
              ^^^^^^^^^^^^
monofy: ./monofy.toml:11:11: URL: the value from --set, argument 2 does not match the pattern ^postgres://
    pattern = '^postgres://'
              ^^^^^^^^^^^^^^
monofy: ./monofy.toml:14:11: LEVEL: the value from env:2 is none of info, warn
    choices = ['info', 'warn']
              ^^^^^^^^^^^^^^^^
monofy: ./monofy.toml:16:9: NAME: the value from the environment is empty
    empty = 'error'
            ^^^^^^^
monofy: ./monofy.toml:18:12: NEEDED: not set: the key of the service; did you mean NEDED?
    required = 'the key of the service'
               ^^^^^^^^^^^^^^^^^^^^^^^^
monofy: ./monofy.toml:20:12: WANTED: not set: it is required
    required = true
               ^^^^
monofy: argument 4: GONE: not set
    ${GONE:?}
    ^^^^^^^^^
",
    );
}

#[test]
fn an_empty_value_is_kept_unset_or_an_error() {
    let file = "[vars.A]\nempty = 'unset'\ndefault = 'a'\n[vars.B]\nempty = 'unset'\n[vars.C]\nempty = 'keep'\n\
                default = 'c'\n";
    let scene = Scene::new().file(FILE, file).env("A", "").env("B", "").env("C", "");
    assert_eq!(values(&scene, &[]), "[a][unset][]");
    let scene = Scene::new().file(FILE, "[vars.A]\ntype = 'port'\n").env("A", "");
    scene.refused(
        &["p"],
        "monofy: ./monofy.toml:2:8: A: the value from the environment is not a port: a number from 1 to 65535\n    \
         type = 'port'\n           ^^^^^^\n",
    );
}

#[test]
fn what_is_exported_is_in_the_environment_of_every_process() {
    let file = "[vars]\nB = 'b'\n[vars.A]\nexport = true\ndefault = 'a'\nempty = 'unset'\n[vars.L]\nexport = true\n\
                default = ['x y', 'z']\n";
    let scene = || Scene::new().file(FILE, file);
    let env = |scene: &Scene, options: &[&str]| {
        scene.plan(&[options, &["p"]].concat())["processes"][0]["env"].clone()
    };
    assert_eq!(env(&scene(), &[]), json!({"A": "a", "L": "'x y' z"}));
    assert_eq!(env(&scene().env("A", "own"), &[]), json!({"L": "'x y' z"}));
    assert_eq!(
        env(&scene().env("A", "own"), &["--set=A=set", "--set=B=set"]),
        json!({"A": "set", "L": "'x y' z"})
    );
    assert_eq!(env(&scene().env("A", ""), &[]), json!({"A": "a", "L": "'x y' z"}));
    assert_eq!(scene().shown(&["-q", "sh", "-c", "echo $A ${$}A ${$}{B-unset}"]), "a a unset\n");
}

#[test]
fn a_name_file_holds_the_value_without_its_trailing_newlines() {
    let file = "[vars]\nA.file = true\nB.file = true\nC.file = false\n";
    let scene = Scene::new().file(FILE, file).file("a", "x\ny\r\n\n").file("b", "").file("c", "c");
    let scene = scene.env("A_FILE", "a").env("B_FILE", "b").env("C_FILE", "c");
    assert_eq!(values(&scene, &[]), "[x\ny][][unset]");
}

#[test]
fn a_name_file_and_its_variable_cannot_both_be_set() {
    let file = "[vars.A]\nfile = true\n[vars.B]\nfile = true\nempty = 'unset'\n[vars.C]\nfile = true\n";
    let scene = Scene::new().file(FILE, file).env("A", "hunter2").env("A_FILE", "a");
    let scene = scene.file("b", "b").env("B", "").env("B_FILE", "b").env("C_FILE", "gone");
    scene.refused(
        &["p"],
        "monofy: ./monofy.toml:2:8: A: both A and A_FILE are in the environment: set one of them
    file = true
           ^^^^
monofy: ./monofy.toml:7:8: C: the file that C_FILE names cannot be read: No such file or directory (os error 2)
    file = true
           ^^^^
",
    );
}

#[test]
fn settings_are_below_the_twins() {
    let scene = || Scene::new().file(FILE, "[settings]\nstrict = true\ngrace = '3s'\nverbose = true\n");
    let settings =
        |scene: &Scene, options: &[&str]| scene.plan(&[options, &["p"]].concat())["settings"].clone();
    assert_eq!(
        settings(&scene(), &[]),
        json!({"grace_ms": 3000, "output": "raw", "strict": true, "verbosity": "verbose", "ready_fd": null})
    );
    let twins = scene().env("MONOFY_STRICT", "0").env("MONOFY_GRACE", "2s").env("MONOFY_QUIET", "1");
    assert_eq!(
        settings(&twins, &[]),
        json!({"grace_ms": 2000, "output": "raw", "strict": false, "verbosity": "quiet", "ready_fd": null})
    );
    assert_eq!(
        settings(&twins, &["--strict", "-g1", "-v"]),
        json!({"grace_ms": 1000, "output": "raw", "strict": true, "verbosity": "verbose", "ready_fd": null})
    );
}

#[test]
fn its_env_files_are_relative_to_it() {
    let scene = Scene::new();
    std::fs::create_dir(scene.path().join("conf")).expect("a folder can be made");
    let scene = scene
        .file("conf/defaults.toml", "settings.env-files = ['a.env', '${CONF:-.}/b.env', '~/c.env']\n")
        .file("conf/a.env", "A=a\n")
        .file("conf/b.env", "B=b\n")
        .file("c.env", "C=c\n")
        .file("d.env", "A=d\n");
    let home = scene.path().to_str().expect("it is text").to_owned();
    let scene = scene.env("HOME", &home);
    assert_eq!(values(&scene, &["-d", "conf/defaults.toml"]), "[a][b][c]");
    assert_eq!(values(&scene, &["-d", "conf/defaults.toml", "--env-file", "d.env"]), "[d][unset][unset]");
    let scene = scene.env("CONF", "gone");
    scene.refused(
        &["-d", "conf/defaults.toml", "p"],
        "monofy: conf/defaults.toml:1:32: the env file conf/gone/b.env cannot be read: No such file or directory (os error 2)
    settings.env-files = ['a.env', '${CONF:-.}/b.env', '~/c.env']
                                   ^^^^^^^^^^^^^^^^^^
",
    );
}

#[test]
fn what_is_there_and_no_file_is_told() {
    let scene = Scene::new();
    std::fs::create_dir(scene.path().join(FILE)).expect("a folder can be made");
    scene.refused(
        &["p"],
        "monofy: the working directory: the defaults file ./monofy.toml cannot be read: Is a directory (os error 21)
    ./monofy.toml
    ^^^^^^^^^^^^^
",
    );
    assert_eq!(values(&scene, &["--no-defaults"]), "[unset][unset][unset]");
}

#[test]
fn a_pattern_may_ignore_the_case_of_letters() {
    let scene = Scene::new().file(FILE, "vars.A.pattern = '(?i)^(info|warn)$'\n");
    assert_eq!(values(&scene.env("A", "WARN"), &[]), "[WARN][unset][unset]");
}

#[test]
fn what_is_a_blank_elsewhere_is_a_mistake_and_told() {
    for blank in ["\u{b}", "\u{c}", "\u{85}", "\u{a0}", "\u{2003}"] {
        let scene = Scene::new().file(FILE, format!("vars.A{blank}= 1\n"));
        let told = Run::new(["p"]).directory(scene.path()).finish();
        told.assert_status(125).assert_told("monofy.toml:1:7: invalid unquoted key");
    }
}
