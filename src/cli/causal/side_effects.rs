//! What edits do elsewhere, as flags ask for it: to neutral text, to the other views of the run, to the pairs of other studies.

use serde_json::{Map, Value, json};

use super::neutral::Text;
use super::words::wrapped;
use super::{Checked, json};
use crate::cli::arguments::{SideEffectArguments, SideEffectsOf};
use crate::cli::table::Table;
use crate::core::causal::elsewhere::{Elsewhere, Neutral, Other, Unmeasured};
use crate::core::causal::way::Way;
use crate::core::problem::{Problem, Result};
use crate::core::request::Options;
use crate::core::study_source::StudySource;
use crate::engine::cancel::Cancel;
use crate::engine::causal::elsewhere::{Around, Beside};
use crate::engine::causal::plain::Pair;
use crate::engine::compute::Answers;
use crate::engine::dataset::{self, Example, Limits};
use crate::engine::loaded::Loaded;
use crate::store::studies::Studies;

/// Most pairs of a list of another study, unless the run was asked for a number itself.
const MOST_PAIRS: usize = 200;

/// What is looked at beside the view. All files are read before the model is opened, so that faults are early; what only the model can
/// tell is told by [`Asked::around`], before anything is computed.
pub struct Asked<'a> {
    checked: &'a Checked,
    text: Text,
    studies: Vec<StudySource>,
}

impl<'a> Asked<'a> {
    /// What the flags ask for, of features that are ablated in the way `way`, or steered with if it is None; None if they ask for nothing.
    ///
    /// # Errors
    /// When flags contradict each other, a file cannot be read, or features have no values on a text that was named.
    pub fn new(checked: &'a Checked, arguments: &SideEffectArguments, way: Option<Way>) -> Result<Option<Self>> {
        if arguments.side_effects == SideEffectsOf::None {
            let given = [("--corpus", arguments.corpus.is_some()), ("--also", !arguments.also.is_empty())];
            return match given.into_iter().find(|(_, is_given)| *is_given) {
                Some((name, _)) => {
                    Err(Problem::new(name, "is for side effects, and these are turned off", "leave one of the two out"))
                }
                None => Ok(None),
            };
        }
        for (place, name) in arguments.also.iter().enumerate() {
            if arguments.also[..place].contains(name) {
                return Err(Problem::new(format_args!("--also {name}"), "is given twice", "name it once"));
            }
        }
        let text = Text::read(arguments.corpus.as_deref(), way)?;
        let mut studies = arguments.also.iter().map(|name| Studies::find().open(name)).collect::<Result<Vec<_>>>()?;
        for list in studies.iter_mut().flat_map(|study| &mut study.lists) {
            *list = dataset::read(list)?;
        }
        Ok(Some(Self { checked, text, studies }))
    }

    /// Where edits are looked at.
    ///
    /// # Errors
    /// When a text or a list of pairs is not one of the model.
    pub fn around(&self, loaded: &Loaded, cancel: &Cancel) -> Result<Around> {
        let manifest = self.checked.manifest();
        let mut around = Around::of_run(loaded, manifest, self.checked.view);
        around.text = self.text.corpus(loaded, manifest)?;
        for other in self.others(loaded, cancel)? {
            let is_taken = |name: &str| around.others.iter().any(|other| other.name == name);
            // Several studies may have one name.
            let numbered = (2..).map(|number| format!("{} ({number})", other.name));
            let name = std::iter::once(other.name.clone()).chain(numbered).find(|name| !is_taken(name));
            around.others.push(Beside { name: name.unwrap_or_default(), ..other });
        }
        Ok(around)
    }

    /// Every view of the other studies.
    fn others(&self, loaded: &Loaded, cancel: &Cancel) -> Result<Vec<Beside>> {
        let manifest = self.checked.manifest();
        let mut found = Vec::new();
        let config = loaded.compute.config();
        let bos = manifest.model.bos;
        let limits = Limits { vocabulary: config.vocabulary, context: config.context - usize::from(bos.is_some()) };
        let examples = Some(manifest.examples.unwrap_or(MOST_PAIRS));
        let options = Options { seed: manifest.seed, tokens: None, examples };
        for StudySource { study, lists } in &self.studies {
            let mut data = Vec::new();
            for list in lists {
                let mut list = dataset::load(list, loaded.tokenizer.as_ref(), options, limits, cancel)?;
                bos.into_iter().for_each(|bos| list.begin_with(bos));
                data.push(list);
            }
            for view in study.all() {
                let spec = study.view(view);
                let pair = |example: &Example| {
                    let (clean, patch) = spec.direction.orient(&example.clean, &example.patch);
                    let (clean_answer, patch_answer) = spec.direction.orient(example.clean_answer, example.patch_answer);
                    let answers = Answers { clean: clean_answer, patch: patch_answer };
                    Pair { clean: clean.clone(), patch: patch.clone(), answers }
                };
                let list = &data[spec.pairs];
                found.push(Beside {
                    name: format!("{}: {}", study.name, spec.name),
                    pairs: list.examples.iter().map(pair).collect(),
                    dropped: list.dropped.sum(),
                });
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
        let bias = |other: &Other| (other.name.clone(), json!(other.bias.get(place).map(json::score)));
        let others: Map<String, Value> = elsewhere.others.iter().map(bias).collect();
        let damage = elsewhere.damage(place).map(
            |damage| json!({ "loss_change": json::score(&damage.loss_change), "divergence": json::score(&damage.divergence) }),
        );
        (name.clone(), json!({ "neutral_text": damage, "bias": others }))
    };
    let edits: Map<String, Value> = names.iter().enumerate().map(of_edit).collect();
    let view = |other: &Other| {
        let dropped = other.dropped;
        (
            other.name.clone(),
            json!({ "examples": other.examples, "lines_not_used": dropped, "F_M": json::denominator(other.all) }),
        )
    };
    let unmeasured = |view: &Unmeasured| (view.name.clone(), json!({ "not_measured": view.why }));
    let views: Map<String, Value> =
        elsewhere.others.iter().map(view).chain(elsewhere.unmeasured.iter().map(unmeasured)).collect();
    let mut object = json!({ "way": elsewhere.way.map(Way::name), "neutral_text": text, "views": views, "sets": edits });
    match &elsewhere.text {
        Neutral::Unmeasured(why) if elsewhere.is_nothing() => object["not_measured"] = json!(why),
        Neutral::Unmeasured(why) => object["not_measured"] = json!(format!("neutral text: {why}")),
        Neutral::Measured(..) => {}
    }
    object
}
