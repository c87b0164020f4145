//! The cases.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::case::Step::{CloseStdin, End, IsGone, IsThere, Kill, KillChild, Send, SendNow, Wait};
use crate::case::{Case, case, ends};

const HUP: i32 = 1;
const INT: i32 = 2;
const USR1: i32 = 10;
const TERM: i32 = 15;

/// Prints that it is ready, and waits for a signal.
const WAITS: &str = "echo ready $$; while :; do sleep 0.02; done";
/// Prints the first TERM and exits with 0. The Python monofy sends TERM again when another process ends first.
const PRINTS_TERM: &str =
    "trap 'trap \"\" TERM; echo got TERM; exit 0' TERM; echo ready $$; while :; do sleep 0.02; done";
/// Ends at the end of its stdin.
const READS: &str = "read -r _";

fn bytes(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    [line(), substitution(), fates(), signals(), starts(), pid_1()].into_iter().flatten().collect()
}

/// Parsing of the line.
pub(crate) fn line() -> Vec<Case> {
    let traceback = || ends(1, "").with_stderr("Traceback");
    vec![
        case(["echo", "a", "b c"]).same(ends(0, "a b c\n")),
        case(["echo", "a", "&&", "echo", "b", "&&", "echo", "c"]).same(ends(0, "a\nb\nc\n")),
        case(["sh", "-c", "exit 3", "&&", "echo", "never"]).same(ends(3, "")),
        case(["echo", "a", "&&", "sh", "-c", "exit 4", "&&", "echo", "never", "|||", "echo", "never"])
            .same(ends(4, "a\n")),
        case(["echo", "&&&", "|| |", "||||", "a&&b", " &&", "||| "])
            .same(ends(0, "&&& || | |||| a&&b  && ||| \n")),
        case(["echo", "a", "$BESIDE", "b", "${THEN}", "c"])
            .env("BESIDE", "|||")
            .env("THEN", "&&")
            .same(ends(0, "a ||| b && c\n")),
        case(["echo", "--help", "-v", "--strict", "--", "A=b", "-h"])
            .same(ends(0, "--help -v --strict -- A=b -h\n")),
        case(["printf", "[%s]\\n", "", "a"]).same(ends(0, "[]\n[a]\n")),
        case(["echo", "a", "|||", "echo", "b", "&&", "echo", "c"]).differ(
            "`|||` in front of a `&&`",
            ends(125, "").with_stderr("'|||' comes before the '&&'"),
            ends(0, "a ||| echo b\nc\n"),
        ),
        case(["echo", "a", "&&", "|||", "echo", "b"]).differ(
            "A process or setup command that is missing",
            ends(125, "").with_stderr("argument 4: a process is missing before this '|||'"),
            ends(1, "a\n").with_stderr("IndexError"),
        ),
        case(["&&", "echo", "a"]).differ(
            "A process or setup command that is missing",
            ends(125, "").with_stderr("argument 1: a setup command is missing before this '&&'"),
            traceback(),
        ),
        case(["echo", "a", "&&"]).differ(
            "A process or setup command that is missing",
            ends(125, "").with_stderr("argument 3: a process is missing after this '&&'"),
            ends(1, "a\n").with_stderr("IndexError"),
        ),
        case::<&str>([]).differ(
            "No arguments",
            ends(125, "").with_stderr("there is nothing to run"),
            ends(1, &usage()),
        ),
        case(["-h"]).first_line().differ("`-h`, `--help`", ends(0, HELP), ends(1, &usage())),
        case(["--help", "echo"]).first_line().differ("`-h`, `--help`", ends(0, HELP), ends(1, &usage())),
        case(["-n", "echo"]).differ(
            "PROGRAM that begins with `-`",
            ends(125, "").with_stderr("'-n'"),
            traceback().with_stderr("No such file or directory: '-n'"),
        ),
        case(["--", "echo", "a"]).differ(
            "PROGRAM that begins with `-`",
            ends(0, "a\n"),
            traceback().with_stderr("No such file or directory: '--'"),
        ),
        case(["A=b", "printenv", "A"]).differ(
            "PROGRAM that is a `NAME=VALUE`",
            ends(0, "b\n"),
            traceback().with_stderr("No such file or directory: 'A=b'"),
        ),
        case(["echo", "x"]).env("MONOFY_PLAN", "1").differ(
            "Variables named `MONOFY_…`",
            ends(0, "processes, side by side\n└─ echo  echo x\n"),
            ends(0, "x\n"),
        ),
    ]
}

