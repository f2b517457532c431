//! Each rule finds an offender in a small source, and none in a good one.

use crate::rules::{Measure, duplicate_types, leaning_summaries, marker_words, one_word_functions};
use dcgm_tests::tree::Document;

use crate::sources::Source;

fn source(text: &str) -> Source {
    Source::parse("x.rs", text)
}

fn markers(text: &str) -> Measure {
    let (path, text) = ("x.md".to_owned(), text.to_owned());
    marker_words(&[Document { path, text }])
}

#[test]
fn marker_words_are_found_as_whole_words() {
    let found = markers("The engine Told us.\nAsked in\n/// vain, fn is_anew(), for  want of ids.");
    let at: Vec<_> = found
        .offenders
        .iter()
        .map(|line| line.splitn(3, ": ").take(2).collect::<Vec<_>>().join(": "))
        .collect();
    let expected = [
        "x.md:1: told",
        "x.md:2: in vain",
        "x.md:3: anew",
        "x.md:3: for want of",
    ];
    assert_eq!(at, expected);
    let good = "Untold renewals, in vaults; forever; for (ever). Vain: in.";
    assert!(markers(good).offenders.is_empty());
}

#[test]
fn leaning_summaries_are_found_on_every_kind_of_item() {
    let text = "
        /// What a thing is.
        /// It is good.
        pub struct Thing {
            /// How long it is.
            length: u32,
            /// The width.
            pub width: u32,
        }
        /// Which there are.
        enum Kind {
            /// As it was.
            Old,
            /// The newest kind,
            /// as of today.
            New,
        }
        /// Those who act.
        trait Act {
            /// Of the actor.
            const NAME: &str;
            /// So it acts.
            fn act(&self);
        }
        impl Thing {
            /// Whether it is long.
            fn is_long(&self) -> bool { true }
        }
        table! {
            /// What the table says.
            row = 1,
            /// The other row.
            /// Which is long.
            other = 2,
        }
        /// Softens, often.
        type Soft = Thing;
        #[cfg(test)]
        mod tests {
            /// What a test needs.
            fn helper() {}
        }
    ";
    let found = leaning_summaries(&[source(text)]);
    let firsts: Vec<_> = found
        .offenders
        .iter()
        .filter_map(|line| line.split(": ").nth(1)?.split(' ').next())
        .collect();
    let expected = [
        "What", "How", "Which", "As", "Those", "Of", "So", "Whether", "What",
    ];
    assert_eq!(firsts, expected, "{found:#?}");
    assert_eq!(found.judged, 13);
    let good = "/// A thing.\nstruct Thing;\n/// Returns `true` if so.\nfn is_so() {}";
    assert!(leaning_summaries(&[source(good)]).offenders.is_empty());
}

#[test]
fn one_word_functions_are_found_unless_a_foreign_trait_prescribes_them() {
    let text = "
        fn poke() { fn inner() {} }
        fn read_value() {}
        trait Reader { fn read(&self); }
        impl Reader for u8 { fn read(&self) {} }
        impl std::fmt::Display for Thing { fn fmt(&self) { fn deep() {} } }
        impl Drop for Thing { fn drop(&mut self) {} }
        impl Thing { const fn raw(self) -> u8 { 0 } #[cfg(test)] fn only(&self) {} }
        table! { fn made() {} }
        #[test]
        fn works() {}
        #[cfg(all(test, not(shuttle)))]
        mod tests { fn helper() {} }
        #[cfg(not(all(test, shuttle)))]
        mod real { fn kept() {} }
    ";
    let found = one_word_functions(&[source(text)]);
    let mut names: Vec<_> = found
        .offenders
        .iter()
        .filter_map(|line| line.rsplit(' ').next())
        .collect();
    names.sort_unstable();
    let expected = [
        "deep", "inner", "kept", "made", "poke", "raw", "read", "read",
    ];
    assert_eq!(names, expected, "{found:#?}");
    assert_eq!(found.judged, 9);
    assert!((found.percent() - 800.0 / 9.0).abs() < 1e-9);
    let good = "fn read_value() {}\nimpl Clone for X { fn clone(&self) -> X { X } }";
    assert!(one_word_functions(&[source(good)]).offenders.is_empty());
}

#[test]
fn duplicate_types_are_found_in_different_modules_of_a_crate() {
    let first = "struct Row;\n#[cfg(unix)]\nstruct Socket;\n#[cfg(not(unix))]\nenum Socket {}";
    let second =
        "mod inner { trait Row { type Socket; } }\nfn generic<Socket>() {}\ntype Line = u8;";
    let sources = [Source::parse("a.rs", first), Source::parse("b.rs", second)];
    let found = duplicate_types(&sources);
    assert_eq!(found.offenders, ["Row: a.rs:1, b.rs:1"]);
    assert_eq!(found.judged, 3);
    assert!(duplicate_types(&sources[..1]).offenders.is_empty());
}

#[test]
fn test_code_is_not_measured() {
    let text = "fn one() {}\n#[cfg(test)]\nmod tests {\n    // Told.\n}\n// Anew.";
    let source = source(text);
    let found = marker_words([&source.document]);
    assert_eq!(found.offenders, ["x.rs:6: anew: // Anew."]);
}
