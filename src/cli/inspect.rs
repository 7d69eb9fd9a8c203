//! `saescope inspect`: where and how a dictionary fits a model, as a table of set-ups and a verdict in words.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::arguments::InspectArguments;
use super::output;
use super::study::DEMO;
use super::table::Table;
use crate::core::inspection::{Candidate, Verdict, verdict};
use crate::core::problem::{Problem, Result};
use crate::core::request::ModelSource;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::printable;
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::{Dictionary, Purpose, formats};
use crate::engine::inspect::{candidates, read};
use crate::engine::loaded::Loaded;
use crate::engine::memory::Bounds;
use crate::store::text_file;

/// Sentences of the program's own, of several kinds.
const SENTENCES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/sentences.txt"));

/// Measures the dictionary in every set-up; the exit status is 1 if the one that its files say does not fit.
pub fn inspect(arguments: &InspectArguments) -> Result<ExitCode> {
    let cancel = Cancel::default();
    // Any submodule: the dictionary is looked at wherever it belongs.
    let purpose = Purpose::Look { submodule: Submodule::new(SubmoduleKind::Residual, 0) };
    let dictionary = formats::open(&arguments.dictionary, purpose)?;
    output::print(&said(&dictionary))?;
    let source = source(&arguments.model);
    let loaded = Loaded::open(&source, arguments.backend.named(), Bounds::NONE, &cancel)?;
    expect_measurable(&dictionary, loaded.compute.config().width)?;
    let (content, name) = match &arguments.text {
        Some(path) => (text_file::read(path, text_file::BY_HAND)?, path.display().to_string()),
        None => (SENTENCES.to_owned(), "the program's own text".to_owned()),
    };
    let config = loaded.compute.config();
    let texts = read(&content, &name, loaded.tokenizer.as_ref(), config.vocabulary, config.context)?;
    let bos = match arguments.bos.or_else(|| bos_of(&arguments.model)) {
        Some(bos) if bos as usize >= config.vocabulary => {
            let what = format_args!("is {bos}, the model's vocabulary has {} tokens", config.vocabulary);
            return Err(Problem::new("--bos", what, "use the bos_token_id of the model's config.json"));
        }
        bos => bos,
    };
    let found = candidates(loaded.compute.as_ref(), &dictionary, &texts.tokens, bos, &cancel)?;
    let verdict = verdict(&found, dictionary.stated().active);
    output::print(&format!(
        "\nmeasured on {} tokens of {} texts ({}), all positions\n\n{}\n{}\n",
        texts.count,
        texts.tokens.len(),
        printable(&name),
        table(&found).plain(),
        sentence(&found, &verdict)
    ))?;
    Ok(if matches!(verdict, Verdict::Fits { .. }) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn source(model: &Path) -> ModelSource {
    if model == Path::new(DEMO) {
        return ModelSource::Demo;
    }
    ModelSource::Folder { model: model.to_owned(), dictionaries: Vec::<PathBuf>::new(), name: None, centred: false }
}

/// The BOS token that the model's configuration names, if it does.
fn bos_of(model: &Path) -> Option<u32> {
    let text = text_file::read(&model.join("config.json"), text_file::BY_HAND).ok()?;
    let config: serde_json::Value = serde_json::from_str(&text).ok()?;
    config.get("bos_token_id")?.as_u64()?.try_into().ok()
}

/// What the dictionary's files say.
fn said(dictionary: &Dictionary) -> String {
    let stated = dictionary.stated();
    let mut lines = vec![
        format!(
            "{}: {}, {} features of width {}",
            dictionary.name(),
            dictionary.format().name(),
            dictionary.features(),
            dictionary.width()
        ),
        format!("  computes  {}", dictionary.arithmetic().in_words()),
        format!("  reads     {}", dictionary.reads()),
    ];
    if dictionary.reads() != dictionary.writes() {
        lines.push(format!("  writes    {}", dictionary.writes()));
    }
    lines.extend(stated.model.as_ref().map(|model| format!("  model     {model}")));
    lines.extend(stated.bos.map(|bos| format!("  BOS       {}", if bos { "in front of every text" } else { "none" })));
    lines.extend(stated.active.map(|active| format!("  active    {active} features of a token")));
    lines.extend(stated.notes.iter().map(|note| format!("  note      {note}")));
    lines.iter().map(|line| printable(line) + "\n").collect()
}

fn expect_measurable(dictionary: &Dictionary, width: usize) -> Result<()> {
    if dictionary.reads() != dictionary.writes() {
        return Err(Problem::new(
            dictionary.name(),
            format_args!("is a transcoder of {}, whose input no run of the model keeps", dictionary.writes()),
            "give a sparse autoencoder of an output",
        ));
    }
    if dictionary.width() != width {
        return Err(Problem::new(
            dictionary.name(),
            format_args!("reads activations of width {}, the model's outputs are {width} wide", dictionary.width()),
            "give the model that the dictionary was trained on",
        ));
    }
    Ok(())
}

fn table(found: &[Candidate]) -> Table {
    let mut places: Vec<&Candidate> = found.iter().collect();
    let explained = |candidate: &Candidate| candidate.report.explained.unwrap_or(f64::NEG_INFINITY);
    places.sort_by(|one, other| explained(other).total_cmp(&explained(one)));
    let mut table = Table::new(4, &["reads", "frame", "scale", "BOS", "active", "explained", ""]);
    for candidate in places {
        let explained =
            candidate.report.explained.map_or_else(|| "no variance".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        table.push(vec![
            candidate.place.clone(),
            candidate.frame.to_owned(),
            candidate.scale.to_owned(),
            if candidate.bos { "yes" } else { "no" }.to_owned(),
            format!("{:.1}", candidate.report.active),
            explained,
            if candidate.is_stated { "stated" } else { "" }.to_owned(),
        ]);
    }
    table
}

fn set_up(candidate: &Candidate) -> String {
    let bos = if candidate.bos { "with a BOS token" } else { "without a BOS token" };
    let scale = if candidate.scale == "none" { String::new() } else { format!(", {}", candidate.scale) };
    format!("{}, {}{scale}, {bos}", candidate.place, candidate.frame)
}

fn share(candidate: &Candidate) -> String {
    candidate.report.explained.map_or_else(|| "no variance".to_owned(), |share| format!("{:.1} % of the variance", 100.0 * share))
}

/// The verdict in words.
fn sentence(found: &[Candidate], verdict: &Verdict) -> String {
    match verdict {
        Verdict::Fits { stated, far_off } => {
            let far = far_off.map_or_else(String::new, |(said, measured)| {
                format!("; but {measured:.1} features are active at a token, and its files say {said:.1}: the texts may be unlike those it was trained on")
            });
            format!("It fits as its files say: {} ({}){far}.", set_up(&found[*stated]), share(&found[*stated]))
        }
        Verdict::Elsewhere { best, stated } => {
            let instead = match stated {
                Some(stated) => format!("not as its files say ({}: {})", set_up(&found[*stated]), share(&found[*stated])),
                None => "and its files do not say so".to_owned(),
            };
            format!("It fits at {} ({}), {instead}.", set_up(&found[*best]), share(&found[*best]))
        }
        Verdict::Nowhere => {
            "It fits in none of these set-ups: it is of another model, of a place that is not tried here, or damaged.".to_owned()
        }
    }
}