/// The first line of the help.
const HELP: &str = "Runs several tightly coupled processes as one unit, with the variables in their\n";

fn usage() -> String {
    let script = std::env::var("MONOFY_PYTHON").unwrap_or_default();
    format!("Usage: {script} command-1 [args...] '&&' command-2 [args...] '|||' command-3 [args...]\n")
}

/// Substitution.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(crate) fn substitution() -> Vec<Case> {
    let print = |templates: &[&str]| {
        case(["printf", "[%s]\\n"].iter().chain(templates))
            .env("A", "a-value")
            .env("A_1", "two words")
            .env("_x", "under")
            .env("EMPTY", "")
            .env("DOLLAR", "$A ${A} $$")
            .env("OPERATOR", "|||")
    };
    let brackets = |values: &[&str]| ends(0, &format!("[{}]\n", values.join("]\n[")));
    vec![
        // The Python project's own table (`test_substitute_env_vars`).
        case([
            "printf",
            "[%s]\\n",
            "donttouchme",
            "",
            "foo $USER",
            "bar ${USER} foo",
            "$THISWILLNOTEXIST",
            "$USER $USER",
        ])
        .env("USER", "test-user")
        .same(brackets(&[
            "donttouchme",
            "",
            "foo test-user",
            "bar test-user foo",
            "",
            "test-user test-user",
        ])),
        print(&["$A", "${A}", "x$A.y", "x${A}y", "$A$A_1${_x}", "--bind=0.0.0.0:$A"]).same(brackets(&[
            "a-value",
            "a-value",
            "xa-value.y",
            "xa-valuey",
            "a-valuetwo wordsunder",
            "--bind=0.0.0.0:a-value",
        ])),
        print(&["$UNSET", "${UNSET}", "$EMPTY", "a${UNSET}b", "$Ax", "$A_", "$A-b"]).same(brackets(&[
            "",
            "",
            "",
            "ab",
            "",
            "",
            "a-value-b",
        ])),
        print(&["$DOLLAR", "${DOLLAR}", "$A_1", "$OPERATOR"]).same(brackets(&[
            "$A ${A} $$",
            "$A ${A} $$",
            "two words",
            "|||",
        ])),
        print(&["$", "$$", "$1", "${1}", "$-", "$@", "${@}", "$é", "é$A", "$ A", "$$1", "a$"]).same(
            brackets(&["$", "$$", "$1", "${1}", "$-", "$@", "${@}", "$é", "éa-value", "$ A", "$$1", "a$"]),
        ),
        print(&["${A", "${A b}", "${}", "${ A}", "${A }", "${1A}", "${bad ${A}}", "\\$A", "'$A'", "{$A}"])
            .same(brackets(&[
                "${A",
                "${A b}",
                "${}",
                "${ A}",
                "${A }",
                "${1A}",
                "${bad a-value}",
                "\\a-value",
                "'a-value'",
                "{a-value}",
            ])),
        print(&["${A", "${bad name}"]).differ(
            "An expansion that is not well formed",
            brackets(&["${A", "${bad name}"])
                .with_stderr("warning: argument 3: this expansion is never closed"),
            brackets(&["${A", "${bad name}"]),
        ),
        case(["$PROGRAM", "x", "&&", "${PROGRAM}", "y"]).env("PROGRAM", "echo").same(ends(0, "x\ny\n")),
        case(["printenv", "A"]).env("A", "$B").env("B", "b").same(ends(0, "$B\n")),
        print(&["$$A", "$$$A", "$${A}"]).differ(
            "Two or more `$` in front of a name",
            brackets(&["$A", "$a-value", "${A}"]),
            brackets(&["$a-value", "$$a-value", "$a-value"]),
        ),
        print(&["$<A>", "$<UNSET:-w>", "$$<A>"]).differ(
            "`$<NAME>`",
            brackets(&["a-value", "w", "$<A>"]),
            brackets(&["$<A>", "$<UNSET:-w>", "$$<A>"]),
        ),
        print(&["${UNSET:-w}", "${A:+w}", "${A%-*}", "${A/a/b}", "${A^}", "${A:2:3}"]).differ(
            "`${NAME:-word}` and the other operators",
            brackets(&["w", "w", "a", "b-value", "A-value", "val"]),
            brackets(&["${UNSET:-w}", "${A:+w}", "${A%-*}", "${A/a/b}", "${A^}", "${A:2:3}"]),
        ),
        print(&["${UNSET:?}"]).differ(
            "`${NAME:-word}` and the other operators",
            ends(125, "").with_stderr("argument 3: UNSET: not set"),
            brackets(&["${UNSET:?}"]),
        ),
        print(&["${A_1...}", "${UNSET...}"]).differ(
            "`${NAME...}`",
            brackets(&["two", "words"]),
            brackets(&["${A_1...}", "${UNSET...}"]),
        ),
        print(&["${#A}", "${$}A", "${'$A'}"]).differ(
            "`${#NAME}`, `${$}`, `${'text'}`",
            brackets(&["7", "$A", "$A"]),
            brackets(&["${#A}", "${$}A", "${'a-value'}"]),
        ),
    ]
}

