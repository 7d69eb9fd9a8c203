//! Which files of a crate use which others.
//!
//! The rule, file by file. A use is a path in a `use` declaration or in code that begins with `crate`, `self`, `super`, a module declared in
//! this file, or a module brought in by `use`. It leads to the file of the deepest module that the path names.
//!
//! * `mod child;` declares and uses nothing; neither does bringing in a module by its name: the paths that go on from that name count.
//! * `pub use` passes a name on and is not a use itself. A file that takes a name from where it was passed on, or from a parent that brought
//!   it in, uses the file in which the name stands. Thus children can use each other through the names that `mod.rs` offers, without a
//!   false circle.
//! * Code compiled for tests only does not count.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Kind, Token, tokens, without_tests};

/// A module path without `crate`: `["store", "hub"]`.
pub type Module = Vec<String>;

/// A file of the crate.
#[derive(Debug, Default)]
struct File {
    /// The paths that it uses, and their lines.
    used: Vec<(usize, Vec<String>)>,
    /// The paths that it only passes on by `pub use`.
    passed_on: Vec<(usize, Vec<String>)>,
    /// What it declares or brings in by `use`, by name: the path behind it.
    names: BTreeMap<String, Vec<String>>,
    tokens: Vec<Token>,
}

/// A path that a file uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub line: usize,
    /// From the root of the crate on, or beginning with the name of another crate.
    pub path: Vec<String>,
    /// The file that is used by it, if that is one of this crate.
    pub target: Option<Module>,
}

/// The files of a crate by their modules.
#[derive(Debug)]
pub struct Crate {
    files: BTreeMap<Module, File>,
}

impl Crate {
    /// `texts` are paths below `src` and what the files hold.
    pub fn parse(texts: &[(String, String)]) -> Self {
        let mut files = BTreeMap::new();
        let mut left_out = BTreeSet::new();
        for (path, text) in texts {
            let (kept, test_files) = without_tests(&tokens(text));
            let this = module(path);
            left_out.extend(test_files.iter().map(|file| match (path.rsplit_once('/'), file.strip_suffix(".rs")) {
                (Some((folder, _)), Some(name)) => module(&format!("{folder}/{name}")),
                _ => [this.as_slice(), std::slice::from_ref(file)].concat(),
            }));
            files.insert(this, kept);
        }
        files.retain(|module, _| !(1..=module.len()).any(|length| left_out.contains(&module[..length])));
        let read = |(module, tokens): (Module, Vec<Token>)| (module.clone(), File::read(&module, tokens));
        let files = files.into_iter().map(read).collect();
        Self { files }
    }

    /// Every file by its module, and what it uses.
    pub fn uses(&self) -> BTreeMap<Module, Vec<Use>> {
        let uses = |(module, file): (&Module, &File)| (module.clone(), self.uses_of(module, file));
        self.files.iter().map(uses).collect()
    }

    /// The tokens of a file.
    pub fn tokens(&self, module: &Module) -> &[Token] {
        self.files.get(module).map_or(&[], |file| &file.tokens)
    }

    fn uses_of(&self, module: &Module, file: &File) -> Vec<Use> {
        let found = |(line, path): &(usize, Vec<String>)| {
            let (path, target) = self.resolve(path);
            Use { line: *line, target: target.filter(|target| target != module), path }
        };
        let passes_on = |place: &(usize, Vec<String>)| Use { target: None, ..found(place) };
        file.used.iter().map(found).chain(file.passed_on.iter().map(passes_on)).collect()
    }

    /// The path behind `path` when names that other files brought in are followed, and the file in which its last name stands; none where that
    /// name is a module or of another crate.
    fn resolve(&self, path: &[String]) -> (Vec<String>, Option<Module>) {
        let mut path = path.to_vec();
        // A chain of passed-on names is short; a circle of them would not compile.
        for _ in 0..8 {
            if path.first().is_none_or(|first| first != "crate") {
                return (path, None);
            }
            let inside = &path[1..];
            let length = (0..=inside.len()).rev().find(|length| self.files.contains_key(&inside[..*length]));
            let Some(length) = length else { return (path, None) };
            let Some(name) = inside.get(length) else { return (path, None) };
            let file = &self.files[&inside[..length]];
            let Some(behind) = file.names.get(name).filter(|behind| behind.as_slice() != &path[..length + 2]) else {
                let target = inside[..length].to_vec();
                return (path, Some(target));
            };
            path = [behind, &inside[length + 1..]].concat();
        }
        (path, None)
    }
}

