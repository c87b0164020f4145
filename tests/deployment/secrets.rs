//! No value of the environment and no secret gets into a file.

use crate::files::ENGINES;
use crate::support::{Folder, Run};

/// Options that show or query something else, or take no line.
const OTHER: [&str; 10] =
    ["explain", "health", "help", "image", "pid", "plan", "run-plan", "schema", "status", "version"];

/// For each option, words with it that use the variable V, and a value of V that makes sense there.
const OPTIONS: [(&str, &[&str], &str); 38] = [
    ("defaults", &["--defaults=extra.toml"], "marker"),
    ("no-defaults", &["--no-defaults"], "marker"),
    ("env-file", &["--env-file=extra.env"], "marker"),
    ("set", &["--set=OTHER=marker"], "marker"),
    ("secret", &["--secret=V"], "marker"),
    ("strict", &["--strict"], "marker"),
    ("show-secrets", &["--show-secrets"], "marker"),
    ("grace", &["--grace=5s"], "marker"),
    ("start-timeout", &["--start-timeout=5s"], "marker"),
    ("output", &["--output=json"], "marker"),
    ("quiet", &["--quiet"], "marker"),
    ("verbose", &["--verbose"], "marker"),
    ("only", &["--only=web"], "marker"),
    ("setup", &["--setup=skip"], "marker"),
    ("render", &["--render=template:/tmp/$V"], "marker"),
    ("ready-fd", &["--ready-fd=3"], "marker"),
    ("file", &["--file=line"], "marker"),
    ("name", &["--name=$V"], "marker"),
    ("stop-signal", &["--stop-signal=$V"], "RTMIN+13"),
    ("stop-timeout", &["--stop-timeout=$V"], "4815s"),
    ("user", &["--user=$V"], "4815:4815"),
    ("workdir", &["--workdir=/a/$V"], "marker"),
    ("tty", &["--tty"], "marker"),
    ("restart", &["--restart=$V"], "on-failure:4815"),
    ("ready", &["--ready=http:$V/"], "4815"),
    ("wait", &["--wait=tcp:$V:4815"], "marker"),
    ("alive", &["--alive=tcp:$V"], "4815"),
    ("after", &["--after=$V"], "marker"),
    ("once", &["--once"], "marker"),
    ("if", &["--if=$V"], "marker"),
    ("unless", &["--unless=$V"], "marker"),
    ("creates", &["--creates=/a/$V"], "marker"),
    ("replicas", &["--replicas=$V"], "815"),
    ("umask", &["--umask=$V"], "0123"),
    ("rewrite", &["--rewrite=USR2:$V"], "RTMIN+13"),
    ("an assignment", &["WORD=$V"], "marker"),
    ("a program", &["/bin/$V"], "marker"),
    ("transforms", &["x", "${V^^}", "${V#m}", "${V:1}"], "marker"),
];

/// Where the value comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    Environment,
    Set,
    EnvFile,
    SecretDefault,
}

fn folder(value: &str, source: Source) -> Folder {
    let folder = Folder::new();
    let secret = format!("[vars.V]\nsecret = true\ndefault = '{value}'\n[vars.W]\ndefault = \"${{V}}\"\n");
    folder.file("monofy.toml", if let Source::SecretDefault = source { &secret } else { "" });
    folder.file("extra.toml", "[vars.EXTRA]\nsecret = true\ndefault = 'marker'\n");
    folder.file("extra.env", "EXTRA=marker\n");
    folder.file("v.env", format!("V={value}\n"));
    folder.file("template", "$<V>\n");
    folder.file("line", "web $V $EXTRA\n");
    folder
}

fn words(option: &str, words: &[&str], source: Source, value: &str) -> Vec<String> {
    let mut line = vec!["--image=shop:1".to_owned()];
    match source {
        Source::Set => line.push(format!("--set=V={value}")),
        Source::EnvFile if option != "env-file" => line.push("--env-file=v.env".to_owned()),
        Source::EnvFile | Source::Environment | Source::SecretDefault => {}
    }
    line.extend(words.iter().map(|word| (*word).to_owned()));
    let others: &[&str] = match option {
        "file" => &[],
        "only" => &["--name=web", "x", "$V", "$EXTRA", "|||", "other"],
        "after" => &["x", "$V", "|||", "--name=$V", "y"],
        _ => &["x", "$V", "${V:-word}", "$EXTRA", "$W", "|||", "other", "$OTHER"],
    };
    line.extend(others.iter().map(|word| (*word).to_owned()));
    line
}

#[test]
fn no_value_of_any_source_gets_into_a_file_by_any_option() {
    for (option, option_words, value) in OPTIONS {
        for source in [Source::Environment, Source::Set, Source::EnvFile, Source::SecretDefault] {
            let folder = folder(value, source);
            for engine in ENGINES {
                let line = words(option, option_words, source, value);
                let mut run = Run::new(line.clone()).directory(folder.path()).env("MONOFY_PLAN", engine);
                if let Source::Environment = source {
                    run = run.env("V", value);
                }
                let run = run.env("EXTRA", "marker").env("MONOFY_WAIT", "tcp:marker:4815");
                let finished = run.env("MONOFY_SECRET", "EXTRA").finish();
                let shown = format!("{}{}", finished.stdout, finished.stderr).to_lowercase();
                let told = format!("{option} from {source:?} for {engine}: {line:?}\n{finished:#?}");
                assert!(!shown.contains("arker"), "{told}");
                assert!(value == "marker" || !shown.contains(&value.to_lowercase()), "{told}");
                assert!(!shown.contains("4815") && !shown.contains("RTMIN+13"), "{told}");
                assert!(option == "after" || finished.stdout.contains("shop:1"), "{told}");
            }
        }
    }
}

#[test]
fn the_table_has_every_option() {
    let help = Run::new(["--help"]).finish().stdout;
    let options = help.lines().filter_map(|line| line.trim_start_matches(' ').strip_prefix('-'));
    let mut count = 0;
    for line in options {
        let Some((_, long)) = line.split_once('-') else { continue };
        let long = long.trim_start_matches('-');
        let name: String = long.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
        if name.is_empty() || !line.contains("  ") {
            continue;
        }
        let is_known = OPTIONS.iter().any(|(option, ..)| *option == name) || OTHER.contains(&name.as_str());
        assert!(is_known, "a line with --{name} has to be tested");
        count += 1;
    }
    assert!(count > 35, "the options were not found: {count}");
}