/// Connected fates: the end of one process ends the others.
pub(crate) fn fates() -> Vec<Case> {
    vec![
        // From the Python project's `test_connected_fates`, which slept where this waits.
        case(["sh", "-c", READS, "|||", "sh", "-c", PRINTS_TERM]).after(&[Wait("ready"), CloseStdin]).differ(
            "Exit status",
            ends(1, "ready\ngot TERM\n"),
            ends(0, "ready\ngot TERM\n"),
        ),
        case(["sh", "-c", "read -r _; exit 0", "|||", "sh", "-c", PRINTS_TERM])
            .after(&[Wait("ready"), CloseStdin])
            .same(ends(0, "ready\ngot TERM\n")),
        case(["sleep", "infinity", "|||", "sh", "-c", "read -r _; exit 0", "|||", "sleep", "infinity"])
            .input("a line\n")
            .same(ends(0, "")),
        case([
            "sh",
            "-c",
            "read -r _; exit 0",
            "|||",
            "sh",
            "-c",
            "trap 'sleep 0.1; echo slow; exit 7' TERM; echo ready; while :; do sleep 0.02; done",
        ])
        .after(&[Wait("ready"), CloseStdin])
        .same(ends(0, "ready\nslow\n")),
        case(["echo", "set up", "&&", "cat"]).input("from stdin\n").same(ends(0, "set up\nfrom stdin\n")),
        case(["true", "|||", "sleep", "infinity"]).same(ends(0, "")),
        case(["sh", "-c", "exit 3", "|||", "sleep", "infinity"]).differ(
            "Exit status",
            ends(3, ""),
            ends(0, ""),
        ),
        case(["sh", "-c", "kill -KILL $$", "|||", "sleep", "infinity"]).differ(
            "Exit status",
            ends(137, ""),
            ends(0, ""),
        ),
        case(["sh", "-c", "kill -TERM $$", "&&", "echo", "never"]).differ(
            "A setup command that dies of a signal",
            ends(143, ""),
            ends(241, ""),
        ),
        case([
            "sh",
            "-c",
            "read -r _; exit 0",
            "|||",
            "sh",
            "-c",
            "trap 'echo ignored' TERM; echo ready $$; while :; do sleep 0.02; done",
        ])
        .env("MONOFY_GRACE", "0.2")
        .after(&[Wait("ready"), CloseStdin])
        .first_line()
        .differ(
            "A process that does not stop",
            ends(0, "ready\n").with_stderr("killed sh.2: not stopped after"),
            ends(0, "ready\n").after(&[Wait("ignored"), IsThere("ready "), Kill("ready ")]),
        ),
        case(["sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo ready $!; read -r _; exit 0"])
            .after(&[Wait("ready"), CloseStdin, End])
            .differ(
                "What the processes leave behind",
                ends(0, "ready\n").after(&[IsGone("ready ")]),
                ends(0, "ready\n").after(&[IsThere("ready "), Kill("ready ")]),
            ),
    ]
}

