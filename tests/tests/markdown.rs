//! Claims about the Markdown files: links and anchors resolve, Rust blocks are complete and compiled.

use std::collections::{BTreeMap, BTreeSet};

use dcgm_tests::tree::{documents, read, root};

/// Prefixes of links to this repository that work on crates.io too.
const OWN_LINKS: [&str; 2] = [
    "https://github.com/dcgm-rs/dcgm/blob/main/",
    "https://github.com/dcgm-rs/dcgm/tree/main/",
];

/// Texts of Markdown files by path from the root.
type Files = BTreeMap<String, String>;

fn markdown_files() -> Files {
    let documents = documents("", &[".md"]).into_iter();
    let found: Files = documents.map(|found| (found.path, found.text)).collect();
    assert!(found.len() >= 20, "only {} files", found.len());
    found
}

/// A line with its number, and the language of the fenced block around it.
struct Line<'a> {
    number: usize,
    text: &'a str,
    fence: Option<&'a str>,
}

/// The lines of a text; the fences themselves are left out.
fn lines(text: &str) -> Vec<Line<'_>> {
    let mut fence = None;
    let mut found = Vec::new();
    for (index, text) in text.lines().enumerate() {
        if let Some(language) = text.trim_start().strip_prefix("```") {
            fence = fence.is_none().then_some(language.trim());
        } else {
            let number = index + 1;
            found.push(Line {
                number,
                text,
                fence,
            });
        }
    }
    found
}

/// Removes the spans of code from a line.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// Targets of the links and pictures in a line outside of code.
fn targets(line: &str) -> Vec<String> {
    let line = without_code(line);
    let mut found: Vec<_> = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next())
        .collect();
    for attribute in ["href=\"", "src=\""] {
        let rest = line.split(attribute).skip(1);
        found.extend(rest.filter_map(|rest| rest.split('"').next()));
    }
    // `[name]: target`
    if let (true, Some((_, target))) = (line.starts_with('['), line.split_once("]: ")) {
        found.extend(target.split(' ').next());
    }
    found.into_iter().map(str::to_owned).collect()
}

/// Returns the anchors of a text, as GitHub makes them from headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in lines(text).into_iter().filter(|line| line.fence.is_none()) {
        let heading = line.text.trim_start_matches('#');
        if heading.len() < line.text.len() && heading.starts_with(' ') {
            let mut anchor = slug(heading.trim());
            let base = anchor.clone();
            let mut count = 0;
            while found.contains(&anchor) {
                count += 1;
                anchor = format!("{base}-{count}");
            }
            found.insert(anchor);
        }
        for attribute in ["id=\"", "name=\""] {
            let rest = line.text.split(attribute).skip(1);
            found.extend(rest.filter_map(|rest| rest.split('"').next().map(str::to_owned)));
        }
    }
    found
}

fn slug(heading: &str) -> String {
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    });
    kept.collect::<String>().to_lowercase()
}

/// Resolves `..` and `.` in a path from the root.
fn normalize(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Returns the links that lead to no file or to no heading, and how many links it followed.
fn dead_links(files: &Files, exists: impl Fn(&str) -> bool) -> (usize, Vec<String>) {
    let (mut followed, mut dead) = (0, Vec::new());
    for (path, text) in files {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for line in lines(text).iter().filter(|line| line.fence.is_none()) {
            for target in targets(line.text) {
                let own = OWN_LINKS.iter().find_map(|own| target.strip_prefix(own));
                if own.is_none() && (target.contains("://") || target.starts_with("mailto:")) {
                    continue;
                }
                followed += 1;
                let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
                let file = match own {
                    Some(own) => normalize(own.split('#').next().unwrap_or(own)),
                    None if file.is_empty() => path.clone(),
                    None => normalize(&format!("{folder}/{file}")),
                };
                let is_heading = || {
                    files
                        .get(&file)
                        .is_some_and(|text| anchors(text).contains(anchor))
                };
                if !exists(&file) || !anchor.is_empty() && !is_heading() {
                    dead.push(format!("{path}:{}: {target}", line.number));
                }
            }
        }
    }
    (followed, dead)
}

fn is_rust(fence: &str) -> bool {
    fence.split(',').next() == Some("rust")
}

/// Returns the lines of Rust blocks that rustdoc hides and a reader of the file sees.
fn hidden_lines(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        for line in lines(text) {
            let code = line.text.trim();
            let is_hidden = code == "#" || code.starts_with("# ");
            if is_hidden && line.fence.is_some_and(is_rust) {
                found.push(format!("{path}:{}: {code}", line.number));
            }
        }
    }
    found
}

/// Returns the files with Rust blocks that no documentation test includes.
fn not_compiled(files: &Files, tests: &str) -> Vec<String> {
    let has_rust = |text: &String| {
        lines(text)
            .iter()
            .any(|line| line.fence.is_some_and(is_rust))
    };
    let with_rust = files.iter().filter(|(_, text)| has_rust(text));
    let missing = with_rust.filter(|(path, _)| {
        let include = format!("include_str!(\"../../{path}\")");
        !tests.contains(&include)
    });
    missing.map(|(path, _)| path.clone()).collect()
}

#[test]
fn relative_links_and_anchors_resolve() {
    let files = markdown_files();
    let (followed, dead) = dead_links(&files, |path| root().join(path).exists());
    println!("{followed} links in {} files", files.len());
    assert!(followed > 100, "only {followed} links");
    assert_eq!(dead, [""; 0], "\n{}", dead.join("\n"));
}

#[test]
fn rust_blocks_have_no_hidden_lines() {
    let hidden = hidden_lines(&markdown_files());
    assert_eq!(hidden, [""; 0], "\n{}", hidden.join("\n"));
}

