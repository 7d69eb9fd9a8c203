//! A study: which views it has, what their clean and patch prompts are in words, which it compares first, and its tags.
//!
//! Nothing else in the program knows what a study is about. A run file carries its study, so that a run opens without the file that
//! described it; `store::studies` reads such files.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::problem::{Problem, Result};
use super::tags::Vocabulary;
use super::text::printable;
use super::view::{Direction, View, ViewName};

/// The most views of a study: a [`View`] is a small number, and a screen has few columns.
pub const MOST_VIEWS: usize = 64;

/// Words that no view can be called: they mean something in filters, commands and files.
pub const RESERVED_NAMES: [&str; 21] = [
    "effect",
    "abs",
    "se",
    "layer",
    "index",
    "rank",
    "kind",
    "submodule",
    "tag",
    "side",
    "rejected",
    "marked",
    "note",
    "difference",
    "similarity",
    "everywhere",
    "both",
    "any",
    "none",
    "delta",
    "fires",
];

/// What a study consists of, apart from its prompts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Study {
    /// By which the command line and messages know it.
    pub name: String,
    /// Begins the titles of quick lists and exports.
    pub title: String,
    /// At least one.
    pub views: Vec<ViewSpec>,
    /// The two views that are compared first; none where there is only one view.
    pub compare: Option<(View, View)>,
    /// What features are tagged with.
    pub tags: Vocabulary,
}

/// One view of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewSpec {
    /// In columns, filters, commands, file names and run files.
    pub name: ViewName,
    /// What it looks at, in a few words: "male names".
    pub label: String,
    /// Which of the study's pair lists, from 0.
    pub pairs: usize,
    /// How it takes them.
    pub direction: Direction,
    /// What its clean prompt is in words: "he-prompt".
    pub clean: String,
    /// What its patch prompt is in words: "she-prompt".
    pub patch: String,
}

impl Study {
    /// The same with text that is safe to show on a terminal, or why it does not hold together: a file only claims what it says.
    pub fn checked(mut self) -> std::result::Result<Self, String> {
        let count = self.views.len();
        if !(1..=MOST_VIEWS).contains(&count) {
            return Err(format!("its study has {count} views, not 1 to {MOST_VIEWS}"));
        }
        let names: BTreeSet<ViewName> = self.views.iter().map(|view| view.name).collect();
        if names.len() < count {
            return Err("two views of its study have one name".to_owned());
        }
        let lists: BTreeSet<usize> = self.views.iter().map(|view| view.pairs).collect();
        if !lists.iter().copied().eq(0..lists.len()) {
            return Err("the pair lists of its study are not numbered in order".to_owned());
        }
        let exists = |view: View| usize::from(view.0) < count;
        if self.compare.is_some_and(|(first, second)| first == second || !exists(first) || !exists(second)) {
            return Err("its study compares views that it does not have".to_owned());
        }
        let of_views = self.views.iter_mut().flat_map(|view| [&mut view.label, &mut view.clean, &mut view.patch]);
        let of_tags = self.tags.0.iter_mut().map(|tag| &mut tag.meaning);
        for text in [&mut self.name, &mut self.title].into_iter().chain(of_views).chain(of_tags) {
            *text = printable(text);
        }
        Ok(self)
    }

    /// Every view, in order.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = View> + use<> {
        (0..self.views.len() as u8).map(View)
    }

    /// What `view` is.
    ///
    /// # Panics
    /// When it is a view of another study: a fault of the caller.
    pub fn view(&self, view: View) -> &ViewSpec {
        &self.views[usize::from(view.0)]
    }

    /// The name of `view`.
    pub fn name(&self, view: View) -> ViewName {
        self.view(view).name
    }

    /// The view called `name`, capitals or not.
    pub fn find(&self, name: &str) -> Option<View> {
        self.all().find(|view| self.name(*view).as_str().eq_ignore_ascii_case(name))
    }

    /// The view called `name`.
    ///
    /// # Errors
    /// When there is none; the remedy lists those that there are.
    pub fn named(&self, name: &str) -> Result<View> {
        self.find(name).ok_or_else(|| {
            Problem::new(
                format_args!("view '{name}'"),
                format_args!("is not one of the study '{}'", self.name),
                format_args!("use {}", self.names().join(", ")),
            )
        })
    }

    /// The names of all views, in order.
    pub fn names(&self) -> Vec<&str> {
        self.views.iter().map(|view| view.name.as_str()).collect()
    }

    /// Every two views that can be compared, those of [`Study::compare`] first.
    pub fn pairs(&self) -> Vec<(View, View)> {
        let all =
            self.all().flat_map(|first| self.all().filter(move |second| first < *second).map(move |second| (first, second)));
        let same = |pair: &(View, View)| {
            self.compare.is_some_and(|(first, second)| *pair == (first, second) || *pair == (second, first))
        };
        self.compare.into_iter().chain(all.filter(|pair| !same(pair))).collect()
    }

    /// How many pair lists its views name.
    pub fn lists(&self) -> usize {
        self.views.iter().map(|view| view.pairs + 1).max().unwrap_or(0)
    }
}

#[cfg(test)]
#[path = "study_testing.rs"]
pub(crate) mod testing;