/// Signals.
pub(crate) fn signals() -> Vec<Case> {
    // When one of the two ends, the Python monofy sends TERM to the other, which may not have read INT yet.
    let prints = |signal: &str, name: &str| {
        format!(
            "trap '' TERM; trap 'trap \"\" TERM; echo {name} got {signal}; exit 0' {signal}; echo {name} is ready; \
             while :; do sleep 0.02; done"
        )
    };
    let both = |signal| {
        [
            "sh".to_owned(),
            "-c".to_owned(),
            prints(signal, "a"),
            "|||".to_owned(),
            "sh".to_owned(),
            "-c".to_owned(),
            prints(signal, "b"),
        ]
    };
    let ready = [Wait("a is ready"), Wait("b is ready")];
    let sent = |number| [ready[0], ready[1], Send(number)];
    vec![
        case(both("TERM"))
            .after(&sent(TERM))
            .in_any_order()
            .same(ends(0, "a is ready\na got TERM\nb is ready\nb got TERM\n")),
        case(both("INT"))
            .after(&sent(INT))
            .in_any_order()
            .same(ends(0, "a is ready\na got INT\nb is ready\nb got INT\n")),
        case(["sh", "-c", WAITS, "|||", "sleep", "infinity"])
            .after(&[Wait("ready"), Send(TERM)])
            .same(ends(0, "ready\n")),
        case(["sh", "-c", "trap 'exit 143' TERM; echo ready; while :; do sleep 0.02; done"])
            .after(&[Wait("ready"), Send(TERM)])
            .same(ends(0, "ready\n")),
        case(["sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.02; done"])
            .after(&[Wait("ready"), Send(TERM)])
            .differ("Exit status", ends(3, "ready\n"), ends(0, "ready\n")),
        case(["sh", "-c", "trap 'echo got USR1; exit 0' USR1; echo ready $$; while :; do sleep 0.02; done"])
            .after(&[Wait("ready"), Send(USR1)])
            .differ(
                "Signals other than TERM and INT",
                ends(0, "ready\ngot USR1\n"),
                ends(128 + USR1, "ready\n").after(&[End, IsThere("ready "), Kill("ready ")]),
            ),
        case(["sh", "-c", "trap 'echo got HUP' HUP; trap 'exit 0' TERM; echo ready $$; while :; do sleep 0.02; done"])
            .after(&[Wait("ready"), Send(HUP)])
            .differ(
                "Signals other than TERM and INT",
                ends(0, "ready\ngot HUP\n").after(&[Wait("got HUP"), Send(TERM)]),
                ends(128 + HUP, "ready\n").after(&[End, IsThere("ready "), Kill("ready ")]),
            ),
        case(["sh", "-c", PRINTS_TERM, "&&", "echo", "never"])
            .after(&[Wait("ready"), SendNow(TERM)])
            .differ(
                "A signal during setup",
                ends(0, "ready\ngot TERM\n"),
                ends(128 + TERM, "ready\n").after(&[End, IsThere("ready "), Kill("ready ")]),
            ),
        case(["sh", "-c", "trap 'set -- x$1; echo INT $1; [ $1 != xx ] || exit 0' INT; echo ready; while :; do sleep 0.02; done"])
            .after(&[Wait("ready"), Send(INT), Wait("INT x"), Send(INT)])
            .same(ends(0, "ready\nINT x\nINT xx\n")),
        case(["sh", "-c", "set -- $(cat /proc/$$/stat); [ $5 = $$ ] && echo leads || echo follows"])
            .differ("Process groups", ends(0, "leads\n"), ends(0, "follows\n")),
    ]
}

