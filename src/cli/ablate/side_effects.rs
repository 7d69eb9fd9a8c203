//! What an ablation does elsewhere: to neutral text, to the other views of the run, to the pairs of other studies.

use serde_json::{Map, Value, json};

use super::facts::sides;
use crate::cli::arguments::SideEffectArguments;
use crate::cli::causal::words::{interval, number, small, small_interval, wrapped};
use crate::cli::causal::{Checked, json, neutral};
use crate::cli::table::Table;
use crate::core::causal::scores::{Denominator, Score, denominator_of, removed_bias, resamples};
use crate::core::causal::set::{FeatureSet, Part};
use crate::core::causal::side_effects::Damage;
use crate::core::causal::way::{ErrorTreatment, Way};
use crate::core::causal::words::ratio;
use crate::core::problem::Result;
use crate::core::request::Options;
use crate::core::study_source::StudySource;
use crate::core::text::{counted, printable};
use crate::engine::cancel::Cancel;
use crate::engine::causal::ablation::{Told, metrics};
use crate::engine::causal::plain::{Pair, Plain};
use crate::engine::causal::side_effects::{damage, plain_of};
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

/// The side effects of some sets.
pub struct SideEffects {
    way: Way,
    /// What the corpus is called, and what each set does to it; None if the way has no values there.
    texts: Option<(String, Vec<Damage>)>,
    others: Vec<Other>,
}

/// The pairs of another view.
struct Other {
    name: String,
    examples: usize,
    all: Denominator,
    /// The share of its bias that each set removes.
    bias: Vec<Score>,
}

impl<'a> Asked<'a> {
    /// What the flags ask for; None if they ask for nothing.
    pub fn new(checked: &'a Checked, arguments: &'a SideEffectArguments) -> Result<Option<Self>> {
        if !arguments.side_effects {
            return Ok(None);
        }
        let studies = arguments.also.iter().map(|name| Studies::find().open(name)).collect::<Result<_>>()?;
        Ok(Some(Self { checked, arguments, studies }))
    }

    /// What ablating each of `sets` does elsewhere. `plain` are the runs of the view itself.
    pub fn measure(
        &self,
        loaded: &Loaded,
        plain: &Plain<'_>,
        sets: &[FeatureSet],
        how: (Way, ErrorTreatment),
        told: Told<'_>,
        cancel: &Cancel,
    ) -> Result<SideEffects> {
        let texts = if how.0.is_for_any_text() || self.arguments.corpus.is_some() {
            let neutral::Corpus { name, tokens } =
                neutral::read(loaded, self.checked.manifest(), self.arguments.corpus.as_deref())?;
            let texts = plain_of(plain.compute, plain.dictionaries, &tokens, cancel)?;
            Some((name, damage(plain, &texts, sets, how, told, cancel)?))
        } else {
            None
        };
        let sizes = plain.sizes();
        let edits: Vec<Vec<Part>> = sets.iter().map(|set| set.parts(&sizes)).collect::<Result<_>>()?;
        let mut others = Vec::new();
        for (name, pairs) in self.pairs(loaded, cancel)? {
            let plain = Plain::new(plain.compute, plain.dictionaries, &pairs, sides(how.0), cancel)?;
            let all = plain.metrics(cancel)?;
            let draws = resamples(all.len());
            let removed = metrics(&plain, &edits, how.0, how.1, told, cancel)?;
            let bias = removed.iter().map(|removed| removed_bias(&all, removed, &draws)).collect();
            others.push(Other { name, examples: all.len(), all: denominator_of(&all), bias });
        }
        Ok(SideEffects { way: how.0, texts, others })
    }

