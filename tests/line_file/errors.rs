//! Every problem of a file at once, each with its place.

use crate::support::scenario::Scenario;

fn refused(text: impl AsRef<[u8]>, expected: &str) {
    Scenario::new()
        .file("line", text)
        .refused(&["--file", "line"], &format!("{expected}Try 'monofy --help'.\n"));
}

#[test]
fn all_problems_of_a_file_are_reported_together() {
    Scenario::new().file("line", "\
#!/usr/bin/env -S monofy --file
--output=bogus --sett X=hunter2
migrate ; serve
&&
  --user=: web ${PORT:?the port} \"é${HOST:?}\" \\
    'quoted'${NAME:?} | tee
|||
worker \"$(date)\" ${SECRET:2:-9} 'never
").env("SECRET", "hunter2").env("MONOFY_GRACE", "x").refused(&["--grace=y", "-f", "line"],
        "monofy: MONOFY_GRACE: this environment variable has to be a duration such as 500ms, 8s, 1.5s, 2m or 1h, or none
monofy: argument 1: invalid value 'y' for '--grace <DURATION>': not a duration; write 500ms, 8s, 1.5s, 2m or 1h; a bare number is seconds, 0 is at once, none is no limit
    --grace=y
    ^^^^^^^^^
monofy: line:2:1: invalid value 'bogus' for '--output <FORM>' [possible values: raw, prefix, json]
    --output=bogus
    ^^^^^^^^^^^^^^
monofy: line:2:16: there is no option '--sett'; did you mean '--set'?
    --sett
    ^^^^^^
monofy: line:3:9: this is no shell: `&&` ends a setup command, and `|||` separates processes; a script goes into sh -c '...', and quotes make it an argument
    ;
    ^
monofy: line:5:10: ':' is not a user; write USER or USER:GROUP, as names or numbers
    --user=:
           ^
monofy: line:5:16: PORT: the port
    ${PORT:?the port}
    ^^^^^^^^^^^^^^^^^
monofy: line:5:36: HOST: not set
    \"é${HOST:?}\"
      ^^^^^^^^^
monofy: line:6:13: NAME: not set
    'quoted'${NAME:?}
            ^^^^^^^^^
monofy: line:6:23: this is no shell: there are no pipes, and `|||` separates processes; a script goes into sh -c '...', and quotes make it an argument
    |
    ^
monofy: line:8:9: this is no shell: no command is substituted; a script goes into sh -c '...', and `\\` in front makes it ordinary text
    \"$(date)\"
     ^^
monofy: line:8:18: SECRET: the substring ends before it starts
    ${SECRET:2:-9}
    ^^^^^^^^^^^^^^
monofy: line:8:33: this quote is never closed: add `'`, or put `\\` in front of it
    '
    ^
Try 'monofy --help'.
");
}

#[test]
fn syntax_of_a_shell_is_an_error_as_a_word_of_its_own() {
    for (word, advice) in [
        (";", "`&&` ends a setup command, and `|||` separates processes"),
        (";;", "`&&` ends a setup command, and `|||` separates processes"),
        ("|", "there are no pipes, and `|||` separates processes"),
        ("|&", "there are no pipes, and `|||` separates processes"),
        ("&", "`|||` separates processes, which run side by side"),
        ("||", "there is no `||`, and `|||` separates processes"),
        (">", "there are no redirections"),
        (">>", "there are no redirections"),
        ("<", "there are no redirections"),
        ("2>&1", "there are no redirections"),
        ("2>", "there are no redirections"),
        (">/dev/null", "there are no redirections"),
        ("<<EOF", "there are no redirections"),
        ("&>log", "there are no redirections"),
        ("(", "there are no groups"),
        (")", "there are no groups"),
    ] {
        let carets = "^".repeat(word.len());
        refused(
            format!("a\n {word} b"),
            &format!(
                "monofy: line:2:2: this is no shell: {advice}; a script goes into sh -c '...', and quotes make it an argument\n    {word}\n    {carets}\n"
            ),
        );
        let quoted = format!("echo '{word}' \"{word}\" \\{word}");
        let shown = Scenario::new().file("line", quoted).shown(&["-q", "-f", "line"]);
        assert_eq!(shown, format!("{word} {word} {word}\n"));
    }
}

#[test]
fn the_substitution_of_a_command_is_an_error_outside_single_quotes() {
    let message = "this is no shell: no command is substituted; a script goes into sh -c '...', and `\\` in front makes it ordinary text";
    for (word, at, length) in [
        ("$(date)", 0, 2),
        ("x$(date)", 1, 2),
        ("\"$(date)\"", 1, 2),
        ("`date", 0, 1),
        ("\"a`\"", 2, 1),
        ("$((1+1))", 0, 2),
        ("$$(x)", 1, 2),
        ("${A:-$(x)}", 5, 2),
        ("${A:-a ` b}", 7, 1),
    ] {
        let (indent, carets) = (" ".repeat(at), "^".repeat(length));
        let expected = format!("monofy: line:1:{}: {message}\n    {word}\n    {indent}{carets}\n", 3 + at);
        refused(format!("a {word}"), &expected);
    }
    let shown = Scenario::new()
        .file("line", r"echo '$(a)`b`' \$(a)\`b\` ${A:-\$(a)\`b\`} ${'$(a)`b`'}")
        .shown(&["-q", "-f", "line"]);
    assert_eq!(shown, "$(a)`b` $(a)`b` $(a)`b` $(a)`b`\n");
}

#[test]
fn what_is_never_closed_is_an_error_where_it_opened() {
    let expansion = |closer: char| {
        format!("this expansion is never closed: add `{closer}`, or put `\\` in front of the dollar")
    };
    let quote =
        |quote: char| format!("this quote is never closed: add `{quote}`, or put `\\` in front of it");
    for (text, place, message, shown, carets) in [
        ("a ${B:-c d\ne f", "1:3", expansion('}'), "${B:-c d", "^^^^^^^^"),
        ("a\n x$<B:-c", "2:3", expansion('>'), "x$<B:-c", " ^^^^^^"),
        ("a \"x${B\" c", "1:5", expansion('}'), "\"x${B\" c", "  ^^^^^^"),
        ("a ${B\nc ${D}", "1:3", expansion('}'), "${B", "^^^"),
        ("a ${B c\nd }", "1:3", expansion('}'), "${B c", "^^^^^"),
        ("a ${'b' c", "1:3", expansion('}'), "${'b' c", "^^^^^^^"),
        ("a ${", "1:3", expansion('}'), "${", "^^"),
        ("a b'c\nd ; `", "1:4", quote('\''), "b'", " ^"),
        ("a b\"c\nd ; ` $(x) ${B", "1:4", quote('"'), "b\"", " ^"),
        ("a it's \"d\"", "1:5", quote('\''), "it'", "  ^"),
    ] {
        // An expansion in an open quote comes first.
        if text.contains("${B") && text.contains("b\"c") {
            continue;
        }
        refused(text, &format!("monofy: line:{place}: {message}\n    {shown}\n    {carets}\n"));
    }
}

#[test]
fn the_lines_after_an_open_expansion_are_read_nevertheless() {
    refused(
        "a ${B:-x 'y\n|||\nc ${D:?} ${E\n|||\nf ;\n",
        "monofy: line:1:3: this expansion is never closed: add `}`, or put `\\` in front of the dollar
    ${B:-x 'y
    ^^^^^^^^^
monofy: line:3:3: D: not set
    ${D:?}
    ^^^^^^
monofy: line:3:10: this expansion is never closed: add `}`, or put `\\` in front of the dollar
    ${E
    ^^^
monofy: line:5:3: this is no shell: `&&` ends a setup command, and `|||` separates processes; a script goes into sh -c '...', and quotes make it an argument
    ;
    ^
",
    );
}

#[test]
fn a_semicolon_at_the_end_of_a_word_is_a_warning() {
    let finished = Scenario::new().file("line", "echo a; 'b;' \"c;\" d\\;").run(["-q", "-f", "line"]);
    finished.assert_status(0).assert_stdout("a; b; c; d;\n");
    assert_eq!(
        finished.stderr,
        "monofy: warning: line:1:7: this is no shell: the `;` is a part of this argument, and `&&` ends a setup command; quote it if it is meant
    a;
     ^
"
    );
}

#[test]
fn an_operator_at_the_edge_of_a_word_is_a_warning() {
    let finished = Scenario::new().file("line", "echo a&&b |||c d&& '|||e' \\&&f").run(["-q", "-f", "line"]);
    finished.assert_status(0).assert_stdout("a&&b |||c d&& |||e &&f\n");
    assert_eq!(
        finished.stderr,
        "monofy: warning: line:1:11: the `|||` is a part of this argument, and no operator: put white space around it, or quote it if it is meant
    |||c
    ^^^
monofy: warning: line:1:17: the `&&` is a part of this argument, and no operator: put white space around it, or quote it if it is meant
    d&&
     ^^
"
    );
}

#[test]
fn an_error_shows_no_word_beside_its_own() {
    let text =
        "--set PASSWORD=hunter2 --set=hunter2 --secrt=hunter2 TOKEN=hunter2 p ${X:?} hunter2 ; hunter2 `";
    let finished = Scenario::new().file("line", text).run(["-f", "line"]);
    finished.assert_status(125);
    assert!(!finished.stderr.contains("hunter2"), "{}", finished.stderr);
    assert_eq!(finished.stderr.matches("monofy: line:1:").count(), 5, "{}", finished.stderr);
}

#[test]
fn a_word_of_several_lines_is_shown_by_its_line() {
    let refused = |text: &str, expected: &str| {
        Scenario::new().file("line", text).refused(&["--file", "line"], expected);
    };
    refused(
        "sh -c 'a\nb' \"c\nd ${X:?} e\nf\"",
        "monofy: line:3:3: X: not set\n    d ${X:?} e\n      ^^^^^^\n",
    );
    refused("p \"a ${X:?b\nc} d\"", "monofy: line:1:6: X: b c\n    \"a ${X:?b\n       ^^^^^^\n");
}

#[test]
fn of_thousands_of_mistakes_64_are_shown() {
    let finished = Scenario::new().file("line", format!("p {}", "; ".repeat(5000))).run(["-f", "line"]);
    finished.assert_status(125);
    assert_eq!(finished.stderr.matches("this is no shell").count(), 64);
    finished.assert_reported("monofy: line:1:131: and 4936 more problems from here on");
}

#[test]
fn warnings_about_scripts_and_hashes_are_those_of_the_command_line() {
    let finished = Scenario::new().file("line", "sh -c \"i=1; echo [$i]\"\n").run(["-q", "-f", "line"]);
    finished.assert_status(0).assert_stdout("[]\n");
    assert_eq!(
        finished.stderr,
        "monofy: warning: line:1:19: i is not set, so `$i` becomes nothing, but this script assigns i itself: write `$$i` for the shell
    \"i=1; echo [$i]\"
                ^^
"
    );
}
