//! The rules, each a function of what it measures.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Ident, Item, Lit, Meta};

use dcgm_tests::tree::Document;

use crate::sources::Source;

/// Words that no comparable crate uses.
const MARKERS: [&[&str]; 10] = [
    &["told"],
    &["whoever"],
    &["anew"],
    &["in", "vain"],
    &["amiss"],
    &["somebody"],
    &["nobody"],
    &["befalls"],
    &["for", "want", "of"],
    &["for", "ever"],
];

/// First words of a summary that leans on the item above it, or on its name.
const LEANING: [&str; 8] = ["What", "Whether", "How", "Which", "Those", "So", "Of", "As"];

/// The result of a rule: how much was judged, and what breaks the rule.
#[derive(Debug, Default)]
pub(crate) struct Measure {
    pub(crate) judged: usize,
    /// One line each, with the place.
    pub(crate) offenders: Vec<String>,
}

impl Measure {
    /// Offenders in percent of what was judged.
    #[expect(clippy::cast_precision_loss, reason = "a few thousands")]
    pub(crate) fn percent(&self) -> f64 {
        100.0 * self.offenders.len() as f64 / self.judged.max(1) as f64
    }
}

/// Finds marker words, also in parts of names, and if a line ends between them.
pub(crate) fn marker_words<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Measure {
    let mut measure = Measure::default();
    for Document { path, text } in documents {
        let words = words(text);
        measure.judged += words.len();
        for at in 0..words.len() {
            for marker in MARKERS {
                if is_at(text, &words[at..], marker) {
                    let start = words[at].0;
                    let number = text[..start].matches('\n').count();
                    let line = text.lines().nth(number).unwrap_or_default().trim();
                    let found = marker.join(" ");
                    let shown: String = line.chars().take(120).collect();
                    let offender = format!("{path}:{}: {found}: {shown}", number + 1);
                    measure.offenders.push(offender);
                }
            }
        }
    }
    measure
}

/// The words of a text, each with where it begins.
fn words(text: &str) -> Vec<(usize, &str)> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .collect()
}

fn is_at(text: &str, words: &[(usize, &str)], marker: &[&str]) -> bool {
    if words.len() < marker.len() {
        return false;
    }
    let same = words.iter().zip(marker);
    let same = same.fold(true, |same, ((_, word), part)| {
        same && word.eq_ignore_ascii_case(part)
    });
    // Between them only space, or the end of a line and the mark of the next comment.
    same && words[..marker.len()].windows(2).all(|pair| {
        let between = &text[pair[0].0 + pair[0].1.len()..pair[1].0];
        let marks = |c: char| c.is_whitespace() || "/!*#>_".contains(c);
        between.chars().all(marks)
    })
}

/// Judges the first line of each item's documentation; generated items are judged by their macro.
pub(crate) fn leaning_summaries(sources: &[Source]) -> Measure {
    let mut measure = Measure::default();
    for (source, items) in sources.iter().map(|source| (source, Items::of(source))) {
        for Named { text, line } in items.summaries {
            measure.judged += 1;
            let mut words = text.split(|c: char| !c.is_alphabetic());
            let first = words.next().unwrap_or_default();
            if LEANING.iter().any(|word| first.eq_ignore_ascii_case(word)) {
                let path = &source.document.path;
                measure.offenders.push(format!("{path}:{line}: {text}"));
            }
        }
    }
    measure
}

/// Judges the names of functions and methods, but not those that a foreign trait prescribes.
pub(crate) fn one_word_functions(sources: &[Source]) -> Measure {
    let mut measure = Measure::default();
    let all: Vec<_> = sources.iter().map(Items::of).collect();
    let ours: BTreeSet<_> = all.iter().flat_map(|items| &items.traits).collect();
    for (source, items) in sources.iter().zip(&all) {
        for (implemented, Named { text, line }) in &items.functions {
            let prescribed = implemented
                .as_ref()
                .is_some_and(|name| !ours.contains(name));
            if prescribed {
                continue;
            }
            measure.judged += 1;
            if !text.contains('_') {
                let path = &source.document.path;
                measure.offenders.push(format!("{path}:{line}: fn {text}"));
            }
        }
    }
    measure
}

/// Finds types of one name in several modules of one crate.
pub(crate) fn duplicate_types(sources: &[Source]) -> Measure {
    let mut places: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for source in sources {
        let path = &source.document.path;
        for (module, Named { text, line }) in Items::of(source).types {
            // Two of one name in one module are alternatives for two configurations.
            places
                .entry(text)
                .or_default()
                .insert(format!("{path}{module}"), format!("{path}:{line}"));
        }
    }
    let mut measure = Measure::default();
    for (name, places) in places {
        measure.judged += 1;
        if places.len() > 1 {
            let places: Vec<_> = places.into_values().collect();
            measure
                .offenders
                .push(format!("{name}: {}", places.join(", ")));
        }
    }
    measure
}

#[derive(Debug)]
struct Named {
    text: String,
    line: usize,
}

impl Named {
    fn new(ident: &Ident) -> Self {
        let text = ident.to_string();
        let text = text.strip_prefix("r#").unwrap_or(&text).to_owned();
        let line = ident.span().start().line;
        Self { text, line }
    }
}