    /// The pairs of the run's other views, and of every view of the other studies.
    fn pairs(&self, loaded: &Loaded, cancel: &Cancel) -> Result<Vec<(String, Vec<Pair>)>> {
        let manifest = self.checked.manifest();
        let other_views = manifest.study.all().filter(|view| *view != self.checked.view);
        let of_run = other_views.map(|view| (manifest.study.name(view).to_string(), Pair::of_run(manifest, view)));
        // A shard may have no pair of some list.
        let mut found: Vec<(String, Vec<Pair>)> = of_run.filter(|(_, pairs)| !pairs.is_empty()).collect();
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

/// A result with the side effects of the sets called `names`, if these were asked for.
pub fn with_side_effects(mut result: Value, side_effects: Option<&SideEffects>, names: &[String]) -> Value {
    if let Some(side_effects) = side_effects {
        result["side_effects"] = side_effects.as_json(names);
    }
    result
}

impl SideEffects {
    /// The side effects of the sets called `names`, as a table with its explanation.
    pub fn table(&self, names: &[String]) -> String {
        let mut header: Vec<String> = vec!["elsewhere".to_owned()];
        if self.texts.is_some() {
            header.extend(["loss", "95 %", "divergence", "95 %"].map(str::to_owned));
        }
        header.extend(self.others.iter().map(|other| printable(&other.name)));
        let mut table = Table::new(1, &header.iter().map(String::as_str).collect::<Vec<_>>());
        for (place, name) in names.iter().enumerate() {
            let mut row = vec![printable(name)];
            if let Some((_, damage)) = &self.texts {
                let Damage { loss_change, divergence, .. } = &damage[place];
                row.extend([number(loss_change.mean), interval(loss_change.interval)]);
                row.extend([small(divergence.mean), small_interval(divergence.interval)]);
            }
            row.extend(self.others.iter().map(|other| {
                let [bias, _] = ratio(&other.bias[place], other.all);
                bias
            }));
            table.push(row);
        }
        let of_texts = match &self.texts {
            Some((name, damage)) => {
                let Some(first) = damage.first() else { return String::new() };
                format!(
                    "loss: its change on {}, {} tokens of {} texts, in nats a token (without the edit {:.4}); divergence: KL of the edited \
                     from the plain predictions, nats a token; intervals: bootstrap over texts.",
                    printable(name),
                    first.tokens,
                    first.loss_change.per_example.len(),
                    first.loss_before
                )
            }
            None => {
                format!("Neutral text: not measured, since way {} takes its values from the pairs, token by token.", self.way)
            }
        };
        let of_others = self.others.iter().map(|other| {
            let doubt = if other.all.is_within_error() { ", within its error of zero" } else { "" };
            format!("{}: {}, F(M) {:+.4}{doubt}", printable(&other.name), counted(other.examples, "pair"), other.all.mean)
        });
        let of_others: Vec<String> = of_others.collect();
        let columns = if of_others.is_empty() {
            String::new()
        } else {
            format!(
                " Other columns: the bias removed from the pairs of other views, with values of ablated features from their own prompts \
                 ({}).",
                of_others.join("; ")
            )
        };
        format!("\n{}\n{}", table.plain(), wrapped(&format!("{of_texts}{columns}")))
    }

    /// The side effects of the sets called `names`, as an object by name.
    pub fn as_json(&self, names: &[String]) -> Value {
        let texts = self.texts.as_ref().map(|(name, damage)| {
            let first = damage.first();
            json!({
                "corpus": name,
                "texts": first.map(|damage| damage.loss_change.per_example.len()),
                "tokens": first.map(|damage| damage.tokens),
                "loss": first.map(|damage| damage.loss_before),
            })
        });
        let of_set = |(place, name): (usize, &String)| {
            let others: Map<String, Value> =
                self.others.iter().map(|other| (other.name.clone(), json::score(&other.bias[place]))).collect();
            let damage = self.texts.as_ref().map(|(_, damage)| {
                let damage = &damage[place];
                json!({ "loss_change": json::score(&damage.loss_change), "divergence": json::score(&damage.divergence) })
            });
            (name.clone(), json!({ "neutral_text": damage, "bias": others }))
        };
        let sets: Map<String, Value> = names.iter().enumerate().map(of_set).collect();
        let views: Map<String, Value> = self
            .others
            .iter()
            .map(|other| (other.name.clone(), json!({ "examples": other.examples, "F_M": json::denominator(other.all) })))
            .collect();
        json!({ "way": self.way.name(), "neutral_text": texts, "views": views, "sets": sets })
    }
}
