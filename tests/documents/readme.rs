//! README.md.

use crate::blocks::{exec_forms, shown, without_pids};
use crate::markdown::{blocks_of, document, examples, pages};
use crate::support::Run;

#[test]
fn the_readme_is_short() {
    let lines = document("README.md").lines().count();
    assert!(lines <= 250, "{lines} lines: what is more belongs into docs/");
}

#[test]
fn the_first_command_of_the_readme_does_the_main_job() {
    let readme = document("README.md");
    let block = blocks_of(&readme, "sh").swap_remove(0);
    let (build, run) = block.split_once(" && ").expect("it is built, then run");
    assert_eq!(build, "cargo build --release");
    // The test runs another profile of the same program.
    let output = without_pids(&shown(&run.replace("target/release/monofy", "monofy")));
    for line in [
        "migrating the database",
        "web server on port 9000",
        "worker with 4 threads",
        "monofy: sh exited with status 3",
        "monofy: stopping sh.2, because sh exited with status 3",
        "exit status 3",
    ] {
        assert!(output.lines().any(|shown| shown == line), "no {line:?} in:\n{output}");
    }
}

#[test]
fn the_exec_form_of_the_readme_is_a_plan() {
    let readme = document("README.md");
    let block = blocks_of(&readme, "dockerfile").swap_remove(0).replace("\\\n", " ");
    let arguments = block.strip_prefix("CMD ").expect("it is a CMD");
    let arguments: Vec<String> = serde_json::from_str(arguments).expect("the exec form is JSON");
    let plan = Run::new(&arguments[1..]).env("MONOFY_PLAN", "1").env("PORT", "9000").finish();
    plan.assert_status(0).assert_stdout(
        "setup, one after another\n\
         └─ manage  manage migrate\n\
         processes, side by side\n\
         ├─ gunicorn  gunicorn --bind=0.0.0.0:9000 app.wsgi\n\
         └─ celery    celery --concurrency=4\n",
    );
}

/// The lines of monofy in the second column of "I want to ...".
fn recipes(readme: &str) -> Vec<String> {
    let chapter = readme.split_once("\n## I want to ...\n").expect("there are recipes").1;
    let chapter = chapter.split("\n## ").next().unwrap_or_default();
    // A `|` inside a cell is written `\|`.
    let rows =
        chapter.lines().filter(|line| line.starts_with("| ")).skip(2).map(|row| row.replace("\\|", "\u{0}"));
    let line = |row: String| {
        let cell = row.split('|').nth(2)?;
        Some(cell.split('`').nth(1)?.replace('\u{0}', "|"))
    };
    let lines = rows.filter_map(line);
    lines
        .filter(|line| !["docker ", "HEALTHCHECK ", "#!"].iter().any(|start| line.starts_with(start)))
        .collect()
}

#[test]
fn every_recipe_of_the_readme_is_a_plan() {
    let recipes = recipes(&document("README.md"));
    assert!(recipes.len() > 15, "the recipes were not found: {recipes:?}");
    for recipe in recipes {
        // Values that the recipes insist on, and files that they read.
        let script = format!(
            "cd examples/nginx/templates && export DATABASE_URL=x DB_PASSWORD=x && \
             monofy --plan --set=_= {}",
            recipe.replace("nginx.conf.tmpl:", "app.conf.template:")
        );
        let shown = shown(&script);
        assert!(!shown.contains("monofy: "), "{recipe}:\n{shown}");
        assert!(shown.contains("processes, side by side\n"), "{recipe}:\n{shown}");
    }
}

#[test]
fn every_example_is_listed_in_the_readme_and_has_a_test_script() {
    let readme = document("README.md");
    for folder in examples() {
        let name = folder.file_name().expect("it has a name").to_string_lossy().into_owned();
        assert!(readme.contains(&format!("\n| [`{name}`](examples/{name}) | ")), "the README lacks {name}");
        let page = document(&format!("examples/{name}/README.md"));
        assert!(
            page.contains(&format!("```sh\nexamples/{name}/run.sh\n```")),
            "{name} does not name its script"
        );
        assert!(folder.join("run.sh").is_file(), "{name} has no run.sh");
    }
}

#[test]
fn every_page_is_reached_from_the_readme_and_from_the_introduction() {
    let (readme, introduction) = (document("README.md"), document("docs/README.md"));
    for page in pages().into_iter().filter(|page| page != "docs/README.md") {
        assert!(readme.contains(&format!("]({page})")), "README.md has no link to {page}");
        let name = page.trim_start_matches("docs/");
        assert!(introduction.contains(&format!("]({name})")), "docs/README.md has no link to {name}");
    }
}

#[test]
fn the_table_of_variables_in_the_readme_of_an_example_is_that_of_its_image() {
    let mut seen = 0;
    for folder in examples() {
        let page = std::fs::read_to_string(folder.join("README.md")).expect("an example has a page");
        let table: Vec<&str> = page
            .lines()
            .skip_while(|line| !line.starts_with("| variable |"))
            .take_while(|line| line.starts_with('|'))
            .collect();
        if table.is_empty() {
            continue;
        }
        let dockerfile = std::fs::read_to_string(folder.join("Dockerfile")).expect("it has a Dockerfile");
        let line = exec_forms(&dockerfile).swap_remove(0);
        let explained = Run::new(line).env("MONOFY_EXPLAIN", "markdown").directory(&folder).finish();
        explained.assert_status(0).assert_stdout(&(table.join("\n") + "\n"));
        seen += 1;
    }
    assert!(seen > 0, "no example has a table");
}
