//! A study: its views, the wording of their clean and patch prompts, the two views it compares first, and its tags.
//!
//! No other part of the program knows what a study is about. A run file contains its study, so a run can be opened without the
//! study's file; `store::studies` reads study files.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::problem::{Problem, Result};
use super::tags::Vocabulary;
use super::text::excerpt;
use super::view::{Direction, View, ViewName};

/// The name of the study that is computed if none is named.
pub const NAMES: &str = "names";

/// The most views of a study: a [`View`] holds a `u8`, and a screen has room for few columns.
pub const MOST_VIEWS: usize = 64;

/// Most characters of a text of a study that are kept: screens, pictures and reports show all of them.
pub const LONGEST_TEXT: usize = 1_000;

/// Words that cannot be the name of a view, because they have a meaning in filters, commands or files.
pub const RESERVED_NAMES: [&str; 31] = [
    "and",
    "or",
    "not",
    "effect",
    "abs",
    "se",
    "ratio",
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
    "delta-se",
    "delta-share",
    "fires",
    "label",
    "p",
    "q",
    "prompt",
];

/// The description of a study, without its prompts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Study {
    /// The study's name on the command line and in messages.
    pub name: String,
    /// The title with which quick lists and exports begin.
    pub title: String,
    /// The views, at least one.
    pub views: Vec<ViewSpec>,
    /// The two views that are compared first; None if there is only one view.
    pub compare: Option<(View, View)>,
    /// The tags that features can get.
    pub tags: Vocabulary,
}

/// The description of one view of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewSpec {
    /// The view's name in columns, filters, commands, file names and run files.
    pub name: ViewName,
    /// The subject of the view in a few words: "male names".
    pub label: String,
    /// Index of the study's pair list, from 0.
    pub pairs: usize,
    /// Whether the view takes the pairs as they are or reversed.
    pub direction: Direction,
    /// The wording for its clean prompt: "he-prompt".
    pub clean: String,
    /// The wording for its patch prompt: "she-prompt".
    pub patch: String,
}

impl Study {
    /// Makes all text safe to show on a terminal, and refuses a study that is not consistent: a file may contain anything.
    pub fn checked(mut self) -> std::result::Result<Self, String> {
        let count = self.views.len();
        if !(1..=MOST_VIEWS).contains(&count) {
            return Err(format!("its study has {count} views, not 1 to {MOST_VIEWS}"));
        }
        let names: BTreeSet<String> = self.views.iter().map(|view| view.name.as_str().to_ascii_lowercase()).collect();
        if names.len() < count {
            return Err("two views of its study have one name, ignoring case".to_owned());
        }
        if let Some(reserved) = RESERVED_NAMES.into_iter().find(|reserved| names.contains(*reserved)) {
            return Err(format!("a view of its study is called '{reserved}', which means something else"));
        }
        self.tags.check()?;
        let lists: BTreeSet<usize> = self.views.iter().map(|view| view.pairs).collect();
        if !lists.iter().copied().eq(0..lists.len()) {
            return Err("the pair lists of its study are not numbered in order".to_owned());
        }
        let exists = |view: View| usize::from(view.0) < count;
        if self.compare.is_some_and(|(first, second)| first == second || !exists(first) || !exists(second)) {
            return Err("its study compares views that it does not have".to_owned());
        }
        if self.compare.is_some() != (count > 1) {
            return Err("its study does not say which two of its views are compared first".to_owned());
        }
        let of_views = self.views.iter_mut().flat_map(|view| [&mut view.label, &mut view.clean, &mut view.patch]);
        let of_tags = self.tags.0.iter_mut().map(|tag| &mut tag.meaning);
        for text in [&mut self.name, &mut self.title].into_iter().chain(of_views).chain(of_tags) {
            *text = excerpt(text, LONGEST_TEXT);
        }
        Ok(self)
    }

    /// Every view, in order.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = View> + use<> {
        (0..self.views.len() as u8).map(View)
    }

    /// The description of `view`.
    ///
    /// # Panics
    /// If `view` belongs to another study: a fault of the caller.
    pub fn view(&self, view: View) -> &ViewSpec {
        &self.views[usize::from(view.0)]
    }

    /// The name of `view`.
    pub fn name(&self, view: View) -> ViewName {
        self.view(view).name
    }

    /// The view called `name`, ignoring case; None if there is none.
    pub fn find(&self, name: &str) -> Option<View> {
        self.all().find(|view| self.name(*view).as_str().eq_ignore_ascii_case(name))
    }

    /// The view called `name`, ignoring case.
    ///
    /// # Errors
    /// If no view has this name; the remedy lists the names of all views.
    pub fn named(&self, name: &str) -> Result<View> {
        self.find(name).ok_or_else(|| {
            Problem::new(
                format_args!("view '{}'", excerpt(name, 40)),
                format_args!("is not one of the study '{}'", excerpt(&self.name, 80)),
                format_args!("use {}", self.names().join(", ")),
            )
        })
    }

    /// The names of all views, in order.
    pub fn names(&self) -> Vec<&str> {
        self.views.iter().map(|view| view.name.as_str()).collect()
    }

    /// Every two views that can be compared; those of [`Study::compare`] come first.
    pub fn pairs(&self) -> Vec<(View, View)> {
        let all =
            self.all().flat_map(|first| self.all().filter(move |second| first < *second).map(move |second| (first, second)));
        let same = |pair: &(View, View)| {
            self.compare.is_some_and(|(first, second)| *pair == (first, second) || *pair == (second, first))
        };
        self.compare.into_iter().chain(all.filter(|pair| !same(pair))).collect()
    }

    /// The number of pair lists that the views refer to.
    pub fn lists(&self) -> usize {
        self.views.iter().map(|view| view.pairs + 1).max().unwrap_or(0)
    }
}

#[cfg(test)]
#[path = "study_testing.rs"]
pub(crate) mod testing;
