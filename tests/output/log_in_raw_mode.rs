//! `--ready log:` in raw mode: the output passes unchanged.

use std::io::Read;

use super::line::run;

#[test]
fn bytes_pass_unchanged_and_at_once_while_lines_are_compared() {
    let (go, gone) = std::io::pipe().expect("a pipe");
    let script = "printf 'prompt> '; read go; printf 'ready\\377\\n\\r\\000'; printf err >&2";
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let run = run(&["-q", "--ready", "log:rea.y", "sh", "-c", script]);
    let run = run.stdin(go).with(|command| {
        command.stdout(writer);
    });
    let mut running = run.start();
    // No line yet, but already passed on.
    let mut prompt = [0; 8];
    reader.read_exact(&mut prompt).expect("the prompt comes");
    assert_eq!(&prompt, b"prompt> ");
    drop(gone);
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).expect("it ends");
    assert_eq!(rest, b"ready\xFF\n\r\0");
    assert_eq!(running.wait().code(), Some(0));
    assert_eq!(running.stderr.all(), "err");
}
