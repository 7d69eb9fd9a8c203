//! Compares the strongest features of the male and the baseline view, with the program's own engine: the demo has to show that
//! the two views differ, which is what a comparison is for.

use std::path::Path;

use crate::core::problem::Result;
use crate::core::quadrature::Rule;
use crate::core::request::{Backend, Options, Settings};
use crate::core::rows::arrange::held;
use crate::core::run::Method;
use crate::core::selection::HeldBy;
use crate::core::selection::Selection;
use crate::core::study_source::PairSource;
use crate::core::view::{Direction, View};
use crate::core::view_findings::ViewFindings;
use crate::engine::attribution::{ViewInput, attribute};
use crate::engine::cancel::Cancel;
use crate::engine::compute::open;
use crate::engine::dataset::{Limits, load};
use crate::engine::dictionary::folder::open_all;
use crate::engine::dictionary::host::Host;
use crate::engine::model::config::Config;
use crate::engine::model::weight_files::WeightFiles;
use crate::engine::tokenizer::Tokenizer;

use super::files;

/// Number of features that are in only one of the two top-30 lists, by integrated gradients in 10 steps on the files in `demo`
/// and `data`.
pub fn differ_in(demo: &Path, data: &Path) -> Result<usize> {
    let model = demo.join("model");
    let config = Config::parse(files::read(&model.join("config.json"))?.as_bytes(), "config.json")?;
    let (weights, cancel) = (WeightFiles::open(&model)?, Cancel::default());
    let compute = open(Some(Backend::NdArray), &config, &weights, &cancel)?;
    let dictionaries = open_all(&[demo.join("dictionaries")], &Host::of(&config), &cancel)?;
    let tokenizer = Tokenizer::open(&model.join("tokenizer.json"))?;
    let examples = |name: &str| {
        let path = data.join(name);
        let options = Options { seed: 12, tokens: None, examples: None };
        let limits = Limits { vocabulary: config.vocabulary, context: config.context };
        load(&PairSource::File(path), Some(&tokenizer), options, limits, &cancel)
    };
    let (pairs, baseline) = (examples("names.json")?.examples, examples("baseline_names.json")?.examples);
    let settings = Settings { method: Method::Ig, rule: Rule::Riemann, steps: 10, batch: 50, detail: 0 };
    let input = |view, name, examples| ViewInput { view, name, examples, direction: Direction::Forward, is_part: false };
    let inputs = [input(View(0), "names", &pairs[..]), input(View(1), "baseline", &baseline[..])];
    let views = attribute(&*compute, &dictionaries, &inputs, settings, &mut |_| {}, &cancel)?;
    let views: Vec<ViewFindings> = views.into_iter().map(|effects| ViewFindings::from_effects(effects, config.layers)).collect();
    // Both views are complete, so their selections exist.
    let held = held(&views[0], &views[1], Selection::TopK(30)).unwrap_or_default();
    Ok(held.iter().filter(|(_, held_by)| *held_by != HeldBy::Both).count())
}