/// Lookup and start of programs, and what is reported about it.
pub(crate) fn starts() -> Vec<Case> {
    let missing = "No such file or directory: 'no-such-program'";
    vec![
        case(["printenv", "A"]).env("A", "as it is").same(ends(0, "as it is\n")),
        case(["echo", "é $A"]).env("A", "ü").same(ends(0, "é ü\n")),
        case(
            [OsString::from("sh"), "-c".into(), "printf '%s' \"$1\" | od -An -tx1".into(), "x".into()]
                .into_iter()
                .chain([bytes(b"a\xffb")]),
        )
        .same(ends(0, " 61 ff 62\n")),
        case(["sh", "-c", "printf '%s' \"$1\" | od -An -tx1", "x", "$A"])
            .env("A", bytes(b"a\xffb"))
            .same(ends(0, " 61 ff 62\n")),
        case([OsString::from("true"), bytes(b"\xff")]).env("PYTHONIOENCODING", "utf-8").differ(
            "Arguments that are not UTF-8",
            ends(0, ""),
            ends(1, "").with_stderr("UnicodeEncodeError"),
        ),
        case(["no-such-program"]).differ(
            "A program that is missing",
            ends(127, "").with_stderr("not found in PATH"),
            ends(1, "").with_stderr(missing),
        ),
        case(["no-such-program", "&&", "echo", "a"]).differ(
            "A program that is missing",
            ends(127, "").with_stderr("not found in PATH"),
            ends(1, "").with_stderr(missing),
        ),
        case(["sleep", "infinity", "|||", "no-such-program"])
            .differ(
                "A program that is missing",
                ends(127, "").with_stderr("not found in PATH"),
                ends(1, "monofy starting with pid PID\nmonofy started process PID: sleep infinity\n")
                    .with_stderr(missing),
            )
            .with_own_lines(),
        case(["/etc/passwd"]).differ(
            "A program that is missing",
            ends(126, "").with_stderr("/etc/passwd"),
            ends(1, "").with_stderr("Permission denied: '/etc/passwd'"),
        ),
        case(["$UNSET", "a"]).differ(
            "PROGRAM that expands to nothing",
            ends(125, "").with_stderr("argument 1: the program is empty"),
            ends(1, "").with_stderr("Traceback"),
        ),
        case(["echo", "$A$A"]).env("A", "x".repeat(100_000)).differ(
            "What the kernel would refuse for its size",
            ends(125, "").with_stderr("argument 2: the value of A makes this"),
            ends(1, "").with_stderr("Argument list too long"),
        ),
        case(["echo", "set", "up", "&&", "echo", "$A"])
            .env("A", "secret")
            .with_own_lines()
            .differ(
                "What monofy itself tells",
                ends(0, "set up\nsecret\n").with_stderr("started (pid").with_stderr("echo $A"),
                ends(
                    0,
                    "set up\nsecret\nmonofy starting with pid PID\nmonofy 'pre-start' process: echo set up\n\
                     monofy started process PID: echo secret\n",
                ),
            )
            .in_any_order(),
        case(["sh", "-c", "if [ -e /proc/$$/fd/3 ]; then echo open; else echo closed; fi"])
            .through(&["sh", "-c", "exec 3</dev/null; exec \"$0\" \"$@\""])
            .differ("Descriptors above stderr", ends(0, "open\n"), ends(0, "closed\n")),
    ]
}

/// PID 1.
pub(crate) fn pid_1() -> Vec<Case> {
    vec![
        case(["sh", "-c", "set -- $(cat /proc/$$/stat); echo $4"]).in_own_namespace().same(ends(0, "1\n")),
        case(["sh", "-c", "exit 3", "&&", "echo", "never"]).in_own_namespace().same(ends(3, "")),
        case(["sh", "-c", PRINTS_TERM, "|||", "sleep", "infinity"])
            .in_own_namespace()
            .after(&[Wait("ready"), Send(TERM)])
            .same(ends(0, "ready\ngot TERM\n")),
        // The kernel sends PID 1 no signal without a handler, and the Python monofy has none yet.
        case(["sh", "-c", PRINTS_TERM, "&&", "echo", "never"])
            .in_own_namespace()
            .after(&[Wait("ready"), SendNow(TERM)])
            .differ(
                "A signal during setup",
                ends(0, "ready\ngot TERM\n"),
                ends(256 - 9, "ready\n").after(&[KillChild]),
            ),
        // The loop ends once PID 1 has reaped the orphan.
        case(["sh", "-c", "set -- $(sh -c 'sleep 0.1 >/dev/null & echo $!'); while kill -0 $1; do sleep 0.01; done 2>/dev/null"])
            .in_own_namespace()
            .differ("An orphan, as PID 1", ends(0, ""), ends(1, "").with_stderr("KeyError")),
    ]
}
