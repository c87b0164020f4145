//! Rendering a file of 100 MB beside GNU envsubst, and the memory that it takes.

use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::Stdio;

use crate::bench::Bench;
use crate::peer::in_path;
use crate::run::{command, peak_memory, run, words};
use crate::table::{Table, Target, Unit};

const MEGABYTES: usize = 100;
const ROUNDS: usize = 7;
const ENVSUBST: &str = "GNU `envsubst`";
/// Two expansions in a hundred bytes, as in a configuration file.
const LINE: &str =
    "    proxy_set_header X-Forwarded-Host ${HOST}; # a comment up to the end of the line, with ${PORT}\n";
const VALUES: &str = "export HOST=localhost PORT=8000; exec ";

pub fn measure(bench: &Bench, table: &mut Table) {
    const WALL: &str = "rendering 100 MB with two `${NAME}` in a hundred bytes: wall time";
    let (template, rendered) = (bench.scratch().file("template"), bench.scratch().file("rendered"));
    let size = write_template(&template, if bench.is_trial() { 1 } else { MEGABYTES });
    let ours =
        shell(&format!("{VALUES}\"$0\" --render=\"$1:$2:braces\""), bench.monofy(), &template, &rendered);
    let script = format!("{VALUES}\"$0\" '$HOST $PORT' <\"$1\" >\"$2\"");
    let theirs = shell(&script, Path::new("envsubst"), &template, &rendered);
    if in_path("envsubst").is_some() {
        let mut taken = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds(ROUNDS) {
            for (line, taken) in [(&ours, &mut taken.0), (&theirs, &mut taken.1)] {
                // Neither finds the file of the round before.
                let _ = std::fs::remove_file(&rendered);
                taken.push(run(line).wall.as_secs_f64() * 1e3);
                assert!(rendered.exists(), "nothing was rendered");
            }
        }
        table.compare(WALL, Unit::Milliseconds, &taken.0, (ENVSUBST, &taken.1), Target::Ratio(1.0));
    } else {
        table.skip(WALL, ENVSUBST, "not installed");
    }
    let times = peak(bench, &template) * 1024.0 / size;
    // The template and the text, and what the program itself takes of a small file.
    let most = if bench.is_trial() { 100.0 } else { 2.5 };
    table.add("the same: peak memory, as a multiple of the file", Unit::Times, times, Target::Value(most));
}

/// Writes lines of this many megabytes together. Returns the number of bytes.
fn write_template(template: &Path, megabytes: usize) -> f64 {
    let file = std::fs::File::create(template).expect("a file can be written");
    let mut file = std::io::BufWriter::new(file);
    let lines = megabytes * 1_000_000 / LINE.len();
    for _ in 0..lines {
        file.write_all(LINE.as_bytes()).expect("a file can be written");
    }
    file.flush().expect("a file can be written");
    f64::from(u32::try_from(lines * LINE.len()).expect("it is not that large"))
}

fn shell(script: &str, program: &Path, template: &Path, rendered: &Path) -> Vec<OsString> {
    let mut line = words(["sh", "-c", script]);
    line.extend([program, template, rendered].map(OsString::from));
    line
}

/// The most memory in KiB: when the first bytes of the result come, everything is expanded.
fn peak(bench: &Bench, template: &Path) -> f64 {
    let mut option = OsString::from("--render=");
    option.push(template);
    option.push(":-:braces");
    let mut command = command(&[bench.monofy().into(), option]);
    command.env("HOST", "localhost").env("PORT", "8000").stdout(Stdio::piped());
    let mut monofy = command.spawn().expect("monofy can be started");
    let mut stdout = monofy.stdout.take().expect("it has a pipe");
    stdout.read_exact(&mut [0]).expect("monofy writes");
    let peak = peak_memory(monofy.id());
    std::io::copy(&mut stdout, &mut std::io::sink()).expect("monofy writes");
    assert!(monofy.wait().is_ok_and(|status| status.success()), "monofy fails");
    peak
}