/// The parts of a source that the rules judge.
#[derive(Debug, Default)]
struct Items {
    summaries: Vec<Named>,
    /// With the trait that is implemented, if one is.
    functions: Vec<(Option<String>, Named)>,
    /// With the inline modules around them.
    types: Vec<(String, Named)>,
    traits: Vec<String>,
    module: String,
    implemented: Option<String>,
}

impl Items {
    fn of(source: &Source) -> Self {
        let mut items = Self::default();
        items.visit_file(&source.file);
        items
    }

    fn summary(&mut self, attributes: &[Attribute]) {
        let mut docs = attributes.iter().filter_map(doc_text);
        if let Some((text, span)) = docs.find(|(text, _)| !text.is_empty()) {
            let line = span.start().line;
            self.summaries.push(Named { text, line });
        }
    }

    fn function(&mut self, name: &Ident) {
        let implemented = self.implemented.clone();
        self.functions.push((implemented, Named::new(name)));
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut in_docs = false;
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            let next = tokens.get(index + 1);
            match (token, next) {
                (TokenTree::Punct(mark), Some(TokenTree::Group(group)))
                    if mark.as_char() == '#' =>
                {
                    if let Some((text, span)) = doc_tokens(group.stream()) {
                        if !in_docs && !text.is_empty() {
                            let line = span.start().line;
                            self.summaries.push(Named { text, line });
                            in_docs = true;
                        }
                    }
                    index += 2;
                    continue;
                }
                (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "fn" => {
                    self.function(name);
                }
                (TokenTree::Group(group), _) => self.tokens(group.stream()),
                _ => {}
            }
            in_docs = false;
            index += 1;
        }
    }
}

/// The text of a line of documentation.
fn doc_text(attribute: &Attribute) -> Option<(String, Span)> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    let outer = matches!(attribute.style, syn::AttrStyle::Outer);
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if outer && pair.path.is_ident("doc") => Some((first_line(&text.value()), text.span())),
        _ => None,
    }
}

fn doc_tokens(tokens: TokenStream) -> Option<(String, Span)> {
    let pair: syn::MetaNameValue = syn::parse2(tokens).ok()?;
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = &pair.value
    else {
        return None;
    };
    let is_doc = pair.path.is_ident("doc");
    is_doc.then(|| (first_line(&text.value()), text.span()))
}

fn first_line(text: &str) -> String {
    text.trim().lines().next().unwrap_or_default().to_owned()
}

impl<'a> Visit<'a> for Items {
    fn visit_item(&mut self, item: &'a Item) {
        match item {
            Item::Const(item) => self.summary(&item.attrs),
            Item::Enum(item) => {
                self.summary(&item.attrs);
                self.types
                    .push((self.module.clone(), Named::new(&item.ident)));
            }
            Item::Fn(item) => {
                self.summary(&item.attrs);
                self.function(&item.sig.ident);
            }
            Item::Static(item) => self.summary(&item.attrs),
            Item::Struct(item) => {
                self.summary(&item.attrs);
                self.types
                    .push((self.module.clone(), Named::new(&item.ident)));
            }
            Item::Trait(item) => {
                self.summary(&item.attrs);
                self.traits.push(item.ident.to_string());
                self.types
                    .push((self.module.clone(), Named::new(&item.ident)));
            }
            Item::Type(item) => {
                self.summary(&item.attrs);
                self.types
                    .push((self.module.clone(), Named::new(&item.ident)));
            }
            Item::Union(item) => {
                self.summary(&item.attrs);
                self.types
                    .push((self.module.clone(), Named::new(&item.ident)));
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        let outer = self.module.clone();
        self.module = format!("{outer}::{}", module.ident);
        visit::visit_item_mod(self, module);
        self.module = outer;
    }

    fn visit_item_impl(&mut self, block: &'a syn::ItemImpl) {
        let outer = self.implemented.take();
        if let Some(name) = implemented_trait(block) {
            self.implemented = Some(name);
        }
        visit::visit_item_impl(self, block);
        self.implemented = outer;
    }

    fn visit_impl_item_fn(&mut self, method: &'a syn::ImplItemFn) {
        self.summary(&method.attrs);
        self.function(&method.sig.ident);
        // A function inside a method implements no trait.
        let outer = self.implemented.take();
        visit::visit_impl_item_fn(self, method);
        self.implemented = outer;
    }

    fn visit_impl_item_const(&mut self, item: &'a syn::ImplItemConst) {
        self.summary(&item.attrs);
        visit::visit_impl_item_const(self, item);
    }

    fn visit_trait_item_fn(&mut self, method: &'a syn::TraitItemFn) {
        self.summary(&method.attrs);
        self.function(&method.sig.ident);
        visit::visit_trait_item_fn(self, method);
    }

    fn visit_trait_item_const(&mut self, item: &'a syn::TraitItemConst) {
        self.summary(&item.attrs);
    }

    fn visit_trait_item_type(&mut self, item: &'a syn::TraitItemType) {
        self.summary(&item.attrs);
    }

    fn visit_field(&mut self, field: &'a syn::Field) {
        self.summary(&field.attrs);
        visit::visit_field(self, field);
    }

    fn visit_variant(&mut self, variant: &'a syn::Variant) {
        self.summary(&variant.attrs);
        visit::visit_variant(self, variant);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        self.tokens(call.tokens.clone());
    }
}

fn implemented_trait(block: &syn::ItemImpl) -> Option<String> {
    let (path, _) = block.trait_.as_ref()?;
    Some(path.segments.last()?.ident.to_string())
}
