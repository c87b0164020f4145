//! Prefixed lines and JSON objects, beside two `sed`. CPU is that of the program that passes the lines on, without the
//! processes that write them.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;

use crate::bench::Bench;
use crate::peer::Peer;
use crate::run::{Cost, command, finish, words};
use crate::table::{Table, Target, Unit};

const SED: &str = "two `sed 's/^/x \\| /'`";
const MEGABYTES: usize = 100;
/// The amount that honcho passes on in a few seconds.
const FEW_MEGABYTES: usize = 5;
const ROUNDS: usize = 5;
const SLOW_ROUNDS: usize = 3;

/// Where the lines go.
#[derive(Clone, Copy)]
enum Sink {
    /// To `/dev/null`.
    Null,
    /// Through a pipe to a reader.
    Reader,
}

/// What the processes write: the words after the number of bytes for `lines.c`, and how a row names them.
#[derive(Clone, Copy)]
struct Shape {
    word: &'static str,
    name: &'static str,
}

const LINES: [Shape; 3] = [
    Shape { word: "10", name: "10-byte lines" },
    Shape { word: "100", name: "100-byte lines" },
    Shape { word: "1000", name: "1,000-byte lines" },
];
const OBJECTS: Shape = Shape { word: "objects", name: "JSON objects" };

pub fn measure(bench: &Bench, table: &mut Table) {
    nix::unistd::mkfifo(&bench.scratch().file("fifo"), Mode::S_IRWXU).expect("a FIFO can be created");
    for shape in LINES {
        compare_with_sed(bench, table, Sink::Reader, shape);
    }
    compare_with_sed(bench, table, Sink::Reader, OBJECTS);
    compare_with_sed(bench, table, Sink::Null, LINES[1]);
    compare_with_others(bench, table);
}

fn compare_with_sed(bench: &Bench, table: &mut Table, sink: Sink, shape: Shape) {
    let processes = processes(bench, if bench.is_trial() { 1 } else { MEGABYTES }, shape);
    let (mut prefix, mut json, mut sed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.rounds(ROUNDS) {
        prefix.push(one(&ours(bench, "--output=prefix", &processes), sink));
        sed.push(two_seds(&processes, sink));
        json.push(one(&ours(bench, "--output=json", &processes), sink));
    }
    let (to, target): (_, fn(f64) -> Target) = match sink {
        Sink::Null => ("/dev/null", |_| Target::None),
        Sink::Reader => ("a reader", Target::Ratio),
    };
    let mut row = |what: &str, ours: &[f64], theirs: &[f64], most| {
        let what = format!("{what}, two processes, 100 MB of {} each, to {to}", shape.name);
        table.compare(&what, Unit::Milliseconds, ours, (SED, theirs), target(most));
    };
    row("`prefix`: wall time", &walls(&prefix), &walls(&sed), 0.6);
    row("`prefix`: CPU", &cpus(&prefix), &cpus(&sed), 0.4);
    row("`json`: wall time", &walls(&json), &walls(&sed), 1.0);
}

fn walls(costs: &[Cost]) -> Vec<f64> {
    costs.iter().map(|cost| cost.wall.as_secs_f64() * 1e3).collect()
}

fn cpus(costs: &[Cost]) -> Vec<f64> {
    costs.iter().map(|cost| cost.cpu.as_secs_f64() * 1e3).collect()
}

/// The other peers are so much slower that they get less to do.
fn compare_with_others(bench: &Bench, table: &mut Table) {
    const WHAT: &str = "`prefix`, the same with 5 MB each: wall time";
    let processes = processes(bench, if bench.is_trial() { 1 } else { FEW_MEGABYTES }, LINES[1]);
    for peer in [Peer::Honcho, Peer::Foreman] {
        let [first, second] = &processes;
        // A shell reads the commands of a Procfile.
        let quoted = [format!("'{first}'"), format!("'{second}'")];
        let line = bench.line_of(peer, &[&["sh", "-c", &quoted[0]], &["sh", "-c", &quoted[1]]]);
        let Some(line) = line else {
            table.skip_missing(WHAT, peer);
            continue;
        };
        let mut taken = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds(SLOW_ROUNDS) {
            taken.0.push(one(&ours(bench, "--output=prefix", &processes), Sink::Null));
            taken.1.push(one(&line, Sink::Null));
        }
        let target = if peer == Peer::Honcho { Target::Ratio(1.0 / 150.0) } else { Target::None };
        let (ours, theirs) = (walls(&taken.0), walls(&taken.1));
        table.compare(WHAT, Unit::Milliseconds, &ours, (peer.name(), &theirs), target);
    }
}

/// Two scripts. Both write all their lines before either ends, since the end of one stops the other.
fn processes(bench: &Bench, megabytes: usize, shape: Shape) -> [String; 2] {
    let (lines, fifo) = (bench.scratch().helper("lines"), bench.scratch().file("fifo"));
    let (lines, fifo) = (format!("{lines} {megabytes}000000 {}", shape.word), fifo.display());
    [format!("{lines}; echo >{fifo}"), format!("{lines}; read line <{fifo}")]
}

fn ours(bench: &Bench, output: &str, [first, second]: &[String; 2]) -> Vec<OsString> {
    let mut line = bench.line(&[&["--name=x", "sh", "-c", first], &["--name=y", "sh", "-c", second]]);
    line.splice(1..1, words(["--quiet", output]));
    line
}

fn one(line: &[OsString], sink: Sink) -> Cost {
    with_stdout(sink, |stdout| vec![command(line).stdout(stdout()).spawn().expect("it can be started")])
}

fn two_seds(processes: &[String; 2], sink: Sink) -> Cost {
    let mut generators: Vec<Child> = Vec::new();
    let cost = with_stdout(sink, |stdout| {
        let mut start = |script: &String| {
            let mut generator = command(&words(["sh", "-c", script]));
            let mut generator = generator.stdout(Stdio::piped()).spawn().expect("there is a sh");
            let lines = generator.stdout.take().expect("it has a pipe");
            generators.push(generator);
            let mut sed = command(&words(["sed", "s/^/x | /"]));
            sed.stdin(lines).stdout(stdout()).spawn().expect("there is a sed")
        };
        processes.iter().map(&mut start).collect()
    });
    for generator in &mut generators {
        let _ = generator.wait();
    }
    cost
}

/// The cost until everything is passed on and read. The CPU is that of the started children together.
fn with_stdout(sink: Sink, start: impl FnOnce(&dyn Fn() -> Stdio) -> Vec<Child>) -> Cost {
    let began = Instant::now();
    let mut reader = None;
    let stdout: Box<dyn Fn() -> Stdio> = match sink {
        Sink::Null => Box::new(Stdio::null),
        Sink::Reader => {
            let mut cat = Command::new("cat");
            let mut cat = cat.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("there is a cat");
            let pipe: OwnedFd = cat.stdin.take().expect("it has a pipe").into();
            reader = Some(cat);
            Box::new(move || Stdio::from(pipe.try_clone().expect("a descriptor is left")))
        }
    };
    let children = start(&*stdout);
    drop(stdout);
    let cpu: Duration = children.into_iter().map(|child| finish(child, began).cpu).sum();
    if let Some(mut reader) = reader {
        let _ = reader.wait();
    }
    Cost { wall: began.elapsed(), cpu }
}
