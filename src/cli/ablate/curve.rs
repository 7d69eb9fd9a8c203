//! The curve: scores against the number of features, beside control sets.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::facts::{doubt, facts, show, with_facts};
use crate::cli::arguments::{AblateArguments, SideEffectArguments, SideEffectsOf};
use crate::cli::causal::listing::Listing;
use crate::cli::causal::neutral::Text;
use crate::cli::causal::words::{heading, interval, number, wrapped};
use crate::cli::causal::{Checked, json};
use crate::cli::table::Table;
use crate::core::causal::curve::{CONTROLS, Controls, Curve, SEED, Spread, ladder};
use crate::core::causal::curve_damage::CurveDamage;
use crate::core::causal::curve_drawing::{LEGEND, drawing};
use crate::core::causal::curve_score::CurveScore;
use crate::core::problem::{Problem, Result};
use crate::core::text::counted;
use crate::engine::causal::curve::{Plan, Texts, curve};
use crate::engine::causal::plain::Sides;

/// Columns of a drawing.
const COLUMNS: usize = 100;

/// The curve of the listed features.
pub fn run(checked: &Checked, arguments: AblateArguments) -> Result<()> {
    let listing = checked.listing(&arguments.list)?;
    let strongest = listing.features();
    let pool = checked.with_effect();
    let sizes = sizes(arguments.sizes, strongest.len())?;
    let (controls, seed) = (arguments.controls.unwrap_or(CONTROLS), arguments.seed.unwrap_or(SEED));
    let (way, error, elsewhere) = (arguments.way, arguments.error, arguments.elsewhere);
    expect_text_alone(&elsewhere)?;
    let text = match elsewhere.side_effects {
        SideEffectsOf::None => None,
        _ => Some(Text::read(elsewhere.corpus.as_deref(), Some(way))?),
    };
    let (found, corpus) = checked.with_model(arguments.model, Sides::of(way), |loaded, plain, told, cancel| {
        let corpus = match (&text, way.why_not_on_text()) {
            (None, _) => None,
            (Some(_), Some(why)) => Some(Err(why)),
            (Some(text), None) => Some(text.corpus(loaded, checked.manifest())?),
        };
        let texts = match &corpus {
            None => Texts::None,
            Some(corpus) => Texts::of(plain, corpus.as_ref().map_err(String::as_str), cancel)?,
        };
        let damage_of_controls = elsewhere.side_effects == SideEffectsOf::All;
        let plan = Plan { strongest: &strongest, sizes: &sizes, pool: &pool, controls, seed, texts: &texts, damage_of_controls };
        let found = curve(plain, &plan, (way, error), told, &mut |_| {}, cancel)?;
        let is_measured = found.rungs.iter().any(|rung| rung.damage.is_some());
        let name = corpus.and_then(std::result::Result::ok).filter(|_| is_measured).map(|corpus| corpus.name);
        Ok((found, name))
    })?;
    let corpus = corpus.as_deref();
    show(arguments.format, || as_json(checked, &listing, &found, corpus), || table(checked, &listing, &found, corpus))
}

/// Fails if other pairs are named, which curves are not measured on.
fn expect_text_alone(elsewhere: &SideEffectArguments) -> Result<()> {
    if !elsewhere.also.is_empty() {
        let what = "is not measured along a curve: its side effects are those on neutral text";
        return Err(Problem::new("--also", what, "leave it out, or measure one set: --top-k with --also, without --curve"));
    }
    match (&elsewhere.corpus, elsewhere.side_effects) {
        (Some(_), SideEffectsOf::None) => {
            Err(Problem::new("--corpus", "is for side effects, and these are turned off", "leave one of the two out"))
        }
        _ => Ok(()),
    }
}

/// The sizes that are asked for, ascending; otherwise those of [`ladder`].
fn sizes(asked: Vec<usize>, features: usize) -> Result<Vec<usize>> {
    if asked.is_empty() {
        return Ok(ladder(features));
    }
    let sizes: BTreeSet<usize> = asked.into_iter().collect();
    match sizes.last() {
        Some(largest) if *largest > features => Err(Problem::new(
            format_args!("--sizes {largest}"),
            format_args!("is more than the {} of the list", counted(features, "feature")),
            format_args!("use at most {features}, or list more with --top-k or --threshold"),
        )),
        _ => Ok(sizes.into_iter().collect()),
    }
}

