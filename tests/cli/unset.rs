//! Warnings about unset variables that were probably meant for an inner shell, for the process, or for nothing.

use crate::line::line;

/// The part at fault and the message of each warning.
fn warnings(arguments: &[&str]) -> Vec<(String, String)> {
    let plan = line(arguments).env("SET", "set").plan();
    let warnings = plan["warnings"].as_array().expect("a list of warnings").iter().map(|warning| {
        let lines: Vec<&str> = warning.as_str().expect("a text").lines().collect();
        let [message, excerpt, carets] = lines[..] else { panic!("{warning}") };
        let start = carets.find('^').expect("a caret");
        let (_, message) = message.split_once(": ").expect("an origin");
        (excerpt.chars().skip(start).take(carets.len() - start).collect(), message.to_owned())
    });
    warnings.collect()
}

fn parts(arguments: &[&str]) -> Vec<String> {
    warnings(arguments).into_iter().map(|(part, _)| part).collect()
}

#[test]
fn an_unset_variable_that_a_script_assigns_itself_has_a_warning() {
    assert_eq!(
        warnings(&["sh", "-c", r#"dir=$(mktemp -d); rm -rf "$dir"/* "${#dir}""#]),
        [(
            "$dir".to_owned(),
            "dir is not set, so `$dir` becomes nothing, but this script assigns dir itself: write `$$dir` for the shell"
                .to_owned()
        )]
    );
    for (script, expected) in [
        ("for f in a b; do echo \"$f\"; done", &["$f"][..]),
        ("while read -r a b; do echo ${b} ${a%.txt} $b; done", &["${b}", "${a%.txt}"]),
        ("x=1 y=2; echo ${#x} ${y:1} $y", &["${#x}", "${y:1}"]),
        // It has a default, is set, is for the shell already, or is not assigned.
        ("x=1; echo ${x:-2} ${x+y}", &[]),
        ("SET=1; echo $SET", &[]),
        ("x=1; echo $$x", &[]),
        ("echo $x", &[]),
        ("echo ${x:=1} $x; x=2", &[]),
    ] {
        assert_eq!(parts(&["sh", "-c", script]), expected, "{script}");
    }
}

#[test]
fn the_script_in_the_command_of_a_check_has_the_same_warning() {
    for option in ["--ready", "--alive", "--wait"] {
        let check = |command: &str| parts(&[&format!("{option}=exec:{command}"), "true"]);
        assert_eq!(check("sh -c 'i=1; test $i = 1'"), ["$i"]);
        assert_eq!(check("sh -c 'i=1; test $$i = 1'"), [""; 0]);
        assert_eq!(check("test $i = 1"), [""; 0]);
        assert_eq!(check("sh -c 'test $i = 1'"), [""; 0]);
    }
}

#[test]
fn the_script_of_a_shell_is_found_wherever_the_shell_is() {
    let script = "x=1; echo $x";
    for before in [
        &["sh", "-c"][..],
        &["/bin/bash", "-ec"],
        &["dash", "-e", "-c"],
        &["ash", "-c", "-e"],
        &["ksh", "-euo", "pipefail", "-c"],
        &["zsh", "-o", "pipefail", "-c", "--"],
        &["bash", "--norc", "--rcfile", "x", "+e", "-c"],
        &["busybox", "sh", "-c"],
        &["env", "A=1", "nice", "-n", "5", "sh", "-xc"],
        &["A=1", "sh", "-c"],
    ] {
        assert_eq!(parts(&[before, &[script]].concat()), ["$x"], "{before:?}");
        assert_eq!(parts(&[before, &[script, "$0", "a"]].concat()), ["$x"], "{before:?}");
    }
    for before in [
        &["sh"][..],
        &["sh", "-e"],
        &["sh", "script", "-c"],
        &["echo", "-c"],
        &["flash", "-c"],
        &["sh", "-c", "true"],
    ] {
        assert_eq!(parts(&[before, &[script]].concat()), [""; 0], "{before:?}");
    }
}

#[test]
fn a_name_that_only_the_own_words_of_a_process_set_has_a_warning_in_its_arguments() {
    assert_eq!(
        warnings(&["PORT=8000", "web", "--port=$PORT", "$PORT"]),
        [
            (
                "$PORT".to_owned(),
                "PORT is not set, so `$PORT` becomes nothing; `PORT=...` in front of the program is for the process, \
                 not for its arguments: use --set PORT=..."
                    .to_owned()
            ),
            (
                "$PORT".to_owned(),
                "PORT is not set, so `$PORT` becomes nothing; `PORT=...` in front of the program is for the process, \
                 not for its arguments: use --set PORT=..."
                    .to_owned()
            )
        ]
    );
    assert_eq!(
        warnings(&["PORT=8000", "sh", "-c", "web ${PORT:-80}"]),
        [(
            "${PORT:-80}".to_owned(),
            "PORT is not set for `${PORT:-80}`; `PORT=...` in front of the program is for the process: write \
             `$${PORT:-80}` for the shell"
                .to_owned()
        )]
    );
    for silent in [
        &["SET=1", "web", "$SET"][..],
        &["PORT=1", "web", "|||", "other", "$PORT"],
        &["--set", "PORT=1", "PORT=2", "web", "$PORT"],
        &["web", "PORT=1", "$PORT"],
        &["PORT=1", "web", "$$PORT"],
    ] {
        assert_eq!(parts(silent), [""; 0], "{silent:?}");
    }
}

#[test]
fn an_unset_name_in_a_password_hash_has_a_warning() {
    assert_eq!(
        warnings(&["web", "--hash=$2b$12$Pg8A"]),
        [(
            "$Pg8A".to_owned(),
            "Pg8A is not set, so `$Pg8A` becomes nothing, but this looks like a password hash: write it as `${'...'}`"
                .to_owned()
        )]
    );
    let argon = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b7dWRWJTmaaJObG";
    assert_eq!(parts(&[&format!("HASH={argon}"), "web"]), ["$argon2id"]);
    assert_eq!(parts(&["htpasswd", "a:$apr1$Mol5hwsx$lBPrCzAXd2WUHR/J9YAJz1"]), ["$apr1"]);
    for silent in ["$$2b$$12$$Pg8A", "$2b$12$SET", "$2b$12$${X}", "$1$x", "$x/$2", "$HOME$1$PATH"] {
        assert_eq!(parts(&["web", silent]), [""; 0], "{silent}");
    }
}

#[test]
fn a_script_of_thousands_of_names_has_64_warnings() {
    use std::fmt::Write as _;
    let script = (0..3000).fold(String::new(), |mut script, number| {
        write!(script, "A{number}=1 $A{number};").expect("a string takes all");
        script
    });
    assert_eq!(warnings(&["sh", "-c", &script]).len(), 64);
}
