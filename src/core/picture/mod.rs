//! What the pictures of a run show, as numbers with names and units; `cli::plot` draws them as SVG or PNG, `app::drawing` with characters.

pub mod attention;
mod features;
mod methods;
mod submodules;

use attention::Attention;

use super::causal::approximation::Approximation;
use super::findings::{Findings, Source};
use super::problem::{Problem, Result};
use super::rows::Spec;
use super::submodule::FeatureId;
use super::tags::Features;
use super::text::{counted, excerpt};
use super::uncertainty::Touched;
use super::view::View;

/// The unit of every effect, for axes.
pub const UNIT: &str = "logits";

/// A picture that can be drawn of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Features with an effect, and selected ones, by submodule.
    Counts,
    /// Sums of effects by submodule, beside the error term.
    Effects,
    /// Sums of effects by submodule and position.
    Map,
    /// The listed features' effects in one view against those in another.
    Views,
    /// The listed features' effects with their intervals.
    Intervals,
}

/// A picture without its form.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// What is shown, in a few words.
    pub title: String,
    /// Where it comes from: run, model, method, view, selection, and what a reader should know; sentences.
    pub caption: Vec<String>,
    /// The numbers.
    pub content: Content,
}

/// The numbers of a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Bars by submodule.
    Bars(Vec<Bars>),
    /// Coloured cells, in tables of one size on the same scale.
    Grids(Vec<Grid>),
    /// Points by two effects of each feature.
    Scatter(Scatter),
    /// Features with intervals.
    Intervals(Intervals),
}

/// Bars in groups on one axis, from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// What the axis measures, with its unit.
    pub axis: String,
    /// The name of each group: submodules in their order.
    pub groups: Vec<String>,
    /// One bar in each group, each with its name; values that are not known are None.
    pub series: Vec<(String, Vec<Option<f64>>)>,
    /// A value to compare all bars with, with its name.
    pub line: Option<(String, f64)>,
}

/// A table of numbers as coloured cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The name of the table among several; empty if it stands alone.
    pub name: String,
    /// What the cells hold, with the unit.
    pub axis: String,
    /// What the columns are.
    pub across: String,
    /// What the rows are.
    pub down: String,
    /// The heading of each column.
    pub columns: Vec<String>,
    /// The name of each row.
    pub rows: Vec<String>,
    /// `[row][column]`; None where nothing is known.
    pub values: Vec<Vec<Option<f64>>>,
    /// What the colours reach to.
    pub scale: Scale,
}

/// What the strongest colour of a table stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The largest |value| of the table, above and below zero.
    Largest,
    /// One: the values are shares.
    Whole,
}

impl Grid {
    /// The value of the strongest colour.
    pub fn largest(&self) -> f64 {
        let known = || self.values.iter().flatten().copied().flatten().filter(|value| value.is_finite());
        match self.scale {
            Scale::Largest => known().fold(0.0, |largest, value| value.abs().max(largest)),
            Scale::Whole => 1.0,
        }
    }

    /// A value as the cells show it.
    pub fn number(&self, value: f64, decimals: usize) -> String {
        match self.scale {
            // Zero is added, since it takes the sign of -0.0 away.
            Scale::Largest => format!("{:+.decimals$}", value + 0.0),
            Scale::Whole => format!("{value:.2}"),
        }
    }
}

/// Points of two coordinates.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// What both axes measure, with the unit: across, then up.
    pub axes: [String; 2],
    /// What the names of the series say of a point: `selected in`.
    pub told: String,
    /// The name of each series.
    pub series: Vec<String>,
    /// The points, those first that are to be named.
    pub points: Vec<Point>,
}

/// A feature with two effects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The feature.
    pub feature: FeatureId,
    /// Its effects, across and up.
    pub at: [f64; 2],
    /// The number of its series.
    pub series: usize,
}

/// Features with intervals on one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    /// What the axis measures, with its unit.
    pub axis: String,
    /// The features, strongest first.
    pub rows: Vec<IntervalRow>,
    /// The threshold of the selection, if it has one.
    pub threshold: Option<f64>,
}

/// One feature with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalRow {
    /// The feature, with its view if several are shown.
    pub name: String,
    /// Its effect.
    pub effect: f64,
    /// Both ends of its interval; None if effects in single pairs were not kept, or there is one only.
    pub interval: Option<[f64; 2]>,
    /// What the interval holds; None if neither zero nor the threshold.
    pub holds: Option<Touched>,
}

