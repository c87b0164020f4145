//! The same for the line of every example and of every page: its plan does what it does.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use monofy::template::{LineWord, LineWords};
use serde_json::Value;

use crate::roundtrip::stdin;
use crate::support::{Finished, Folder, Run, has_tool, in_path, monofy};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What an example's file says that monofy is to be started with.
fn lines(file: &Path) -> Vec<Vec<String>> {
    let Ok(text) = std::fs::read_to_string(file) else { return Vec::new() };
    match file.file_name().and_then(|name| name.to_str()) {
        Some("Dockerfile") => exec_form(&text).into_iter().collect(),
        Some("docker-compose.yml") => {
            let doubled = text.replace("$$", "$");
            vec![without_image(&list(&doubled, "command:", 1))]
        }
        Some("pod.yaml") => vec![list(&text, "args:", 0)],
        Some("start") => vec![without_image(&line_file(&text))],
        _ => Vec::new(),
    }
}

/// `CMD ["monofy", …]`
fn exec_form(dockerfile: &str) -> Option<Vec<String>> {
    let joined = dockerfile.replace("\\\n", " ");
    let command = joined.lines().find_map(|line| line.strip_prefix("CMD "))?;
    let words: Vec<String> = serde_json::from_str(command).expect("the exec form is JSON");
    Some(without_image(words.strip_prefix(&["monofy".to_owned()])?))
}

/// The arguments that a line in a file is.
fn line_file(text: &str) -> Vec<String> {
    let words = LineWords::parse(text.as_bytes()).words.into_iter();
    let argument = |word: LineWord| String::from_utf8(word.template.unwrap_or(word.text).bytes);
    // Stand-ins lie in PATH.
    words
        .map(|word| argument(word).expect("UTF-8"))
        .map(|word| word.strip_prefix("./").map_or(word.clone(), str::to_owned))
        .collect()
}

/// Users and folders are those of an image, and a stand-in is no server that answers or comes back.
fn without_image(words: &[String]) -> Vec<String> {
    let of_image = ["--user=", "--workdir=", "--ready=", "--wait=", "--restart=", "--creates=", "--render="];
    // What runs once would end before the others have told, and those after it wait for its end.
    let is_of_image =
        |word: &&String| *word == "--once" || of_image.iter().any(|option| word.starts_with(option));
    words.iter().filter(|word| !is_of_image(word)).cloned().collect()
}

/// A list of YAML, an item a line, without those in front of monofy's arguments.
fn list(yaml: &str, key: &str, skipped: usize) -> Vec<String> {
    let items = yaml.lines().skip_while(|line| line.trim() != key).skip(1);
    let items = items.map_while(|line| line.trim().strip_prefix("- "));
    let unquoted = |item: &str| serde_json::from_str(item).unwrap_or_else(|_| item.to_owned());
    items.skip(skipped).map(unquoted).collect()
}

/// A folder with the files of an example, in which a line's programs are stand-ins.
struct Stage {
    folder: Folder,
    example: PathBuf,
}

/// Tells its arguments and what it has of the example's variables. A setup command ends well; of the processes each
/// waits until all have told, so that none is stopped before.
const STAND_IN: &str = r#"#!/bin/sh
{
  printf '%s' "${0##*/}"
  printf ' [%s]' "$@"
  printf ' TZ=%s LOG_LEVEL=%s PASSWORD=%s\n' "$TZ" "$LOG_LEVEL" "$PASSWORD"
} >"$STAGE/line.$$"
/bin/cat "$STAGE/line.$$"
echo >>"$STAGE/told"
told() { /usr/bin/wc -l <"$STAGE/told"; }
[ "$(told)" -gt "$SETUP" ] || exit 0
while [ "$(told)" -lt "$ALL" ]; do :; done
exit 3
"#;

impl Stage {
    fn of(example: &Path) -> Self {
        let folder = Folder::new();
        for name in ["monofy.toml", "app.env"] {
            if let Ok(contents) = std::fs::read(example.join(name)) {
                folder.file(name, contents);
            }
        }
        Self { folder, example: example.to_owned() }
    }

    fn run(&self, arguments: &[String]) -> Run {
        let path = self.folder.path();
        Run::new(arguments)
            .directory(path)
            .env("PATH", path)
            .env("STAGE", path)
            .env("PORT", "9000")
            .env("POD_NAME", "pod-1")
            .env("QUEUES", "mail 'two words'")
            .env("DATABASE_URL", "postgres://me:hunter2@db")
            .env("DATABASE_PASSWORD", "hunter2")
            .env("CACHE_TOKEN", "x y")
            .env("WORKER_OPTIONS", "--a 'b c'")
    }

