//! The modules of the crate and the paths that their sources name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A module, as the names from the root of the crate to it.
pub(crate) type Path = Vec<String>;

/// The sources below `src`.
pub(crate) struct Sources {
    files: Vec<(String, Path, String)>,
    modules: BTreeSet<Path>,
    /// The public name of an item in a module, and the path that it stands for.
    exports: BTreeMap<Path, Path>,
}

impl Sources {
    pub(crate) fn read() -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        collect(&root, &mut files);
        let read = |file: PathBuf| {
            let source = std::fs::read_to_string(&file).expect("a source is readable");
            let inside = file.strip_prefix(&root).expect("it is below src").with_extension("");
            let names = inside.iter().map(|name| name.to_string_lossy().into_owned());
            let module: Path = names.filter(|name| name != "mod").collect();
            (inside.with_extension("rs").display().to_string(), module, source)
        };
        let files: Vec<_> = files.into_iter().map(read).collect();
        let modules = files.iter().map(|(_, module, _)| module.clone()).collect();
        let mut this = Self { files, modules, exports: BTreeMap::new() };
        for (_, module, source) in &this.files {
            for line in statements(source).filter(|line| line.starts_with("pub") && line.contains(" use ")) {
                let tree = line.split_once(" use ").expect("it has one").1;
                for path in expand(tree) {
                    let target = absolute(module, &path, &this.modules);
                    let (name, target) = match target.iter().position(|word| word == "as") {
                        Some(index) => (target[index + 1].clone(), target[..index].to_vec()),
                        None => (target.last().expect("a path has a name").clone(), target),
                    };
                    this.exports.insert([&module[..], &[name]].concat(), target);
                }
            }
        }
        this
    }

    /// Each file with its module and its text.
    pub(crate) fn files(&self) -> impl Iterator<Item = &(String, Path, String)> {
        self.files.iter()
    }

    /// Each use of another module: the file, its module, and the module that is used.
    pub(crate) fn uses(&self) -> impl Iterator<Item = (String, Path, Path)> {
        self.files.iter().flat_map(move |(file, module, source)| {
            let used = paths(module, source).into_iter().map(|path| self.resolve(&path));
            let used: BTreeSet<Path> = used.filter(|used| !used.is_empty() && used != module).collect();
            used.into_iter().map(|used| (file.clone(), module.clone(), used))
        })
    }

    /// The module in which the item of a path is defined.
    fn resolve(&self, path: &[String]) -> Path {
        let mut path = path.to_vec();
        // No chain of re-exports is longer.
        for _ in 0..8 {
            let module = (0..=path.len()).rev().find(|end| self.modules.contains(&path[..*end]));
            let module = module.unwrap_or(0);
            let Some(target) = path.get(..=module).and_then(|item| self.exports.get(item)) else {
                return path[..module].to_vec();
            };
            path = [target, &path[module + 1..]].concat();
        }
        path
    }
}

fn collect(path: &std::path::Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a directory is readable");
        entries.for_each(|entry| collect(&entry.expect("an entry is readable").path(), found));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
}

/// The source without comments, cut at semicolons, each piece on one line.
fn statements(source: &str) -> impl Iterator<Item = String> {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let pieces: Vec<String> =
        code.split(';').map(|piece| piece.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    // An attribute or a block in front of a `use` belongs to what comes before it.
    pieces.into_iter().map(|piece| match piece.rfind("pub use ").or_else(|| piece.rfind("pub(crate) use ")) {
        Some(start) => piece[start..].to_owned(),
        None => piece,
    })
}

/// The absolute paths that a source names, its tests included.
fn paths(module: &[String], source: &str) -> Vec<Path> {
    let code: Vec<&str> = source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let (main, tests) = code.split_once("#[cfg(test)]\nmod ").unwrap_or((&code, ""));
    let mut found = Vec::new();
    for (part, base) in [(main, module.to_vec()), (tests, [module, &["tests".to_owned()]].concat())] {
        for root in ["crate::", "super::", "self::"] {
            for (index, _) in part.match_indices(root) {
                // `super::super::x` is found once, at its start; `$crate` and `my_crate::` are other names.
                let before = part[..index].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || "_:$".contains(c)) {
                    continue;
                }
                let inside = expand(&part[index..]);
                found.extend(inside.iter().map(|path| absolute(&base, path, &BTreeSet::new())));
            }
        }
    }
    found
}

/// The paths of a `use` tree at the beginning of a text: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(text: &str) -> Vec<Path> {
    let mut prefix = Path::new();
    let mut rest = text.trim_start();
    loop {
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, behind) = rest.split_at(length);
        if !name.is_empty() {
            prefix.push(name.to_owned());
        }
        if let Some(next) = behind.strip_prefix("::") {
            rest = next;
        } else if let Some(group) = behind.strip_prefix('{').filter(|_| name.is_empty()) {
            let branches = branches(group);
            let inner = branches.iter().flat_map(|branch| expand(branch));
            return inner.map(|path| [&prefix[..], &path].concat()).collect();
        } else {
            if let Some(alias) = behind.strip_prefix(" as ") {
                let length = alias.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(alias.len());
                prefix.extend(["as".to_owned(), alias[..length].to_owned()]);
            }
            return vec![prefix];
        }
    }
}

/// What a group holds, cut at its own commas.
fn branches(group: &str) -> Vec<String> {
    let (mut depth, mut branches) = (0, vec![String::new()]);
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(String::new());
                continue;
            }
            _ => {}
        }
        branches.last_mut().expect("there is one").push(c);
    }
    branches.retain(|branch| !branch.trim().is_empty());
    branches
}

/// A path from the root of the crate. Without `crate`, `super` or `self` it begins at a module inside this one.
fn absolute(module: &[String], path: &[String], modules: &BTreeSet<Path>) -> Path {
    let mut base = module.to_vec();
    let mut rest = path;
    match rest.first().map(String::as_str) {
        Some("crate") => {
            base.clear();
            rest = &rest[1..];
        }
        Some("self") => rest = &rest[1..],
        Some("super") => {
            while rest.first().is_some_and(|name| name == "super") {
                base.pop();
                rest = &rest[1..];
            }
        }
        Some(name) if !modules.contains(&[module, &[name.to_owned()]].concat()) => base.clear(),
        _ => {}
    }
    base.extend_from_slice(rest);
    base
}
