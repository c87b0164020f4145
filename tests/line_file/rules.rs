//! The words of a file, from outside.

use serde_json::json;

use crate::support::scenario::Scenario;

/// The arguments of the only process of a file.
fn words(text: impl AsRef<[u8]>) -> Vec<String> {
    let scenario = Scenario::new().file("line", text).env("A", "two words").env("Q", "'\" \\");
    let plan = scenario.plan(&["--file", "line"]);
    let processes = plan["processes"].as_array().expect("processes");
    assert_eq!(processes.len(), 1, "{plan:#}");
    let argv = processes[0]["argv"].as_array().expect("arguments");
    argv.iter().map(|word| word.as_str().expect("text").to_owned()).collect()
}

const EXAMPLE: &str = "\
#!/usr/bin/env -S monofy --file
--output=prefix                                  # options first, as on the command line
manage migrate
&&
--name=web --ready=http:${PORT:-8000}/healthz
  gunicorn --bind=:${PORT:-8000} app.wsgi        # a word that begins with # and the rest of its line is a comment
|||
--name=worker --after=web celery worker '--title=$not expanded' \"--tag=$TAG\"
";

#[test]
fn the_example_of_the_contract_is_a_plan() {
    let scenario = Scenario::new().file("dev", EXAMPLE).env("TAG", "a b");
    assert_eq!(
        scenario.shown(&["--plan", "--file", "dev"]),
        "setup, one after another
└─ manage  manage migrate
processes, side by side
├─ web     gunicorn --bind=:8000 app.wsgi
│          (ready http:8000/healthz)
└─ worker  celery worker '--title=$not expanded' '--tag=a b'
           (after web)
output prefix
"
    );
}

#[test]
fn a_file_runs_by_its_first_line() {
    use std::os::unix::fs::PermissionsExt;
    let monofy = crate::support::monofy();
    let text =
        format!("#!/usr/bin/env -S {} --file\necho one\n&& # then\necho 'two  words' $A\n", monofy.display());
    let scenario = Scenario::new().file("line", text);
    let path = scenario.path().join("line");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .expect("it can be made executable");
    let run = |arguments: &[&str]| {
        let finished = crate::support::Run::of(&path, arguments).env("A", "x  y").finish();
        finished.assert_status(0);
        finished.stdout
    };
    assert_eq!(run(&["-q"]), "one\ntwo  words x  y\n");
    assert!(run(&["--plan"]).starts_with("setup, one after another\n└─ echo  echo one\n"));
}

#[test]
fn white_space_separates_and_a_backslash_joins_lines() {
    assert_eq!(words("  p\t a\n\n b \\\n c\\\nd\\\n \\\n"), ["p", "a", "b", "cd"]);
    assert_eq!(words("p a\\"), ["p", "a\\"]);
}

#[test]
fn a_comment_begins_at_the_start_of_a_word() {
    assert_eq!(words("# x 'y\np a#b # c \\\nd '#e' \\#f \"\"#g # h"), ["p", "a#b", "d", "#e", "#f", "#g"]);
}

#[test]
fn single_quotes_are_literal() {
    assert_eq!(
        words(
            r#"p '$A ${A} $<A> \ " ${A:-' '`x` $(y)' 'a
b' '' 'x'$A'$A'"#
        ),
        ["p", "$A ${A} $<A> \\ \" ${A:-", "`x` $(y)", "a\nb", "", "xtwo words$A"]
    );
}

#[test]
fn values_are_never_split_and_never_read_again() {
    assert_eq!(
        words("p $A \"$A\" x${A}y $<A> $Q$Q"),
        ["p", "two words", "two words", "xtwo wordsy", "two words", "'\" \\'\" \\"]
    );
    assert_eq!(words("p ${A...} \"${A...}\" ${U...} ${U}"), ["p", "two", "words", "two", "words", ""]);
}

#[test]
fn white_space_and_quotes_inside_an_expansion_are_ordinary() {
    assert_eq!(
        words("p ${U:-two words} x${U:-'a  \"b}y \"${U:-\"c d\"}\" ${'$A '}"),
        ["p", "two words", "x'a  \"by", "\"c d\"", "$A "]
    );
    assert_eq!(words("p ${U:-a # b\nc} $<U:-{\"a\": ${U:-1 2}}>"), ["p", "a # b\nc", "{\"a\": 1 2}"]);
    assert_eq!(words(r"p ${U:-\}\$\ x} $${U:-a b}"), ["p", r"}$\ x", "${U:-a", "b}"]);
}

