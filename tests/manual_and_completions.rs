//! The manual page and the completions of the packages, read by groff and the shells.

mod support;

use support::{Finished, Folder, Run, has_tool, in_path, probe};

/// A directory with the generated files.
struct Generated(Folder);

impl Generated {
    fn write() -> Self {
        let folder = Folder::new();
        assert_succeeds_silently(
            &Run::of(probe().with_file_name("manual_and_completions"), [folder.path()]).finish(),
        );
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_string_lossy().into_owned()
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("the file was written")
    }

    /// The completions of bash for the last of these words.
    fn completions_of(&self, words: &[&str]) -> Vec<String> {
        let script = format!(
            "source {}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1))\n\
             _monofy monofy \"${{@: -1}}\" \"${{@: -2:1}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            self.path("monofy.bash")
        );
        let arguments = ["--norc", "-c", &script, "bash", "monofy"].into_iter().chain(words.iter().copied());
        let shown = Run::of("bash", arguments).finish();
        assert_succeeds_silently(&shown);
        shown.stdout.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }
}

/// Asserts status 0 and an empty stderr.
fn assert_succeeds_silently(run: &Finished) {
    run.assert_status(0);
    assert_eq!(run.stderr, "", "{run:#?}");
}

/// The long options of the help.
fn long_options() -> Vec<String> {
    let help = Run::new(["--help"]).finish().stdout;
    let first = |line: &str| line.split_whitespace().find(|word| word.starts_with("--")).map(str::to_owned);
    let lines = help.lines().filter(|line| line.starts_with("  -") || line.starts_with("      --"));
    let options = lines.filter_map(first);
    options.map(|option| option.split(['[', '=']).next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_option_of_the_help_is_in_the_manual_and_in_every_completion() {
    let generated = Generated::write();
    let options = long_options();
    assert!(options.len() > 15, "the options were not found: {options:?}");
    for option in options {
        assert!(
            generated.text("monofy.1").contains(&option.replace('-', "\\-")),
            "the manual lacks {option}"
        );
        let bash = generated.text("monofy.bash");
        assert!(
            [" ", "\""].iter().any(|end| bash.contains(&format!(" {option}{end}"))),
            "bash lacks {option}"
        );
        let zsh = generated.text("_monofy");
        assert!(["=[", "["].iter().any(|end| zsh.contains(&format!("{option}{end}"))), "zsh lacks {option}");
        let name = option.trim_start_matches("--");
        assert!(generated.text("monofy.fish").contains(&format!("-l {name} ")), "fish lacks {option}");
    }
}

#[test]
fn bash_completes_an_option_and_its_value() {
    if !has_tool("bash", in_path("bash")) {
        return;
    }
    let generated = Generated::write();
    assert_eq!(generated.completions_of(&["--pl"]), ["--plan"]);
    assert_eq!(generated.completions_of(&["--schema", "d"]), ["defaults"]);
    assert_eq!(generated.completions_of(&["program", "--unknown"]), [""; 0]);
}

#[test]
fn zsh_and_fish_parse_their_completions() {
    let generated = Generated::write();
    for (shell, file) in [("zsh", "_monofy"), ("fish", "monofy.fish")] {
        if has_tool(shell, in_path(shell)) {
            assert_succeeds_silently(&Run::of(shell, ["-n".to_owned(), generated.path(file)]).finish());
        }
    }
}

#[test]
fn fish_completes_an_option() {
    if !has_tool("fish", in_path("fish")) {
        return;
    }
    let generated = Generated::write();
    let script = format!("source {}; complete --do-complete 'monofy --pl'", generated.path("monofy.fish"));
    let shown = Run::of("fish", ["--no-config", "-c", &script]).env("HOME", generated.path("")).finish();
    shown.assert_status(0);
    assert!(shown.stdout.starts_with("--plan"), "{}", shown.stdout);
}

#[test]
fn groff_formats_the_manual_page_without_a_warning() {
    if !has_tool("groff", in_path("groff")) {
        return;
    }
    let generated = Generated::write();
    let page = generated.path("monofy.1");
    let set = Run::of("groff", ["-man", "-Tutf8", "-ww", "-rLL=100n", "-P-cbou", &page]).finish();
    assert_succeeds_silently(&set);
    for line in ["monofy [OPTION...]", "  ${NAME:-word}             word if", "EXIT STATUS", "User Commands"]
    {
        assert!(set.stdout.contains(line), "no {line:?} in:\n{}", set.stdout);
    }
}