#[test]
fn rust_blocks_are_compiled() {
    let files = markdown_files();
    let tests = read(&root().join("tests/src/lib.rs"));
    assert_eq!(not_compiled(&files, &tests), [""; 0]);
    assert_eq!(
        not_compiled(&files, "").len(),
        10,
        "the search finds nothing"
    );
}

fn files(texts: &[(&str, &str)]) -> Files {
    let texts = texts.iter();
    texts
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

#[test]
fn dead_links_are_found() {
    let other =
        "# One `two`: three_four\n## Again\n## Again\n```sh\n# no heading\n```\n<a id=\"mark\">";
    let links = "[a](b/other.md#one-two-three_four) [b](b/other.md#again-1) [c](#here)\n# Here\n\
                 ![d](b/pic.svg \"title\") [e](https://x.y/#z) `[f](none)` [g](b/other.md#mark)\n\
                 [h](https://github.com/dcgm-rs/dcgm/blob/main/b/other.md#again)\n[i]: b/../a.md#here\n";
    let exists = |path: &str| ["a.md", "b/other.md", "b/pic.svg"].contains(&path);
    let good = files(&[("a.md", links), ("b/other.md", other)]);
    assert_eq!(dead_links(&good, exists), (7, Vec::new()));
    for bad in [
        "[a](other.md)",
        "[a](b/other.md#again-2)",
        "[a](b/other.md#no-heading)",
        "[a](#again)",
        "![a](b/none.svg)",
        "<img src=\"none.png\">",
        "[a](https://github.com/dcgm-rs/dcgm/blob/main/none.md)",
        "[a]: none.md",
    ] {
        let bad = files(&[("a.md", bad), ("b/other.md", other)]);
        let (followed, dead) = dead_links(&bad, exists);
        assert_eq!((followed, dead.len()), (1, 1), "{dead:?}");
    }
    let up = files(&[("b/other.md", "[a](../a.md) [b](a.md)")]);
    assert_eq!(dead_links(&up, exists).1, ["b/other.md:1: a.md"]);
}

#[test]
fn hidden_lines_and_blocks_that_are_not_compiled_are_found() {
    let text = "# Heading\n```rust,no_run\nlet a = 1;\n# drop(a);\n#[test]\n    # Ok::<(), ()>(())\n```\n```sh\n# fine\n```\n";
    let text = files(&[("a.md", text)]);
    let expected = ["a.md:4: # drop(a);", "a.md:6: # Ok::<(), ()>(())"];
    assert_eq!(hidden_lines(&text), expected);
    assert_eq!(
        not_compiled(&text, "include_str!(\"../../b.md\")"),
        ["a.md"]
    );
    assert_eq!(not_compiled(&text, "include_str!(\"../../a.md\")"), [""; 0]);
    assert_eq!(
        not_compiled(&files(&[("a.md", "```toml\n```\n")]), ""),
        [""; 0]
    );
}

/// Returns the spans of code in a line.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Returns the names that a piece of code calls, or has as members or types.
fn names(code: &str) -> Vec<&str> {
    let is_part = |one: char| one.is_alphanumeric() || one == '_';
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(is_part) {
        let before = &rest[..start];
        let length = rest[start..].find(|one| !is_part(one));
        let end = length.map_or(rest.len(), |length| start + length);
        let name = &rest[start..end];
        let is_called = rest[end..].starts_with('(');
        let is_member = before.ends_with('.') || before.ends_with("::");
        let is_type = name.starts_with(char::is_uppercase);
        if is_called || is_member || is_type {
            found.push(name);
        }
        rest = &rest[end..];
    }
    found
}

#[test]
fn tables_of_functions_name_what_exists() {
    let sources = documents("dcgm/src", &[".rs"]).into_iter();
    let sources: String = sources.map(|found| found.text).collect();
    let words: BTreeSet<&str> = sources
        .split(|one: char| !one.is_alphanumeric() && one != '_')
        .collect();
    let symbols = read(&root().join("dcgm-sys/src/symbols.rs"));
    let migration = read(&root().join("docs/MIGRATION.md"));
    let from_go = migration.split("## From go-dcgm").nth(1);
    let from_go = from_go.and_then(|text| text.split("\n## ").next());
    let subjects = read(&root().join("docs/internals/SDK.md"));
    let subjects = subjects.split("\n## Recorded calls").next();
    let (mut checked, mut unknown) = (0, Vec::new());
    for text in [from_go, subjects].into_iter().flatten() {
        let rows = text.lines().filter(|line| line.starts_with("| "));
        for row in rows {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
            let (last, others) = cells.split_last().expect("a cell");
            for name in code_spans(last).flat_map(names) {
                checked += 1;
                if !words.contains(name) && !["DCGM_FI_DEV_GPU_TEMP"].contains(&name) {
                    unknown.push(format!("{name} in {row}"));
                }
            }
            let functions = others.iter().flat_map(|cell| code_spans(cell));
            let is_whole = |name: &&str| {
                let rest = name.strip_prefix("dcgm");
                let is_function = rest.is_some_and(|rest| rest.starts_with(char::is_uppercase));
                is_function && !name.contains(['…', '('])
            };
            for function in functions.filter(is_whole) {
                checked += 1;
                if !symbols.contains(&format!("fn {function}(")) {
                    unknown.push(format!("{function} in {row}"));
                }
            }
        }
    }
    println!("{checked} names");
    assert!(checked > 200, "only {checked} names");
    assert_eq!(unknown, [""; 0], "\n{}", unknown.join("\n"));
}

#[test]
fn names_in_code_are_found() {
    let code = "client.topology().gpu_topology(gpu), Type::member, word";
    let found = names(code);
    assert_eq!(found, ["topology", "gpu_topology", "Type", "member"]);
}