fn table(checked: &Checked, listing: &Listing, found: &Curve, corpus: Option<&str>) -> String {
    let tables: Vec<String> = CurveScore::ALL.iter().map(|score| score_table(found, *score)).collect();
    format!(
        "{}{}way {}: {}\nerror {}: {}F(M) {} ({}), F(empty) {} ({})\n\n{}\n{}{}{}{}{}",
        heading(checked, found.all.per_example.len()),
        listing.described(),
        found.way,
        found.way.meaning(),
        found.error,
        wrapped(found.error.meaning()),
        number(found.all.mean),
        interval(found.all.interval),
        number(found.empty.mean),
        interval(found.empty.interval),
        tables.join("\n"),
        doubt("F(M) - F(empty)", found.span),
        doubt("F(M)", found.bias),
        wrapped(LEGEND),
        wrapped(&format!(
            "features: so many of the listed ones, in order of |effect|, with the 95 % bootstrap interval over pairs. random and \
             stratified: {} sets each of as many features, drawn (seed {}) among the {} with an effect in this view, the listed ones \
             included; stratified takes a third each from the features of lowest, middle and highest effect. For them the mean over \
             sets and the quantiles 0.025 and 0.975; >=: sets that score at least as high. Scores as `saescope manual causal` says.",
            found.controls, found.seed, found.pool
        )),
        corpus.map_or_else(String::new, |corpus| dose_table(found, corpus))
            + &found.not_measured().map_or_else(String::new, |said| wrapped(&said))
    )
}

/// The table of a score, and its picture.
fn score_table(found: &Curve, score: CurveScore) -> String {
    let heading = score.heading();
    let mut table = Table::new(0, &heading.iter().map(String::as_str).collect::<Vec<_>>());
    found.rungs.iter().for_each(|rung| table.push(score.row(found, rung)));
    let drawn: String = drawing(found, score, COLUMNS).into_iter().map(|line| line + "\n").collect();
    table.plain() + &drawn
}

/// Bias against damage, size by size.
fn dose_table(found: &Curve, corpus: &str) -> String {
    let Some(damage) = CurveDamage::of(found) else { return String::new() };
    let heading = damage.heading();
    let mut table = Table::new(0, &heading.iter().map(String::as_str).collect::<Vec<_>>());
    damage.rows().into_iter().for_each(|row| table.push(row));
    let more = if damage.has_controls { "" } else { " --side-effects all measures the control sets, too." };
    let explained = wrapped(&(damage.explanation(corpus) + more));
    format!("\n{}\n{}{explained}", table.plain(), wrapped(&damage.summary()))
}

fn as_json(checked: &Checked, listing: &Listing, found: &Curve, corpus: Option<&str>) -> Value {
    let spread = |spread: Option<&Spread>| {
        spread.map(|spread| json!({ "mean": spread.mean, "interval": spread.interval, "per_set": spread.values }))
    };
    let of_controls = |controls: &Controls| {
        let of_score = |score: CurveScore| (score.name().to_owned(), json!(spread(score.of_controls(controls))));
        let mut scores: Map<String, Value> = CurveScore::ALL.map(of_score).into_iter().collect();
        if controls.divergence.is_some() || controls.broken > 0 {
            scores.insert("divergence".to_owned(), json!(spread(controls.divergence.as_ref())));
        }
        if controls.broken > 0 {
            scores.insert("sets_of_divergence_not_finite".to_owned(), json!(controls.broken));
        }
        (controls.sampler.name().to_owned(), Value::Object(scores))
    };
    let rungs: Vec<Value> = found
        .rungs
        .iter()
        .map(|rung| {
            let mut object: Map<String, Value> = Map::new();
            object.insert("features".to_owned(), json!(rung.size));
            object.insert("F_C".to_owned(), json::score(&rung.strongest.kept));
            object.insert("F_Cbar".to_owned(), json::score(&rung.strongest.removed));
            let of_score = |score: CurveScore| (score.name().to_owned(), json::score(score.of_set(&rung.strongest)));
            object.extend(CurveScore::ALL.map(of_score));
            if let Some(damage) = &rung.damage {
                object.insert("loss_change".to_owned(), json::score(&damage.loss_change));
                object.insert("divergence".to_owned(), json::score(&damage.divergence));
            }
            object.insert("controls".to_owned(), Value::Object(rung.controls.iter().map(of_controls).collect()));
            Value::Object(object)
        })
        .collect();
    let curve = json!({
        "way": found.way.name(),
        "F_M": json::score(&found.all),
        "F_empty": json::score(&found.empty),
        "denominators": { "F_M - F_empty": json::denominator(found.span), "F_M": json::denominator(found.bias) },
        "controls": { "sets": found.controls, "seed": found.seed, "drawn_from": found.pool },
        "curve": rungs,
    });
    let mut object = with_facts(facts(checked, Some(listing), found.error, found.all.per_example.len()), curve);
    if let Some(why) = &found.unmeasured {
        object["not_measured"] = json!(format!("neutral text{}: {why}", found.unmeasured_from()));
    }
    if let Some(corpus) = corpus {
        let first = found.rungs.iter().find_map(|rung| rung.damage.as_ref());
        object["dose"] = json!({
            "corpus": corpus,
            "tokens": first.map(|damage| damage.tokens),
            "loss": first.map(|damage| damage.loss_before),
            "area": found.dose().ok().map(|dose| dose.area),
            "knee_features": found.dose().ok().and_then(|dose| dose.knee).map(|place| found.rungs[place].size),
        });
    }
    object
}
