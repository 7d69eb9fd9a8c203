//! What edits do elsewhere, as flags ask for it: to neutral text, to the other views of the run, to the pairs of other studies.

use serde_json::{Map, Value, json};

use super::words::wrapped;
use super::{Checked, json, neutral};
use crate::cli::arguments::{SideEffectArguments, SideEffectsOf};
use crate::cli::table::Table;
use crate::core::causal::elsewhere::{Elsewhere, Neutral};
use crate::core::causal::set::FeatureSet;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::problem::{Problem, Result};
use crate::core::request::Options;
use crate::core::study_source::StudySource;
use crate::engine::cancel::Cancel;
use crate::engine::causal::ablation::Told;
use crate::engine::causal::elsewhere::Around;
use crate::engine::causal::plain::{Pair, Plain};
use crate::engine::causal::side_effects::expect_for_any_text;
use crate::engine::compute::Answers;
use crate::engine::dataset::{self, Example, Limits};
use crate::engine::loaded::Loaded;
use crate::store::studies::Studies;

/// What is looked at beside the view: read before the model is opened, so that faults are early.
pub struct Asked<'a> {
    checked: &'a Checked,
    arguments: &'a SideEffectArguments,
    studies: Vec<StudySource>,
}

impl<'a> Asked<'a> {
    /// What the flags ask for; None if they ask for nothing.
    pub fn new(checked: &'a Checked, arguments: &'a SideEffectArguments) -> Result<Option<Self>> {
        if arguments.side_effects == SideEffectsOf::None {
            let given = [("--corpus", arguments.corpus.is_some()), ("--also", !arguments.also.is_empty())];
            return match given.into_iter().find(|(_, is_given)| *is_given) {
                Some((name, _)) => {
                    Err(Problem::new(name, "is for side effects, and these are turned off", "leave one of the two out"))
                }
                None => Ok(None),
            };
        }
        let studies = arguments.also.iter().map(|name| Studies::find().open(name)).collect::<Result<_>>()?;
        Ok(Some(Self { checked, arguments, studies }))
    }

    /// Where edits are looked at.
    pub fn around(&self, loaded: &Loaded, cancel: &Cancel) -> Result<Around> {
        let manifest = self.checked.manifest();
        let mut around = Around::of_run(loaded, manifest, self.checked.view);
        if let Some(path) = &self.arguments.corpus {
            around.text = neutral::read(loaded, manifest, Some(path))?;
        }
        around.others.extend(self.pairs(loaded, cancel)?);
        Ok(around)
    }

    /// What ablating each of `sets` does. `plain` are the runs of the view itself.
    pub fn ablated(
        &self,
        loaded: &Loaded,
        plain: &Plain<'_>,
        sets: &[FeatureSet],
        how: (Way, ErrorTreatment),
        told: Told<'_>,
        cancel: &Cancel,
    ) -> Result<Elsewhere> {
        // Somebody who names a text wants it measured, not to be told that this way has no values there.
        self.arguments.corpus.as_ref().map_or(Ok(()), |_| expect_for_any_text(how.0))?;
        self.around(loaded, cancel)?.ablated(plain, sets, how, told, cancel)
    }

    /// The pairs of every view of the other studies.
    fn pairs(&self, loaded: &Loaded, cancel: &Cancel) -> Result<Vec<(String, Vec<Pair>)>> {
        let manifest = self.checked.manifest();
        let mut found = Vec::new();
        let config = loaded.compute.config();
        let bos = manifest.model.bos;
        let limits = Limits { vocabulary: config.vocabulary, context: config.context - usize::from(bos.is_some()) };
        let options = Options { seed: manifest.seed, tokens: None, examples: None };
        for StudySource { study, lists } in &self.studies {
            let mut data = Vec::new();
            for list in lists {
                let mut list = dataset::load(list, loaded.tokenizer.as_ref(), options, limits, cancel)?;
                bos.into_iter().for_each(|bos| list.begin_with(bos));
                data.push(list.examples);
            }
            for view in study.all() {
                let spec = study.view(view);
                let pair = |example: &Example| {
                    let (clean, patch) = spec.direction.orient(&example.clean, &example.patch);
                    let (clean_answer, patch_answer) = spec.direction.orient(example.clean_answer, example.patch_answer);
                    let answers = Answers { clean: clean_answer, patch: patch_answer };
                    Pair { clean: clean.clone(), patch: patch.clone(), answers }
                };
                found.push((format!("{}: {}", study.name, spec.name), data[spec.pairs].iter().map(pair).collect()));
            }
        }
        Ok(found)
    }
}

/// A result with the side effects of the edits called `names`, if these were measured.
pub fn with_side_effects(mut result: Value, elsewhere: Option<&Elsewhere>, names: &[String]) -> Value {
    if let Some(elsewhere) = elsewhere {
        result["side_effects"] = as_json(elsewhere, names);
    }
    result
}

/// The side effects of the edits called `names`, as a table with its explanation; nothing if they were not measured.
pub fn table(elsewhere: Option<&Elsewhere>, names: &[String]) -> String {
    let Some(elsewhere) = elsewhere else { return String::new() };
    let heading = elsewhere.heading(true);
    let mut table = Table::new(1, &heading.iter().map(String::as_str).collect::<Vec<_>>());
    // Without text and other views there is nothing to list.
    let names = if heading.len() > 1 { names } else { &[] };
    names.iter().enumerate().for_each(|(place, name)| table.push(elsewhere.row(place, name, true)));
    let rows = if names.is_empty() { String::new() } else { table.plain() };
    format!("\n{rows}\n{}", wrapped(&elsewhere.explanation()))
}

/// The side effects of the edits called `names`, as an object by name.
fn as_json(elsewhere: &Elsewhere, names: &[String]) -> Value {
    let text = match &elsewhere.text {
        Neutral::Measured(name, damage) => {
            let first = damage.first();
            json!({
                "corpus": name,
                "texts": first.map(|damage| damage.loss_change.per_example.len()),
                "tokens": first.map(|damage| damage.tokens),
                "loss": first.map(|damage| damage.loss_before),
            })
        }
        Neutral::Unmeasured(_) => Value::Null,
    };
    let of_edit = |(place, name): (usize, &String)| {
        let others: Map<String, Value> =
            elsewhere.others.iter().map(|other| (other.name.clone(), json::score(&other.bias[place]))).collect();
        let damage = elsewhere.damage(place).map(
            |damage| json!({ "loss_change": json::score(&damage.loss_change), "divergence": json::score(&damage.divergence) }),
        );
        (name.clone(), json!({ "neutral_text": damage, "bias": others }))
    };
    let edits: Map<String, Value> = names.iter().enumerate().map(of_edit).collect();
    let views: Map<String, Value> = elsewhere
        .others
        .iter()
        .map(|other| (other.name.clone(), json!({ "examples": other.examples, "F_M": json::denominator(other.all) })))
        .collect();
    let mut object = json!({ "neutral_text": text, "views": views, "sets": edits });
    if let Neutral::Unmeasured(why) = &elsewhere.text {
        object["not_measured"] = json!(format!("neutral text: {why}"));
    }
    object
}
