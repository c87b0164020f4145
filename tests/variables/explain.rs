//! `--explain`: the sources of values, and the values they hide.

use serde_json::{Value, json};

use crate::support::scenario::Scenario;

fn scenario() -> Scenario {
    let file = "\
settings.secrets = ['*_KEY']
[vars]
LIST = ['a b', 'c']
[vars.PORT]
type = 'port'
default = 8000
description = 'HTTP port'
[vars.DB]
required = 'where the data is'
file = true
secret = true
default = 'hunter2'
";
    Scenario::new()
        .file("monofy.toml", file)
        .file("1.env", "\nPORT=1\nA_KEY=hunter2\n")
        .file("2.env", "PORT=2\n")
        .file("db", "hunter2\n")
        .env("DB_FILE", "db")
        .env("PORT", "3")
}

const LINE: [&str; 9] = [
    "--env-file=1.env",
    "--env-file=2.env",
    "--set=PORT=4",
    "a",
    "$PORT$A_KEY",
    "${N:=x$DB}",
    "|||",
    "b",
    "${PORT}$GONE",
];

fn explained(options: &[&'static str]) -> String {
    scenario().run([options, &LINE[..]].concat()).assert_status(0).stdout.clone()
}

#[test]
fn each_variable_has_its_source_and_the_hidden_ones() {
    assert_eq!(
        explained(&["--explain"]),
        "\
PORT = 4
    from         --set, argument 4
    hides        the environment
    hides        the env file 2.env:1
    hides        the env file 1.env:2
    hides        the defaults file ./monofy.toml:6
    type         port
    default      8000
    description  HTTP port
    used by      arguments 6, 10
A_KEY = ***
    from         the env file 1.env:3
    secret       yes
    used by      argument 6
N = 'x***'
    from         the line itself
    secret       yes
    written      ${N:=x$DB}
    used by      argument 7
DB = ***
    from         the file db
    hides        the defaults file ./monofy.toml:12
    required     yes
    default      ***
    description  where the data is
    secret       yes
    used by      argument 7
GONE is not set
    used by      argument 10
LIST = ''\\''a b'\\'' c'
    from         the defaults file ./monofy.toml:3
    default      ''\\''a b'\\'' c'
    used by      no argument
"
    );
}

#[test]
fn secrets_can_be_shown() {
    let text = explained(&["--explain", "--show-secrets"]);
    assert!(text.contains("\nN = xhunter2\n") && text.contains("\nDB = hunter2\n"), "{text}");
}

#[test]
fn json_has_the_same_contents() {
    let explanation: Value = serde_json::from_str(&explained(&["--explain=json"])).expect("it is JSON");
    assert_eq!(explanation["masked"], true);
    assert_eq!(explanation["problems"], json!([]));
    assert_eq!(
        explanation["variables"][3],
        json!({
            "name": "DB", "value": "***", "source": "name-file", "place": "db",
            "hides": [{"source": "defaults", "place": "./monofy.toml:12"}], "secret": true, "type": null,
            "required": true, "default": "***", "line_default": null, "choices": null, "file": "DB_FILE", "description": "where the data is", "used_by": [7], "files": [],
            "written": [],
        })
    );
    assert_eq!(explanation["variables"][2]["written"], json!(["${N:=x$DB}"]));
    let default = json!({"word": "x$DB", "value": null, "place": "argument 7"});
    assert_eq!(explanation["variables"][2]["line_default"], default);
    let twin = scenario().env("MONOFY_EXPLAIN", "json").run(["a"]);
    assert!(twin.stdout.starts_with("{\n"), "{twin:#?}");
}

#[test]
fn nothing_is_started_and_the_last_view_wins() {
    let scenario = Scenario::new();
    let finished = scenario.run(["--plan", "--explain", "touch", "started", "$A"]);
    finished.assert_status(0).assert_stdout("A is not set\n    used by      argument 5\n");
    assert!(scenario.run(["--explain", "--plan", "touch", "started"]).stdout.starts_with("processes"));
    assert!(!scenario.path().join("started").exists());
    let scenario = scenario.env("MONOFY_EXPLAIN", "1");
    scenario.run(["touch", "started", "$A"]).assert_stdout("A is not set\n    used by      argument 3\n");
    scenario.run(["--plan", "p"]).assert_stdout("processes, side by side\n└─ p  p\n");
}

#[test]
fn a_line_with_problems_is_explained_as_far_as_possible() {
    let finished = Scenario::new().env("A", "a").run(["--explain", "p", "$A", "${B:?}"]);
    finished.assert_status(125).assert_stdout(
        "A = a\n    from         the environment\n    used by      argument 3\nB is not set\n    required     yes\n    written      ${B:?}\n    used by      argument 4\n",
    );
    assert_eq!(finished.stderr, "monofy: argument 4: B: not set\n    ${B:?}\n    ^^^^^^\n");
}

#[test]
fn a_plan_cannot_be_explained() {
    Scenario::new().refused(
        &["--explain", "--run-plan", "plan"],
        "monofy: --run-plan executes a plan, in which no variable is left to explain\nTry 'monofy --help'.\n",
    );
}

#[test]
fn a_default_in_the_line_is_the_value_of_a_variable_that_is_not_set() {
    let scenario = Scenario::new().env("HOST", "h");
    let shown = scenario.shown(&[
        "--explain",
        "p",
        "--bind=${PORT:-${BASE:-8000}}",
        "$<URL-x://$HOST>",
        "${NO:-${HOST:?}}",
    ]);
    assert_eq!(
        shown,
        "\
PORT = 8000
    from         the default in argument 3
    written      ${PORT:-${BASE:-8000}}
    used by      argument 3
BASE = 8000
    from         the default in argument 3
    written      ${BASE:-8000}
    used by      argument 3
URL = x://h
    from         the default in argument 4
    written      $<URL-x://$HOST>
    used by      argument 4
HOST = h
    from         the environment
    required     yes
    written      ${HOST:?}
    used by      arguments 4, 5
NO = h
    from         the default in argument 5
    written      ${NO:-${HOST:?}}
    used by      argument 5
"
    );
}

#[test]
fn a_default_in_the_line_is_masked_where_a_secret_got_into_it() {
    let scenario = Scenario::new().env("DB", "hunter2");
    let shown = scenario.shown_with_warnings(&["--secret=DB", "--explain", "URL=${U:-x://$DB}", "p"]);
    assert!(shown.starts_with("U = 'x://***'\n    from         the default in argument 3\n"), "{shown}");
}

#[test]
fn the_table_of_an_image_needs_no_value_and_shows_none() {
    let file = "\
[vars.DB]
required = 'where the data is'
secret = true
file = true
[vars.LEVEL]
choices = ['low', 'a|b']
default = 'low'
[vars]
URL = { default = 'x://${DB:?}', description = 'made of DB' }
DEBUG = { type = 'bool' }
";
    let line = [
        "--explain=markdown",
        "p",
        "${PORT:-8000}",
        "${DB}",
        "${MUST:?the reason}",
        "${HOME}",
        "${DEBUG...:+-d}",
    ];
    let table = "\
| variable | required | default | what it is for |
| --- | --- | --- | --- |
| `PORT` | no | `8000` |  |
| `DB` | yes |  | where the data is; secret; or `DB_FILE`, a file that holds it |
| `MUST` | yes |  | the reason |
| `HOME` | no |  |  |
| `DEBUG` | no |  | true or false |
| `LEVEL` | no | `low` | `low`, `a\\|b` |
| `URL` | no | `x://${DB:?}` | made of DB |
";
    let scenario = Scenario::new().file("monofy.toml", file);
    assert_eq!(scenario.shown_with_warnings(&line), table);
    let set = scenario
        .env("PORT", "1")
        .env("DB", "hunter2")
        .env("MUST", "m")
        .env("HOME", "/hunter2")
        .env("DEBUG", "no");
    assert_eq!(set.shown_with_warnings(&line), table);
    let twin = set.env("MONOFY_EXPLAIN", "markdown").run(&line[1..]);
    assert_eq!(twin.stdout, table);
}

#[test]
fn the_table_of_an_image_comes_with_the_problems_of_its_line() {
    let finished =
        Scenario::new().run(["--explain=markdown", "p", "${A:?}", "|||", "--stop-timeout=soon", "q"]);
    finished.assert_status(125);
    assert!(finished.stdout.ends_with("| `A` | yes |  |  |\n"), "{finished:#?}");
    assert!(
        finished.stderr.contains("'soon' is not a duration") && !finished.stderr.contains("A:"),
        "{finished:#?}"
    );
}

#[test]
fn a_default_in_a_rendered_file_is_a_value_with_its_place() {
    let template = "listen\n é $<PORT:-80> $<NAME:?which name> $<A:-$<B:-1>>;\n$<PORT:-81>\n";
    let scenario = Scenario::new().file("t", template);
    let shown = scenario.run(["--explain", "--render=t:out", "p"]).stdout;
    let port = "PORT = 80\n    from         the default in t:2:4\n    written      $<PORT:-80>\n    used by      the file t\n";
    assert!(shown.contains(port), "{shown}");
    let table = scenario.shown(&["--explain=markdown", "--render=t:out", "p"]);
    assert!(
        table.contains("| `PORT` | no | `80` |  |\n") && table.contains("| `NAME` | yes |  | which name |\n"),
        "{table}"
    );
}
