//! Reads the sources that are measured, parsed and without test code.

use std::path::{Path, PathBuf};

use dcgm_tests::tree::{Document, from_root, read, root};
use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{Attribute, File, Item};

/// A Rust source without its test code.
#[derive(Debug)]
pub(crate) struct Source {
    /// The lines of removed items are empty, so that line numbers stay.
    pub(crate) document: Document,
    pub(crate) file: File,
}

impl Source {
    /// Parses a source and removes the items that exist in tests only.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let mut file = syn::parse_file(text).unwrap_or_else(|error| {
            let at = error.span().start();
            panic!("{path}:{}: {error}", at.line)
        });
        let mut removed = Vec::new();
        remove_test_items(&mut file.items, &mut removed);
        let kept = text.lines().enumerate().map(|(index, line)| {
            let is_removed = removed
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&(index + 1)));
            if is_removed { "" } else { line }
        });
        let text = kept.collect::<Vec<_>>().join("\n");
        let path = path.to_owned();
        Self {
            document: Document { path, text },
            file,
        }
    }
}

/// Removes test-only items, also from inline modules and impl blocks, and records their lines.
fn remove_test_items(items: &mut Vec<Item>, removed: &mut Vec<(usize, usize)>) {
    items.retain(|item| {
        let keep = !attributes(item).iter().any(is_test_only);
        if !keep {
            let span = item.span();
            removed.push((span.start().line, span.end().line));
        }
        keep
    });
    for item in items {
        match item {
            Item::Mod(module) => {
                if let Some((_, content)) = &mut module.content {
                    remove_test_items(content, removed);
                }
            }
            Item::Impl(block) => block.items.retain(|member| {
                let attributes = match member {
                    syn::ImplItem::Fn(item) => &item.attrs,
                    syn::ImplItem::Const(item) => &item.attrs,
                    syn::ImplItem::Type(item) => &item.attrs,
                    _ => return true,
                };
                let keep = !attributes.iter().any(is_test_only);
                if !keep {
                    let span = member.span();
                    removed.push((span.start().line, span.end().line));
                }
                keep
            }),
            _ => {}
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Configurations in which only tests are built.
const TEST_CONFIGURATIONS: [&str; 4] = ["doctest", "fuzzing", "shuttle", "test"];

fn is_test_only(attribute: &Attribute) -> bool {
    if attribute.path().is_ident("test") {
        return true;
    }
    let syn::Meta::List(list) = &attribute.meta else {
        return false;
    };
    list.path.is_ident("cfg") && !may_hold(list.tokens.clone())
}

/// Returns `true` if a `cfg` predicate can hold in a build that is no test.
fn may_hold(predicate: TokenStream) -> bool {
    let tokens: Vec<_> = predicate.into_iter().collect();
    let Some(TokenTree::Ident(name)) = tokens.first() else {
        return true;
    };
    let name = name.to_string();
    let Some(TokenTree::Group(group)) = tokens.get(1) else {
        return !TEST_CONFIGURATIONS.contains(&name.as_str());
    };
    let mut parts = vec![TokenStream::new()];
    for token in group.stream() {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(comma), _) if comma.as_char() == ',' => {
                parts.push(TokenStream::new());
            }
            (_, Some(part)) => part.extend([token]),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    match name.as_str() {
        "all" => parts.into_iter().all(may_hold),
        "any" => parts.into_iter().any(may_hold),
        _ => true,
    }
}

/// Parses every file of a crate's library, following its `mod` declarations.
pub(crate) fn library(name: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let folder = root().join(name).join("src");
    let mut files = vec![(folder.join("lib.rs"), folder)];
    while let Some((path, folder)) = files.pop() {
        let source = Source::parse(&from_root(&path), &read(&path));
        follow_modules(&source.file.items, &folder, &mut files);
        sources.push(source);
    }
    sources.sort_by(|one, other| one.document.path.cmp(&other.document.path));
    sources
}

fn follow_modules(items: &[Item], folder: &Path, files: &mut Vec<(PathBuf, PathBuf)>) {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        let inside = folder.join(&name);
        if let Some((_, content)) = &module.content {
            follow_modules(content, &inside, files);
            continue;
        }
        let generated = name == "bindings";
        let beside = folder.join(format!("{name}.rs"));
        let path = if beside.exists() {
            beside
        } else {
            inside.join("mod.rs")
        };
        if !generated {
            files.push((path, inside));
        }
    }
}
