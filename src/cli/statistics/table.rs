//! The statistics as tables to read.

use std::collections::BTreeSet;

use super::facts::{Facts, Feature};
use crate::cli::table::Table;
use crate::core::agreement::Correlation;
use crate::core::rows::cells::{interval, ratio, signed, unsigned};
use crate::core::statistics::{COVERAGE, SEED};
use crate::core::text::counted;
use crate::core::uncertainty::Touched;

/// What stands where effects in single pairs were not kept.
const NOT_KEPT: &str = "not kept";

/// All tables.
pub fn text(facts: &Facts<'_>) -> String {
    let study = &facts.findings.study;
    let mut text = format!(
        "{}: {}, {}\n{:.0} % intervals: BCa bootstrap of the mean over pairs, {} resamples, seed {SEED}; {} holds 0, {} \
         holds the threshold\n{}\n",
        facts.spec.title(study, false),
        counted(facts.features.len(), "feature"),
        counted(facts.examples, "pair"),
        100.0 * COVERAGE,
        facts.resamples,
        Touched::Zero.mark(),
        Touched::Threshold.mark(),
        chance(facts),
    );
    text.push_str(&shuffled(facts));
    if let Some((other, agreement)) = &facts.against {
        let names = format!("{} and {}", study.name(facts.view), study.name(*other));
        text.push_str(&match agreement {
            Err(why) => format!("agreement of {names}: not known, {why}\n"),
            Ok(found) => format!(
                "{names}: {} in both lists of {} (Jaccard {}); Spearman {} over either list, {} over both, {} over all {} with an \
                 effect\n",
                counted(found.common, "feature"),
                found.union,
                plain(found.jaccard),
                correlated(&found.in_union),
                correlated(&found.in_common),
                correlated(&found.of_nonzero),
                found.of_nonzero.features,
            ),
        });
    }
    for why in unknown_differences(facts) {
        text.push_str(&format!("difference not known: {why}\n"));
    }
    text.push('\n');
    text.push_str(&features(facts).plain());
    text
}

/// Why differences are not known, each reason once.
fn unknown_differences<'a>(facts: &'a Facts<'_>) -> BTreeSet<&'a String> {
    facts.features.iter().filter_map(|feature| feature.difference.as_ref()?.as_ref().err()).collect()
}

fn chance(facts: &Facts<'_>) -> String {
    let (chance, expected) = match &facts.chance {
        Err(why) => return format!("chance: not known, {why}"),
        Ok(found) => found,
    };
    let patterns = chance.patterns();
    let how = if patterns.is_exact() { "all".to_owned() } else { format!("seed {SEED},") };
    let from = match facts.reversed {
        Some(view) => format!("effects of exchanged pairs from the reversed view {}", facts.findings.study.name(view)),
        None => "effects of exchanged pairs by sign flip, since no view is the reverse".to_owned(),
    };
    let approximated = match expected.approximated {
        0 => String::new(),
        count => format!(" ({} without effects in single pairs by a normal distribution)", counted(count, "feature")),
    };
    format!(
        "expected by chance in {}: {:.1} of {}{approximated}\np: exchange of clean and patch within pairs, {how} {} patterns, smallest possible p \
         {:.2e}; {from}\nq: Benjamini-Hochberg over {} features with an effect, of which {} were tested",
        facts.findings.study.name(facts.view),
        expected.features,
        expected.selected,
        patterns.count(),
        chance.smallest_p(),
        chance.nonzero,
        chance.tested.len(),
    )
}

/// What shuffled partners give; empty if nobody asked.
fn shuffled(facts: &Facts<'_>) -> String {
    let Some((found, of_list)) = &facts.shuffled else { return String::new() };
    let of_list = match of_list {
        Err(why) => return format!("shuffled partners: not known, {why}\n"),
        Ok(of_list) => of_list,
    };
    let as_strong = |feature: &&Feature| feature.shuffled.is_some_and(|shuffled| shuffled.reached > 0);
    let range = [of_list.counts.iter().min(), of_list.counts.iter().max()].map(|count| count.copied().unwrap_or(0));
    format!(
        "expected with shuffled partners in {}: {:.1} of {} ({} to {} in {}, seed {}); as strong in one of them at least: {}; smallest \
         possible p {:.3}\n",
        facts.findings.study.name(facts.view),
        of_list.expected().unwrap_or(0.0),
        of_list.selected,
        range[0],
        range[1],
        counted(found.shuffles.len(), "shuffle"),
        found.seed,
        counted(facts.features.iter().filter(as_strong).count(), "listed feature"),
        found.smallest_p(),
    )
}

fn features(facts: &Facts<'_>) -> Table {
    let mut header =
        vec!["feature", "view", "exchanged", "effect", "s.e.", "effect/s.e.", "95 % interval", "", "same sign", "p", "q"];
    if facts.shuffled.is_some() {
        header.extend(["shuffled", "shuffled p"]);
    }
    if facts.against.is_some() {
        header.extend(["difference", "s.e.", "95 % interval", ""]);
    }
    let mut table = Table::new(3, &header);
    for feature in &facts.features {
        table.push(row(facts, feature));
    }
    table
}

fn row(facts: &Facts<'_>, feature: &Feature) -> Vec<String> {
    let row = &feature.row;
    let found = feature.uncertainty.as_ref();
    let touched = found.and_then(|found| Touched::by(found.interval()?, facts.spec.selection)).map_or("", Touched::mark);
    let agree = found.map(|found| (found.signs.agreeing(found.mean), found.signs.count()));
    let mut cells = vec![
        row.feature.to_string(),
        facts.findings.study.name(row.ranked_in).to_string(),
        feature.tested.map_or_else(String::new, |tested| tested.exchanged.name().to_owned()),
        signed(Some(f64::from(row.effect))),
        unsigned(feature.standard_error.map(f64::from)),
        ratio(feature.ratio.map(f64::from)),
        found.map_or_else(|| NOT_KEPT.to_owned(), |found| interval(found.interval())),
        touched.to_owned(),
        agree.map_or_else(String::new, |(agree, of)| format!("{agree}/{of}")),
        feature.tested.map_or_else(String::new, |tested| share(tested.p)),
        feature.tested.map_or_else(String::new, |tested| share(tested.q)),
    ];
    if facts.shuffled.is_some() {
        let found = feature.shuffled;
        cells.push(unsigned(found.map(|found| f64::from(found.largest))));
        cells.push(found.map_or_else(String::new, |found| share(found.p)));
    }
    match &feature.difference {
        None => {}
        Some(Err(_)) => cells.extend(["", "", "not known", ""].map(str::to_owned)),
        Some(Ok(difference)) => {
            let found = &difference.uncertainty;
            let zero = found.interval().is_some_and(|interval| interval.holds(0.0));
            cells.extend([
                signed(Some(found.mean)),
                unsigned(found.standard_error),
                interval(found.interval()),
                if zero { Touched::Zero.mark().to_owned() } else { String::new() },
            ]);
        }
    }
    cells
}

/// p or q with three digits.
fn share(value: f64) -> String {
    if value < 0.001 { format!("{value:.1e}") } else { format!("{value:.3}") }
}

fn plain(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn correlated(correlation: &Correlation) -> String {
    correlation.signed.map_or_else(|| "-".to_owned(), |value| format!("{value:+.3}"))
}