/// The module of a file below `src`: of `store/hub/mod.rs` it is `store::hub`, of `lib.rs` the root.
pub fn module(path: &str) -> Module {
    let mut parts: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") || parts == ["lib"] {
        parts.pop();
    }
    parts
}

impl File {
    fn read(module: &Module, tokens: Vec<Token>) -> Self {
        let mut file = Self::default();
        let mut code = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let token = &tokens[at];
            if token.is_word("mod") && tokens.get(at + 2).is_some_and(|token| token.is_sign(';')) {
                let name = tokens[at + 1].word().unwrap_or_default().to_owned();
                let path = [&[String::from("crate")], module.as_slice(), std::slice::from_ref(&name)].concat();
                file.names.insert(name, path);
                at += 3;
            } else if token.is_word("mod") && tokens.get(at + 2).is_some_and(|token| token.is_sign('{')) {
                // `super` would mean something else in there.
                panic!("{module:?}, line {}: a module inside a file, outside tests, needs a file of its own", token.line);
            } else if token.is_word("use") && !tokens.get(at + 1).is_some_and(|next| next.is_sign('<')) {
                // Not found in code that compiles: `use` always ends.
                let length = tokens[at..].iter().position(|token| token.is_sign(';')).unwrap_or(tokens.len() - at);
                file.take_use(module, &tokens[at..at + length], is_public(&tokens[..at]));
                at += length;
            } else {
                code.push(at);
                at += 1;
            }
        }
        for start in code {
            let continues = start > 0 && (tokens[start - 1].kind == Kind::Path || tokens[start - 1].is_sign('.'));
            if !continues && let Some(path) = path_at(&tokens[start..]) {
                let path = file.absolute(module, &path);
                file.used.push((tokens[start].line, path));
            }
        }
        file.tokens = tokens;
        file
    }

    fn take_use(&mut self, module: &Module, declaration: &[Token], public: bool) {
        let mut paths = Vec::new();
        let mut rest = &declaration[1..];
        tree(&mut rest, &[], &mut paths);
        for (path, name) in paths {
            let path = self.absolute(module, &path);
            let paths = if public { &mut self.passed_on } else { &mut self.used };
            paths.push((declaration[0].line, path.clone()));
            self.names.insert(name, path);
        }
    }

    /// `path` from `crate` or another crate's name on. A name that is not known here is taken for another crate's.
    fn absolute(&self, module: &Module, path: &[String]) -> Vec<String> {
        let root = [String::from("crate")];
        match path[0].as_str() {
            "self" => [&root, module.as_slice(), &path[1..]].concat(),
            "super" => {
                let levels = path.iter().take_while(|part| *part == "super").count();
                [&root, &module[..module.len().saturating_sub(levels)], &path[levels..]].concat()
            }
            name => self.names.get(name).map_or_else(|| path.to_vec(), |behind| [behind, &path[1..]].concat()),
        }
    }
}

/// Whether `pub` or `pub(..)` ends the tokens before a `use`.
fn is_public(before: &[Token]) -> bool {
    match before.last() {
        Some(token) if token.is_sign(')') => before.iter().rev().take(5).any(|token| token.is_word("pub")),
        Some(token) => token.is_word("pub"),
        None => false,
    }
}

/// The names joined by `::` at the start of `rest`, if there are two or more.
fn path_at(rest: &[Token]) -> Option<Vec<String>> {
    let mut path = vec![rest.first()?.word()?.to_owned()];
    let mut at = 1;
    while rest.get(at).is_some_and(|token| token.kind == Kind::Path)
        && let Some(word) = rest.get(at + 1).and_then(Token::word)
    {
        path.push(word.to_owned());
        at += 2;
    }
    (path.len() > 1).then_some(path)
}

