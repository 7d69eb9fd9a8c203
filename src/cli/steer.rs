//! `saescope steer`: a feature's direction is added to an output.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::arguments::{Printed, SteerArguments};
use super::causal::side_effects::{self, Asked, with_side_effects};
use super::causal::words::{heading, interval, number, wrapped};
use super::causal::{Checked, json};
use super::output;
use super::table::Table;
use crate::core::causal::elsewhere::Elsewhere;
use crate::core::causal::scores::Score;
use crate::core::causal::set::{Member, expect_member};
use crate::core::causal::steering::{Dose, Flip, Flips, SCAN_END, SCAN_STEP, Steered, Written};
use crate::core::causal::words::probability;
use crate::core::decimal::decimal;
use crate::core::problem::{Problem, Result};
use crate::core::run::Manifest;
use crate::core::submodule::FeatureId;
use crate::core::text::{counted, printable};
use crate::engine::causal::continuation::Writing;
use crate::engine::causal::elsewhere::Around;
use crate::engine::causal::plain::Sides;
use crate::engine::causal::steered::{Plan, steered};

/// Seed of draws.
const SEED: u32 = 12;

/// Runs `steer`.
pub fn steer(arguments: &SteerArguments) -> Result<ExitCode> {
    let Member::Feature(feature) = arguments.feature else {
        let what = "is not one feature";
        return Err(Problem::new(format_args!("--feature {}", arguments.feature), what, "write resid_1/364 or 1-res-sm/364"));
    };
    expect_use_of_samples(arguments)?;
    let checked = Checked::open(&arguments.run, arguments.view.as_deref())?;
    let dictionaries = checked.manifest().dictionaries.iter();
    let places: Vec<_> = dictionaries.filter_map(|record| Some((record.place()?, record.features))).collect();
    expect_member(arguments.feature, format_args!("--feature {feature}"), &places)?;
    let sampling = Sampling::of(arguments);
    let writing = Writing {
        prompts: arguments.prompts,
        tokens: arguments.tokens,
        samples: arguments.samples,
        temperature: f64::from(sampling.temperature),
        top_p: f64::from(sampling.top_p),
        seed: sampling.seed,
    };
    let coefficients = each_once(&arguments.coefficients);
    let continued = coefficients.clone();
    let (positions, scans) = (arguments.positions, !arguments.no_scan);
    let asked = Plan { feature, positions, coefficients, continued, writing, scans, shortened: None };
    let side_effects = Asked::new(&checked, &arguments.elsewhere, None)?;
    let (found, elsewhere) = checked.with_model(arguments.model.clone(), Sides::Both, |loaded, plain, told, cancel| {
        let around = side_effects.map(|side_effects| side_effects.around(loaded, cancel)).transpose()?;
        let found = steered(plain, loaded.tokenizer.as_ref(), &asked, told, &mut |_| {}, cancel)?;
        let measure = |around: Around| around.steered(plain, feature, &asked.coefficients, positions, told, cancel);
        Ok((found, around.map(measure).transpose()?))
    })?;
    let elsewhere = elsewhere.as_ref();
    match arguments.format {
        Printed::Json => json::print(&as_json(&checked, feature, arguments, &found, elsewhere))?,
        Printed::Table => output::print_lines(&as_table(&checked, feature, arguments, &found, elsewhere))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// How continuations are drawn.
struct Sampling {
    temperature: f32,
    top_p: f32,
    seed: u32,
}

impl Sampling {
    /// As the flags say, else from the whole distribution as it is.
    fn of(arguments: &SteerArguments) -> Self {
        Self {
            temperature: arguments.temperature.unwrap_or(1.0),
            top_p: arguments.top_p.unwrap_or(1.0),
            seed: arguments.seed.unwrap_or(SEED),
        }
    }
}

/// Fails if a flag is for draws, and nothing is drawn.
fn expect_use_of_samples(arguments: &SteerArguments) -> Result<()> {
    if arguments.samples > 0 {
        let none = arguments.tokens == 0;
        let problem = || Problem::new("--samples", "draws nothing with --tokens 0", "leave one of the two out");
        return if none { Err(problem()) } else { Ok(()) };
    }
    let given = [
        ("--seed", arguments.seed.is_some()),
        ("--temperature", arguments.temperature.is_some()),
        ("--top-p", arguments.top_p.is_some()),
    ];
    let given = given.into_iter().find(|(_, is_given)| *is_given);
    given.map_or(Ok(()), |(flag, _)| {
        Err(Problem::new(flag, "is for draws, of which there are none without --samples", "leave it out, or add --samples 1"))
    })
}

/// The coefficients in their order, each once; a negative zero is zero.
fn each_once(coefficients: &[f32]) -> Vec<f32> {
    let mut once: Vec<f32> = Vec::with_capacity(coefficients.len());
    for coefficient in coefficients.iter().map(|coefficient| coefficient + 0.0) {
        if !once.contains(&coefficient) {
            once.push(coefficient);
        }
    }
    once
}

fn as_json(
    checked: &Checked,
    feature: FeatureId,
    arguments: &SteerArguments,
    found: &Steered,
    elsewhere: Option<&Elsewhere>,
) -> Value {
    let dose = |(dose, metric): (&Dose, &Score)| {
        json!({
            "coefficient": decimal(dose.coefficient),
            "logit_difference": json::score(metric),
            "p_clean_answer": dose.clean,
            "p_patch_answer": dose.patch,
        })
    };
    let flip =
        |flip: &Option<Flip>| flip.map(|flip| json!({ "coefficient": flip.coefficient, "before": flip.before, "at": flip.at }));
    let flips = |flips: &Flips| {
        let per_example: Vec<_> = flips.per_example.iter().map(flip).collect();
        json!({ "per_example": per_example, "mean": flip(&flips.mean), "not_finite_at": flips.ended })
    };
    let mut continuations: Map<String, Value> = Map::new();
    for Written { continuation: found, greedy, sampled } in &found.written {
        let sampled: Vec<Value> =
            found.sampled.iter().zip(sampled).map(|(tokens, text)| json!({ "tokens": tokens, "text": text })).collect();
        let value = json!({ "tokens": found.greedy, "text": greedy, "smallest_gap": found.smallest_gap, "sampled": sampled });
        let of_coefficient = continuations.entry(found.coefficient.to_string()).or_insert_with(|| json!({}));
        of_coefficient[found.mode.name()] = value;
    }
    let dose_curve = |sign: f32| {
        let (dose, knee) = found.dose_curve(elsewhere.map_or(&[], Elsewhere::damages), sign).ok()?;
        Some(json!({ "area": dose.area, "knee_coefficient": knee }))
    };
    let sampling = Sampling::of(arguments);
    let result = json!({
        "run": checked.path.display().to_string(),
        "model": checked.manifest().model.name,
        "view": checked.view_name(),
        "lines": checked.lines(),
        "feature": feature.to_string(),
        "decoder_norm": found.decoder_norm,
        "times_scale_of_token": found.is_scaled,
        "mean_activation": { "clean": found.activations[0], "patch": found.activations[1] },
        "positions": arguments.positions.to_string(),
        "dose": found.doses.iter().zip(&found.metrics).map(dose).collect::<Vec<_>>(),
        "scan": { "step": SCAN_STEP, "end": SCAN_END },
        "flip": found.flips.as_ref().map(|[up, down]| json!({ "positive": flips(up), "negative": flips(down) })),
        "sampling": { "temperature": decimal(sampling.temperature), "top_p": decimal(sampling.top_p), "seed": sampling.seed },
        "continuations": continuations,
        "unsteered": found.bias().map(json::denominator),
        "dose_curve": { "positive": dose_curve(1.0), "negative": dose_curve(-1.0) },
    });
    with_side_effects(result, elsewhere, &names(found))
}

fn as_table(
    checked: &Checked,
    feature: FeatureId,
    arguments: &SteerArguments,
    found: &Steered,
    elsewhere: Option<&Elsewhere>,
) -> String {
    let examples = found.doses.first().map_or(0, |dose| dose.metrics.len());
    let [clean, patch] =
        found.activations.map(|mean| mean.map_or_else(|| "never active".to_owned(), |mean| format!("{mean:.3}")));
    format!(
        "{}{feature} at {}; decoder norm {:.3}; mean activation where active: clean {clean}, patch {patch}\n\n{}\n{}{}{}{}",
        heading(checked, examples),
        arguments.positions.words(),
        found.decoder_norm,
        doses(found),
        found.flips.as_ref().map_or_else(String::new, flips),
        continuations(checked.manifest(), checked, found),
        wrapped(&format!(
            "The output becomes x + {}. {}. metric: mean of logit(patch answer) - logit(clean answer) over the clean prompts; p: mean \
             probability over the whole vocabulary. Intervals: bootstrap over pairs.",
            found.added(),
            found.units()
        )),
        side_effects_of(found, elsewhere)
    )
}

/// The coefficient as text: that of the largest floats has forty digits otherwise.
fn coefficient(coefficient: f32) -> String {
    let coefficient = coefficient + 0.0;
    if coefficient.abs() < 1e6 { coefficient.to_string() } else { format!("{coefficient:e}") }
}

/// The doses as names of edits.
fn names(found: &Steered) -> Vec<String> {
    found.doses.iter().map(|dose| coefficient(dose.coefficient)).collect()
}

/// What each coefficient does elsewhere, with area and knee.
fn side_effects_of(found: &Steered, elsewhere: Option<&Elsewhere>) -> String {
    let summary = elsewhere.and_then(|elsewhere| found.dose_summary(elsewhere.damages()));
    let summary = summary.map_or_else(String::new, |summary| wrapped(&format!("{summary}.")));
    let note = elsewhere.map_or_else(String::new, |_| wrapped("Neutral text is steered at every position, pairs as above."));
    side_effects::table(elsewhere, &names(found)) + &note + &summary
}

fn doses(found: &Steered) -> String {
    let mut table = Table::new(0, &["coefficient", "x mean", "metric", "95 %", "p clean answer", "p patch answer"]);
    for (dose, metric) in found.doses.iter().zip(&found.metrics) {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        table.push(vec![
            coefficient(dose.coefficient),
            found.in_units(dose.coefficient),
            number(metric.mean),
            interval(metric.interval),
            probability(mean(&dose.clean)),
            probability(mean(&dose.patch)),
        ]);
    }
    table.plain()
}

fn flips([up, down]: &[Flips; 2]) -> String {
    let said = |sign: &str, flips: &Flips| {
        let reach = flips.reach(sign == "-");
        let mean = flips.mean.map_or_else(|| "does not turn".to_owned(), |flip| format!("turns at {}", flip.coefficient));
        let mut at: Vec<f32> = flips.per_example.iter().flatten().map(|flip| flip.coefficient.abs()).collect();
        at.sort_unstable_by(f32::total_cmp);
        let median = at.get(at.len() / 2).map_or_else(String::new, |middle| format!(", half of these by {sign}{middle}"));
        format!(
            "the sign of the mean {mean} ({reach}); it turns in {} of {}{median}\n",
            at.len(),
            counted(flips.per_example.len(), "pair")
        )
    };
    format!("{}{}\n", said("+", up), said("-", down))
}

fn continuations(manifest: &Manifest, checked: &Checked, found: &Steered) -> String {
    if found.written.is_empty() {
        return String::new();
    }
    let view = manifest.study.view(checked.view);
    let examples = &manifest.data(checked.view).examples;
    let mut text = String::new();
    let prompts = found.written.first().map_or(0, |written| written.greedy.len());
    let coefficients: Vec<String> = found.written.iter().map(|written| coefficient(written.continuation.coefficient)).collect();
    let widest = coefficients.iter().map(String::len).max().unwrap_or_default().max(6);
    for (place, example) in examples.iter().take(prompts).enumerate() {
        let (clean, _) = view.direction.orient(&example.clean_text, &example.patch_text);
        text.push_str(&format!("{}\n", printable(&clean.concat())));
        for (Written { continuation, greedy, sampled }, coefficient) in found.written.iter().zip(&coefficients) {
            let name = if continuation.coefficient == 0.0 { "unsteered" } else { continuation.mode.name() };
            text.push_str(&format!("  {coefficient:>widest$} {name:<12} {}\n", printable(&greedy[place])));
            for sample in sampled {
                text.push_str(&format!("  {:>widest$} {:<12} {}\n", "", "  sampled", printable(&sample[place])));
            }
        }
    }
    text + "\n"
}
