//! Placeholder until the reader of study files arrives.
use std::path::PathBuf;
use std::sync::Arc;
use crate::core::name::Name;
use crate::core::problem::Result;
use crate::core::study::{Study, ViewSpec};
use crate::core::study_source::{PairSource, StudySource};
use crate::core::tags::{TagSpec, Vocabulary};
use crate::core::view::{Direction, View};

fn study(views: usize) -> Study {
    let name = |text: &str| Name::new(text).unwrap();
    let view = |text: &str, pairs, direction, clean: &str, patch: &str| ViewSpec { name: name(text), label: text.to_owned(), pairs, direction, clean: clean.to_owned(), patch: patch.to_owned() };
    let tags = [("FP","female pronoun",'p'),("MP","male pronoun",'P'),("FW","female word other than pronouns and names",'w'),("MW","male word other than pronouns and names",'W'),("FN","female name",'n'),("MN","male name",'N'),("NOT","not about gender",'t'),("AMB","ambiguous: several meanings",'a'),("MAYBE","perhaps about gender",'m'),("NOACT","no activations known",'z')];
    let mut all = vec![view("male",0,Direction::Forward,"he-prompt","she-prompt"), view("female",0,Direction::Reversed,"she-prompt","he-prompt"), view("baseline",1,Direction::Forward,"male name","female name")];
    all.truncate(views);
    Study { name: "names".to_owned(), title: "Names".to_owned(), views: all, compare: Some((View(0), View(if views == 3 { 2 } else { 1 }))), tags: Vocabulary(tags.into_iter().map(|(n, m, key)| TagSpec { name: name(n), meaning: m.to_owned(), key }).collect()) }
}

pub fn open(_: &str) -> Result<StudySource> {
    let text = |name: &str, text: &str| PairSource::Text { name: name.to_owned(), text: text.into() };
    Ok(StudySource { study: Arc::new(study(3)), lists: vec![text("data/names.json", include_str!("../../../data/names.json")), text("data/baseline_names.json", include_str!("../../../data/baseline_names.json"))] })
}

pub fn names(baseline: bool) -> Result<StudySource> { let mut source = open("names")?; if !baseline { source.study = Arc::new(study(2)); source.lists.truncate(1); } Ok(source) }

pub fn pairs_only(pairs: PathBuf, baseline: Option<PathBuf>) -> Result<StudySource> {
    let lists: Vec<PairSource> = std::iter::once(pairs).chain(baseline).map(PairSource::File).collect();
    Ok(StudySource { study: Arc::new(study(1 + lists.len())), lists })
}
