//! Compares the bindings and the tables of this crate with the facts under `abi/`.
//!
//! The facts apply to 64-bit Linux, the only platform of DCGM; on others nothing is compared. The
//! bit-fields `type`, `index`, `gpuId` and `switchId` of `dcgm_link_t` have no offset and are not
//! compared. Its size and alignment are, and `a_link_id_is_read_in_its_parts` checks the values of
//! the four.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]
#![expect(
    unsafe_code,
    reason = "a pointer shows the type of a member, and a union its reading"
)]
#![expect(
    clippy::unreadable_literal,
    reason = "C's numbers, so that they can be searched for"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CStr;

use dcgm_sys::{SymbolInfo, Symbols, Versioned};

/// A struct in the facts and in the bindings.
struct Layout {
    name: &'static str,
    /// Size and alignment. An alignment of 0 is not stated: the type has no name in C.
    stated: (usize, usize),
    made: (usize, usize),
    members: Vec<Member>,
}

/// A member, by its offset and size.
struct Member {
    name: &'static str,
    stated: (usize, usize),
    made: (usize, usize),
}

/// Returns the size of the member that `_place` points to, without calling it.
fn size_at<T, M>(_place: impl FnOnce(*const T) -> *const M) -> usize {
    size_of::<M>()
}

macro_rules! layouts {
    ($($name:ident, $size:literal, $align:literal { $($($part:ident).+ @ $offset:literal, $bytes:literal;)* })*) => {
        pub(super) fn layouts() -> Vec<super::Layout> {
            vec![$(super::Layout {
                name: stringify!($name),
                stated: ($size, $align),
                made: (size_of::<dcgm_sys::$name>(), align_of::<dcgm_sys::$name>()),
                members: vec![$(super::Member {
                    name: stringify!($($part).+),
                    stated: ($offset, $bytes),
                    made: (
                        core::mem::offset_of!(dcgm_sys::$name, $($part).+),
                        super::size_at(|at: *const dcgm_sys::$name| {
                            // SAFETY: never run; only its type is looked at.
                            unsafe { &raw const (*at).$($part).+ }
                        }),
                    ),
                }),*],
            }),*]
        }
    };
}

macro_rules! enumerators {
    ($($kind:ident, $name:ident, $value:literal;)*) => {
        /// Type, name, stated value, value.
        pub(super) fn enumerators() -> Vec<(&'static str, &'static str, i64, i64)> {
            vec![$({
                let made: dcgm_sys::$kind = dcgm_sys::$name;
                (stringify!($kind), stringify!($name), $value, i64::from(made))
            }),*]
        }
    };
}