/// Reads one tree of a `use` declaration: adds each path in it, and the name under which it is known from then on.
fn tree(rest: &mut &[Token], before: &[String], paths: &mut Vec<(Vec<String>, String)>) {
    let mut path = before.to_vec();
    while let Some((token, after)) = rest.split_first() {
        match &token.kind {
            Kind::Word(word) if word == "as" => {
                let name = after.first().and_then(Token::word).unwrap_or_default().to_owned();
                *rest = after.get(1..).unwrap_or_default();
                return paths.push((path, name));
            }
            Kind::Word(word) if word == "self" && !path.is_empty() => *rest = after,
            Kind::Word(word) => {
                path.push(word.clone());
                *rest = after;
            }
            Kind::Sign('{') => {
                *rest = after;
                while rest.first().is_some_and(|token| !token.is_sign('}')) {
                    tree(rest, &path, paths);
                    if rest.first().is_some_and(|token| token.is_sign(',')) {
                        *rest = &rest[1..];
                    }
                }
                *rest = rest.get(1..).unwrap_or_default();
                return;
            }
            Kind::Sign(',' | '}') => break,
            // `::` goes on; `*` names nothing by itself.
            _ => {
                if token.is_sign('*') {
                    path.push("*".to_owned());
                }
                *rest = after;
            }
        }
    }
    let name = path.last().cloned().unwrap_or_default();
    paths.push((path, name));
}

#[cfg(test)]
mod planted {
    use super::*;

    fn parse(files: &[(&str, &str)]) -> Crate {
        let files: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Crate::parse(&files)
    }

    /// What the files lead to, as `from -> to`.
    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let mut arrows = BTreeSet::new();
        for (from, uses) in parse(files).uses() {
            let targets = uses.into_iter().filter_map(|used| used.target);
            arrows.extend(targets.map(|target| format!("{} -> {}", from.join("::"), target.join("::"))));
        }
        arrows.into_iter().collect()
    }

    #[test]
    fn every_way_to_write_a_path_is_seen() {
        for code in [
            "use crate::b::c::X;",
            "use crate::{d::Y as Z, b::{self, c::{X, W}}};",
            "use super::super::b::c::X;",
            "use crate::b; fn f() { b::c::x() }",
            "use crate::b as other; fn f() { other::c::x() }",
            "fn f(x: &crate::b::c::X) {}",
            "fn f() { super::super::b::c::x() }",
            "use crate::b::c::*;",
        ] {
            let found =
                arrows(&[("a/e.rs", code), ("a/mod.rs", "mod e;"), ("b/mod.rs", "pub mod c;"), ("b/c.rs", ""), ("d.rs", "")]);
            assert!(found.contains(&"a::e -> b::c".to_owned()), "{code}: {found:?}");
            assert!(!found.contains(&"a::e -> b".to_owned()), "{code}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_path_of_this_crate_leads_nowhere() {
        let code = "use std::fs; // use crate::b::X\n fn f() { fs::read(\"crate::b::x\"); Vec::<u8>::new(); }
            #[cfg(test)] mod tests { use crate::b::X; }";
        let crate_ = parse(&[("a.rs", code), ("b.rs", "")]);
        let uses = &crate_.uses()[&module("a.rs")];
        assert!(uses.iter().all(|used| used.target.is_none()), "{uses:?}");
        assert!(uses.iter().any(|used| used.path == ["std", "fs", "read"]), "{uses:?}");
    }

    #[test]
    fn test_files_do_not_count() {
        let files = [
            ("a/mod.rs", "#[cfg(test)] mod tests; #[cfg(test)] #[path = \"x_tests.rs\"] mod others;"),
            ("a/tests.rs", "use crate::b::X;"),
            ("a/x_tests.rs", "use crate::b::X;"),
            ("a/c.rs", "#[cfg(test)] #[path = \"c_tests.rs\"] mod tests;"),
            ("a/c_tests.rs", "use crate::b::X;"),
            ("b.rs", ""),
        ];
        assert_eq!(arrows(&files), [""; 0]);
    }

    #[test]
    fn a_parent_uses_a_child_only_by_a_path() {
        let child = ("a/b.rs", "use super::X;");
        assert_eq!(arrows(&[("a/mod.rs", "mod b; pub use b::Y;"), child]), ["a::b -> a"]);
        assert_eq!(arrows(&[("a/mod.rs", "mod b; fn f() { b::y() }"), child]), ["a -> a::b", "a::b -> a"]);
        assert_eq!(arrows(&[("a/mod.rs", "mod b; use b::Y;"), child]), ["a -> a::b", "a::b -> a"]);
    }

    #[test]
    fn a_name_that_is_passed_on_leads_to_where_it_stands() {
        let files = [
            ("a/mod.rs", "mod b; mod c; pub use b::{X as Y}; use c::Z;"),
            ("a/b.rs", "use super::Z;"),
            ("a/c.rs", ""),
            ("d.rs", "use crate::a::Y; fn f() { Y::new() }"),
        ];
        assert_eq!(arrows(&files), ["a -> a::c", "a::b -> a::c", "d -> a::b"]);
    }
}