    /// Runs with stand-ins. What side-by-side processes tell comes in any order.
    fn result(&self, run: Run, plan: &Value) -> Vec<String> {
        let count = |list: &str| plan[list].as_array().map_or(0, Vec::len);
        for process in ["setup", "processes"].iter().flat_map(|list| plan[list].as_array().unwrap()) {
            let program = process["argv"][0].as_str().expect("a program is text");
            assert!(!program.contains('/'), "{program} cannot stand in");
            let file = self.folder.file(program, STAND_IN);
            std::fs::set_permissions(file, PermissionsExt::from_mode(0o755)).expect("it is ours");
        }
        self.folder.file("told", "");
        let run = run
            .env("SETUP", count("setup").to_string())
            .env("ALL", (count("setup") + count("processes")).to_string());
        let finished: Finished = run.finish();
        let mut told: Vec<String> = finished.stdout.lines().map(str::to_owned).collect();
        told.sort();
        assert_eq!(finished.status, 3, "{}: {finished:#?}", self.example.display());
        told
    }

    fn check(&self, line: &[String]) {
        let asked = self.run(line).env("MONOFY_PLAN", "json").env("MONOFY_SHOW_SECRETS", "1").finish();
        asked.assert_status(0);
        let plan: Value = serde_json::from_str(&asked.stdout).expect("a plan is JSON");
        let expected = self.result(self.run(line), &plan);
        assert!(!expected.is_empty(), "{}: {expected:?}", self.example.display());
        let reader = self.run(&["--run-plan".to_owned(), "-".to_owned()]).stdin(stdin(&asked.stdout));
        assert_eq!(self.result(reader, &plan), expected, "{}: {line:?}", self.example.display());
    }
}

#[test]
fn the_plan_of_every_example_does_what_its_line_does() {
    let entries = std::fs::read_dir(root().join("examples")).expect("there are examples");
    let folders = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir());
    for example in folders.filter(|example| !example.ends_with("makefile")) {
        let files =
            ["Dockerfile", "docker-compose.yml", "pod.yaml", "start"].map(|name| lines(&example.join(name)));
        let lines: Vec<Vec<String>> = files.concat();
        assert!(!lines.is_empty(), "{} starts no monofy", example.display());
        let stage = Stage::of(&example);
        for line in lines {
            stage.check(&line);
        }
    }
}

/// A `monofy` that executes the plan of its line instead of the line.
fn by_plan(folder: &Folder) -> PathBuf {
    let real = monofy();
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in *' --plan'* | *' --explain'* | *' --help'*) exec {real} \"$@\" ;; esac\n\
         MONOFY_PLAN=json MONOFY_SHOW_SECRETS=1 {real} \"$@\" 2>/dev/null | {real} --run-plan -\n",
        real = real.display()
    );
    let file = folder.file("monofy", script);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("it is ours");
    file
}

/// What a shell shows on stdout and with which status it ends, with this program as `monofy`.
fn typed(command: &str, program: &Path) -> (Vec<String>, i32) {
    let folder = program.parent().expect("a program lies in a folder").display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let run = Run::of("/bin/sh", ["-c", command]).directory(root()).env("PATH", path);
    let finished = run.env("MONOFY", program).finish();
    // The order in which two processes tell of themselves is nobody's.
    let mut lines: Vec<String> = finished.stdout.lines().map(str::to_owned).collect();
    lines.sort();
    (lines, finished.status)
}

#[test]
fn the_plan_of_every_line_of_the_pages_does_what_the_line_does() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("it can be read");
    let first = readme.split("target/release/monofy").nth(1).expect("there is a first line");
    let first = first.split("```").next().expect("it ends").to_owned();
    let pages = std::fs::read_dir(root().join("docs")).expect("there are pages").filter_map(Result::ok);
    let pages = pages.filter_map(|page| std::fs::read_to_string(page.path()).ok()).chain([readme.clone()]);
    let all = pages.collect::<Vec<_>>().join("\n");
    // With the variable nothing would be started.
    let shown =
        all.lines().filter_map(|line| line.strip_prefix("$ ")).filter(|line| !line.contains("MONOFY_PLAN="));
    let shown = shown.map(str::to_owned);
    let commands: Vec<String> = shown.chain([format!("PORT=9000 monofy{first}")]).collect();
    assert!(commands.len() > 5, "the lines were not found");
    let folder = Folder::new();
    let ours = by_plan(&folder);
    for command in commands {
        assert_eq!(typed(&command, &ours), typed(&command, &monofy()), "{command}");
    }
}

#[test]
fn the_plan_of_every_recipe_does_what_its_line_does() {
    if !has_tool("make", in_path("make")) {
        return;
    }
    let folder = Folder::new();
    let ours = by_plan(&folder);
    folder.file("Makefile", std::fs::read(root().join("examples/makefile/Makefile")).expect("it is there"));
    for recipe in ["double-quotes", "single-dollar", "serve"] {
        let command = format!("cd {} && make --silent {recipe}", folder.path().display());
        let (by_plan, by_line) = (typed(&command, &ours), typed(&command, &monofy()));
        assert_eq!(by_plan, by_line, "{recipe}");
        assert!(by_line.0.iter().any(|line| line.starts_with("web on port")), "{by_line:?}");
    }
}