impl Kind {
    /// Every picture, in the order of lists.
    pub const ALL: [Self; 5] = [Self::Counts, Self::Effects, Self::Map, Self::Views, Self::Intervals];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Effects => "effects",
            Self::Map => "map",
            Self::Views => "views",
            Self::Intervals => "intervals",
        }
    }
}

impl Picture {
    /// The picture of `kind` of what `spec` lists. Intervals take their time, so do not call it on a drawing thread.
    ///
    /// # Errors
    /// If the run does not hold what the picture shows.
    pub fn of(kind: Kind, findings: &Findings, tags: &Features, spec: &Spec) -> Result<Self> {
        let (title, notes, content) = match kind {
            Kind::Counts => submodules::counts(findings, tags, spec)?,
            Kind::Effects => submodules::effects(findings, tags, spec)?,
            Kind::Map => submodules::map(findings, spec)?,
            Kind::Views => features::views(findings, tags, spec)?,
            Kind::Intervals => features::intervals(findings, tags, spec)?,
        };
        Ok(Self { title, caption: caption(findings, spec).into_iter().chain(notes).collect(), content })
    }

    /// The attention patterns of some heads of a layer, which read the prompt `of` so.
    ///
    /// # Errors
    /// If the run has no such pair or head.
    pub fn of_attention(of: &Attention, patterns: &[f32], findings: &Findings) -> Result<Self> {
        let (title, notes, content) = attention::attention(of, patterns, findings)?;
        let caption = [source(findings), view(findings, of.view)].into_iter().chain(notes).collect();
        Ok(Self { title, caption, content })
    }

    /// The scatter of the approximate effects in `found` against the exact ones; `spec` lists the features.
    pub fn of_methods(found: &Approximation, findings: &Findings, spec: &Spec) -> Self {
        let (title, notes, content) = methods::methods(found, findings, spec);
        Self { title, caption: caption(findings, spec).into_iter().chain(notes).collect(), content }
    }
}

/// Title, sentences for the end of the caption, and the numbers.
type Parts = (String, Vec<String>, Content);

/// The sentences with which every caption of lists begins.
fn caption(findings: &Findings, spec: &Spec) -> Vec<String> {
    let views: Vec<View> = spec.shown.pair().map_or_else(|| vec![spec.shown.first()], |(first, second)| vec![first, second]);
    let list = format!("List: {}.", spec.title(&findings.study, false));
    [source(findings), list].into_iter().chain(views.into_iter().map(|of| view(findings, of))).collect()
}

/// The run, its model and its method: a sentence.
fn source(findings: &Findings) -> String {
    let (method, quadrature) = findings.method();
    let quadrature = quadrature.map_or_else(String::new, |quadrature| format!(" ({quadrature})"));
    let from = match &findings.source {
        Source::Run { file: Some(file), manifest } => {
            let name = file.rsplit(std::path::is_separator).next().unwrap_or(file);
            let part = manifest.part().map_or_else(String::new, |part| format!(", {part}"));
            format!("Run {} of {}{part}", excerpt(name, 255), excerpt(&manifest.program, 80))
        }
        Source::Run { file: None, .. } | Source::Live { .. } => "This run".to_owned(),
        Source::Published { .. } => "Published figures".to_owned(),
    };
    format!("{from}: model {}, method {method}{quadrature}.", excerpt(&findings.model, 100))
}

/// The view, from which prompts to which, and its number of pairs: a sentence.
fn view(findings: &Findings, view: View) -> String {
    let of = findings.study.view(view);
    let pairs =
        findings.view(view).summary.examples.map_or_else(String::new, |examples| format!(", {}", counted(examples, "pair")));
    let [label, clean, patch] = [&of.label, &of.clean, &of.patch].map(|text| excerpt(text, 100));
    format!("View {}: {label}, from {clean} to {patch}{pairs}.", of.name)
}

/// What the axis of an effect measures: `effect in the male view, logits`.
fn axis(what: &str) -> String {
    format!("{what}, {UNIT}")
}

/// The problem that a picture of `kind` cannot be made.
fn impossible(kind: Kind, what: impl std::fmt::Display, remedy: &str) -> Problem {
    Problem::new(format_args!("picture {}", kind.name()), what, remedy)
}
