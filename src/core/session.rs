//! How a study was looked at last, so that the next start goes on from there.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::format_error::of_json;
use super::problem::{Problem, Result};
use super::selection::Selection;
use super::submodule::{FeatureId, FeatureIndex};
use super::tags::Subject;

/// The version of the JSON form, the only one that is read.
const FORMAT: u32 = 1;

/// Most marks that are remembered.
const MOST_MARKS: usize = 10_000;

/// The study that was looked at: a name, and the model with the dictionaries that it was computed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The model and its dictionaries.
    pub subject: Subject,
    /// The study's name.
    pub study: String,
}

/// What of a study was on the screen. Views are named, because their places may change.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The view, or which comparison.
    pub tab: SavedTab,
    /// The names of the two compared views; None if the study has one.
    pub compared: Option<[String; 2]>,
    /// The rule by which features are listed.
    pub selection: Selection,
    /// The threshold to return to from a top k.
    pub threshold: f32,
    /// The k to return to from a threshold.
    pub top_k: usize,
    /// The key of the column that orders the table, and whether the largest value comes first.
    pub sort: (String, bool),
    /// The text of the filter, if there is one.
    pub filter: Option<String>,
    /// Whether rows that do not match the filter stay.
    pub keep_others: bool,
    /// The name of the submodule whose features alone are listed, if there is one.
    pub submodule: Option<String>,
    /// The name of the pane that takes keys.
    pub pane: String,
    /// The feature at the cursor.
    pub cursor: Option<FeatureId>,
    /// The marked features.
    pub marked: Arc<BTreeSet<FeatureId>>,
}

/// The view or comparison of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SavedTab {
    /// The view of this name.
    View(String),
    /// The difference of the compared views.
    Difference,
    /// The similarity of the compared views.
    Similarity,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    model: String,
    dictionaries: String,
    study: String,
    tab: SavedTab,
    compared: Option<[String; 2]>,
    /// Either the threshold or the k is in force.
    is_top_k: bool,
    threshold: f32,
    top_k: usize,
    sort: String,
    descending: bool,
    filter: Option<String>,
    keep_others: bool,
    submodule: Option<String>,
    pane: String,
    cursor: Option<String>,
    marked: Vec<String>,
}

fn spelled(feature: &FeatureId) -> String {
    format!("{}/{}", feature.submodule, feature.index.0)
}

fn feature(text: &str) -> Option<FeatureId> {
    let (submodule, index) = text.split_once('/')?;
    Some(FeatureId { submodule: submodule.parse().ok()?, index: FeatureIndex(index.parse().ok()?) })
}

impl Session {
    /// The session as JSON text.
    pub fn to_json(&self, looked: &Looked) -> Result<String> {
        let (mut threshold, mut top_k) = (self.threshold, self.top_k);
        match self.selection {
            Selection::Threshold(value) => threshold = value,
            Selection::TopK(value) => top_k = value,
        }
        let document = Document {
            format: FORMAT,
            model: looked.subject.model.clone(),
            dictionaries: looked.subject.dictionaries.clone(),
            study: looked.study.clone(),
            tab: self.tab.clone(),
            compared: self.compared.clone(),
            is_top_k: matches!(self.selection, Selection::TopK(_)),
            threshold,
            top_k,
            sort: self.sort.0.clone(),
            descending: self.sort.1,
            filter: self.filter.clone(),
            keep_others: self.keep_others,
            submodule: self.submodule.clone(),
            pane: self.pane.clone(),
            cursor: self.cursor.as_ref().map(spelled),
            marked: self.marked.iter().take(MOST_MARKS).map(spelled).collect(),
        };
        serde_json::to_string_pretty(&document).map_err(|error| {
            Problem::new("session", format_args!("cannot be written as JSON: {error}"), "report this as a fault")
        })
    }

    /// Reads the output of [`Session::to_json`]; messages call the file `name`. None if it is that of another study.
    pub fn from_json(text: &str, name: &str, looked: &Looked) -> Result<Option<Self>> {
        let damaged = |what: String| Problem::new(name, format_args!("holds no readable session: {what}"), "it will be replaced");
        let document: Document =
            serde_json::from_str(text).map_err(|error| damaged(format!("it {}", of_json(text.as_bytes(), &error))))?;
        if document.format != FORMAT || !document.threshold.is_finite() || document.threshold < 0.0 || document.top_k == 0 {
            return Err(damaged("its numbers are not those of this version".to_owned()));
        }
        let subject = Subject { model: document.model, dictionaries: document.dictionaries };
        if (Looked { subject, study: document.study }) != *looked {
            return Ok(None);
        }
        let selection =
            if document.is_top_k { Selection::TopK(document.top_k) } else { Selection::Threshold(document.threshold) };
        Ok(Some(Self {
            tab: document.tab,
            compared: document.compared,
            selection,
            threshold: document.threshold,
            top_k: document.top_k,
            sort: (document.sort, document.descending),
            filter: document.filter,
            keep_others: document.keep_others,
            submodule: document.submodule,
            pane: document.pane,
            cursor: document.cursor.as_deref().and_then(feature),
            marked: Arc::new(document.marked.iter().filter_map(|text| feature(text)).collect()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_comes_back_for_its_own_study_and_damage_is_named() {
        let looked = |study: &str| Looked {
            subject: Subject { model: "m".to_owned(), dictionaries: "ab".repeat(32) },
            study: study.to_owned(),
        };
        let marked = ["resid_1/374", "attn_0/5"].into_iter().filter_map(feature).collect();
        let session = Session {
            tab: SavedTab::View("male".to_owned()),
            compared: Some(["male".to_owned(), "baseline".to_owned()]),
            selection: Selection::TopK(30),
            threshold: 0.3,
            top_k: 30,
            sort: ("effect".to_owned(), true),
            filter: Some("kind=mlp".to_owned()),
            keep_others: true,
            submodule: Some("mlp_2".to_owned()),
            pane: "card".to_owned(),
            cursor: feature("resid_1/374"),
            marked: Arc::new(marked),
        };
        let text = session.to_json(&looked("names")).unwrap();
        assert_eq!(Session::from_json(&text, "s", &looked("names")).unwrap(), Some(session));
        assert_eq!(Session::from_json(&text, "s", &looked("other")).unwrap(), None);
        for (right, wrong) in [("\"format\": 1", "\"format\": 2"), ("\"top_k\": 30", "\"top_k\": 0"), ("0.3", "-1"), ("{", "[")] {
            let problem = Session::from_json(&text.replacen(right, wrong, 1), "s", &looked("names")).unwrap_err();
            assert!(problem.what().starts_with("holds no readable session"), "{problem}");
        }
    }
}