#[test]
fn a_backslash_quotes_one_character() {
    assert_eq!(
        words(r#"p \$A \'a\ b\" "\$A\"\\\`\a" \\ \n \&&"#),
        ["p", "$A", "'a b\"", "$A\"\\`\\a", "\\", "n", "&&"]
    );
    assert_eq!(words("p \"a\\\nb\""), ["p", "ab"]);
}

#[test]
fn an_expansion_does_not_cross_a_quote() {
    assert_eq!(
        words(r#"p $'A' $"A" "$A"B '$'A '$'$A $\{A} "$"{A} ''$A$''A $$'A'"#),
        ["p", "$A", "$A", "two wordsB", "$A", "$two words", "${A}", "${A}", "two words$A", "$$A"]
    );
    assert_eq!(words("p $A'_B'\"C\"1 ${A}'B'"), ["p", "two words_BC1", "two wordsB"]);
    assert_eq!(
        words("p $$A '$$A' \"$$A\" \"$\"$A $$$A"),
        ["p", "$A", "$$A", "$A", "$two words", "$two words"]
    );
}

#[test]
fn what_is_not_well_formed_stays_with_a_warning() {
    let scenario =
        Scenario::new().file("line", "echo ${bad name} $1 ${1} '${x y'\n  \"${}\" ${1x} $ $- ${A[@]}");
    let finished = scenario.run(["-q", "--file=line"]);
    finished.assert_status(0).assert_stdout("${bad name} $1 ${1} ${x y ${} ${1x} $ $- ${A[@]}\n");
    assert_eq!(
        finished.stderr,
        "monofy: warning: line:1:6: this operator is unknown, so the expansion stays as it is: correct it, or write `${$}` for the dollar
    ${bad
    ^^^^^
monofy: warning: line:2:4: this expansion names no variable, so it stays as it is: add a name
    \"${}\"
     ^^^
monofy: warning: line:2:9: this is not a variable name, so the expansion stays as it is: a name has letters, digits and `_`, and does not start with a digit
    ${1x}
    ^^^
"
    );
    scenario
        .run(["--strict", "--file=line"])
        .assert_status(125)
        .assert_reported("monofy: line:2:4: this expansion names no");
}

#[test]
fn unquoted_operators_are_operators() {
    let text = "a && b '&&' \"|||\" \\|||\n|||\nc |||| &&& a&&b &&c\n";
    let plan = Scenario::new().file("line", text).plan(&["-f", "line"]);
    assert_eq!(plan["setup"][0]["argv"], json!(["a"]));
    assert_eq!(plan["processes"][0]["argv"], json!(["b", "&&", "|||", "|||"]));
    assert_eq!(plan["processes"][1]["argv"], json!(["c", "||||", "&&&", "a&&b", "&&c"]));
}

#[test]
fn an_operator_never_comes_out_of_a_value() {
    let scenario = Scenario::new().file("line", "a $O ${U:-|||} b").env("O", "&&");
    let plan = scenario.plan(&["-f", "line"]);
    assert_eq!(plan["processes"][0]["argv"], json!(["a", "&&", "|||", "b"]));
}

#[test]
fn stars_and_other_characters_of_shells_are_ordinary() {
    assert_eq!(
        words("p * ? [a] ~ ! { } a;b a|b a&b x>y >=1 <name> %h"),
        ["p", "*", "?", "[a]", "~", "!", "{", "}", "a;b", "a|b", "a&b", "x>y", ">=1", "<name>", "%h"]
    );
}

#[test]
fn assignments_options_and_escapes_are_those_of_the_command_line() {
    let text = "A=1 'B=$x y' \"C=$A\" -- -p --help\n|||\n--user=${U:-} --workdir '/a b' --name \"$A\"x q\n";
    let plan = Scenario::new().file("line", text).env("A", "a").plan(&["-f", "line"]);
    let (p, q) = (&plan["processes"][0], &plan["processes"][1]);
    assert_eq!(
        (&p["argv"], &p["env"]),
        (&json!(["-p", "--help"]), &json!({"A": "1", "B": "$x y", "C": "a"}))
    );
    assert_eq!((&q["name"], &q["workdir"], &q["user"]), (&json!("ax"), &json!("/a b"), &json!(null)));
}

#[test]
fn options_that_are_no_templates_have_their_words_without_quotes() {
    let text = "--set 'A=$x  y' --set B=$A --set=C=\\$A\"'\" --env-file='$A' echo $A $B $C $D\n";
    let scenario = Scenario::new().file("line", text).file("$A", "D=d\n");
    assert_eq!(scenario.shown(&["-q", "--file", "line"]), "$x  y $A $A' d\n");
}

#[test]
fn the_template_of_a_plan_is_the_argument_with_the_same_meaning() {
    let text = r#"p $A "x$A" 'a b' '$5' '$A' "$$A" \${A:-x} '$'$A $A'b' "${U:-x y}" '${A'"#;
    let plan = Scenario::new().file("line", text).plan(&["-f", "line"]);
    let template = [
        "p",
        "$A",
        "x$A",
        "a b",
        "$5",
        "${$}A",
        "$$A",
        "${$}{A:-x}",
        "${$}$A",
        "${A}b",
        "${U:-x y}",
        "${$}{A",
    ];
    assert_eq!(plan["processes"][0]["template"], json!(template));
}

#[test]
fn crlf_and_a_byte_order_mark_are_tolerated() {
    assert_eq!(
        words("\u{feff}p a\r\n b \\\r\n c 'd\r\ne' ${U:-f\r\ng} h\ri # j\r\n"),
        ["p", "a", "b", "c", "d\ne", "f\ng", "h\ri"]
    );
}

#[test]
fn words_are_bytes() {
    let plan = Scenario::new().file("line", b"p \xff'\xfe '\xc3\xa9\n").plan(&["-f", "line"]);
    assert_eq!(plan["processes"][0]["argv"], json!(["p", {"base64": "//4gw6k="}]));
}

#[test]
fn a_name_of_a_shell_variable_in_quotes_is_left_to_the_shell() {
    let scenario = Scenario::new()
        .file("line", "A=1 sh -c 'for i in a b; do echo $i${A:-x}; done; echo `echo $(echo c)`'");
    assert_eq!(scenario.shown(&["-q", "-f", "line"]), "a1\nb1\nc\n");
}