/// A version word of the facts.
struct Word {
    name: &'static str,
    stated: u32,
    made: u32,
    /// The struct of the word, and its word in the crate.
    of: Option<(&'static str, u32)>,
}

macro_rules! versions {
    (@of) => { None };
    (@of $of:ident) => { Some((stringify!($of), <dcgm_sys::$of as super::Versioned>::VERSION)) };
    ($($name:ident, $word:literal $(, $of:ident)?;)*) => {
        pub(super) fn words() -> Vec<super::Word> {
            vec![$(super::Word {
                name: stringify!($name),
                stated: $word,
                made: dcgm_sys::$name,
                of: versions!(@of $($of)?),
            }),*]
        }
    };
}

/// A constant in the facts and in the bindings.
#[derive(Debug, PartialEq)]
enum Constant {
    Int(i128),
    Real(u64),
    Text(&'static CStr),
}

macro_rules! constants {
    (@int $value:literal, $made:expr) => {
        (super::Constant::Int($value), super::Constant::Int(i128::from($made)))
    };
    (@real $value:literal, $made:expr) => {
        (super::Constant::Real(f64::to_bits($value)), super::Constant::Real(f64::to_bits($made)))
    };
    (@text $value:literal, $made:expr) => {
        (super::Constant::Text($value), super::Constant::Text($made))
    };
    ($($kind:ident $name:ident, $value:literal;)*) => {
        /// Name; stated value and value.
        pub(super) fn constants() -> Vec<(&'static str, (super::Constant, super::Constant))> {
            vec![$((stringify!($name), constants!(@$kind $value, dcgm_sys::$name))),*]
        }
    };
}

macro_rules! functions {
    ($($name:literal, $since:literal, $gone:literal;)*) => {
        /// The name, the first release, and `true` if 4.x lacks it.
        pub(super) const FUNCTIONS: &[(&str, &str, bool)] = &[$(($name, $since, $gone)),*];
    };
}

#[path = "abi/constants.rs"]
mod constants;
#[path = "abi/enumerators.rs"]
mod enumerators;
#[path = "abi/functions.rs"]
mod functions;
#[path = "abi/layouts.rs"]
mod layouts;
#[path = "abi/versions.rs"]
mod versions;

#[test]
fn every_struct_has_the_size_alignment_and_members_of_the_facts() {
    let mut wrong = Vec::new();
    for layout in layouts::layouts() {
        let (size, align) = layout.stated;
        let align = if align == 0 { layout.made.1 } else { align };
        if layout.made != (size, align) {
            wrong.push(format!(
                "{}: {:?}, not {:?}",
                layout.name, layout.made, layout.stated
            ));
        }
        for member in layout
            .members
            .iter()
            .filter(|member| member.made != member.stated)
        {
            wrong.push(format!(
                "{}.{}: {:?}, not {:?}",
                layout.name, member.name, member.made, member.stated
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_enumerator_has_the_value_of_the_facts() {
    let wrong: Vec<_> = enumerators::enumerators()
        .into_iter()
        .filter(|(_, _, stated, made)| stated != made)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_version_word_is_that_of_the_facts_for_the_constant_and_for_the_struct() {
    for word in versions::words() {
        assert_eq!(word.made, word.stated, "{}", word.name);
        if let Some((of, made)) = word.of {
            assert_eq!(made, word.stated, "{of}::VERSION");
        }
    }
}

#[test]
fn every_versioned_struct_is_in_the_facts() {
    let known: BTreeSet<_> = versions::words()
        .into_iter()
        .filter_map(|word| Some(word.of?.0))
        .collect();
    let rows: BTreeSet<_> = include_str!("../src/versions.rs")
        .lines()
        .filter(|line| line.trim_end().ends_with(" bytes;"))
        .filter_map(|line| line.trim_start().split(',').next())
        .collect();
    assert_eq!(rows, known);
}

#[test]
fn every_constant_has_the_value_of_the_facts() {
    for (name, (stated, made)) in constants::constants() {
        assert_eq!(made, stated, "{name}");
    }
}

#[test]
fn the_bound_functions_are_those_of_the_facts() {
    let bound: BTreeSet<_> = Symbols::ROWS
        .iter()
        .map(|row| (row.name, row.since, row.until.is_some()))
        .collect();
    assert_eq!(bound, functions::FUNCTIONS.iter().copied().collect());
    assert_eq!(Symbols::ROWS.len(), functions::FUNCTIONS.len());
    assert!(
        functions::FUNCTIONS
            .iter()
            .any(|(_, since, _)| *since == SymbolInfo::FLOOR)
    );
    let until: BTreeSet<_> = Symbols::ROWS.iter().filter_map(|row| row.until).collect();
    assert_eq!(until, ["4.0.0"].into());
}

#[test]
fn a_link_id_is_read_in_its_parts() {
    // Bits 0-7 the kind of entity, 8-23 the link, 24-31 the GPU or switch, since 4.3.1.
    let link = dcgm_sys::dcgm_link_t {
        __bindgen_anon_1: dcgm_sys::dcgm_link_t__bindgen_ty_1 { raw: 0x0700_1103 },
    };
    // SAFETY: every member of the union is made of integers, for which any bits do.
    let parsed = unsafe { link.__bindgen_anon_1.parsed };
    let id = parsed.__bindgen_anon_1;
    assert_eq!(parsed.type_(), dcgm_sys::DCGM_FE_SWITCH);
    assert_eq!((parsed.index(), id.switchId(), id.gpuId()), (0x11, 7, 7));
}

/// Returns the names of all types that the bound functions use, read from the text of the bindings.
fn used_types() -> BTreeSet<&'static str> {
    let words = |text: &'static str| {
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .filter(|word| !word.is_empty())
    };
    let mut uses = BTreeMap::<&str, BTreeSet<&str>>::new();
    let mut inside = "";
    for line in include_str!("../src/bindings.rs").lines() {
        if let Some(item) = line.strip_prefix("pub ") {
            let mut item = words(item);
            inside = match item.next() {
                Some("struct" | "union" | "type") => item.next().unwrap_or_default(),
                _ => "",
            };
        } else if line.starts_with("impl") {
            inside = "";
        }
        uses.entry(inside).or_default().extend(words(line));
    }
    let mut reached = BTreeSet::new();
    let mut next: Vec<_> = words(include_str!("../src/prototypes.rs")).collect();
    while let Some(name) = next.pop() {
        if let Some(used) = uses.get(name).filter(|_| reached.insert(name)) {
            next.extend(used);
        }
    }
    reached
}

#[test]
fn every_type_of_the_bound_functions_is_checked() {
    let reached = used_types();
    let count = |bound: bool| {
        let counts = |name: &str| !bound || reached.contains(name);
        let layouts: Vec<_> = layouts::layouts()
            .into_iter()
            .filter(|layout| counts(layout.name))
            .collect();
        let words = versions::words();
        [
            layouts.len(),
            layouts.iter().map(|layout| layout.members.len()).sum(),
            enumerators::enumerators()
                .iter()
                .filter(|(kind, ..)| counts(kind))
                .count(),
            words
                .iter()
                .filter(|word| word.of.map_or(!bound, |(of, _)| counts(of)))
                .count(),
        ]
    };
    let [all, bound] = [false, true].map(count);
    println!(
        "{} functions, {} constants; structs, offsets, enumerators, version words: {all:?}, \
         of which the functions bound use {bound:?}",
        functions::FUNCTIONS.len(),
        constants::constants().len(),
    );

    // No struct that a function reaches is unchecked; nor is a table cut short.
    let checked: BTreeSet<_> = layouts::layouts()
        .iter()
        .map(|layout| layout.name)
        .collect();
    let structs = include_str!("../src/bindings.rs")
        .lines()
        .filter_map(|line| {
            line.strip_prefix("pub struct ")
                .or_else(|| line.strip_prefix("pub union "))?
                .split(' ')
                .next()
        });
    let unchecked: Vec<_> = structs
        .filter(|name| {
            reached.contains(name) && !name.contains("__bindgen_ty_") && !checked.contains(name)
        })
        .collect();
    assert!(unchecked.is_empty(), "{unchecked:?}");
    assert!(bound.iter().all(|count| *count > 0));
}
