//! `saescope inspect`: where and how a dictionary fits a model, as a table of set-ups and a verdict in words.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::arguments::InspectArguments;
use super::{inspection, output, study};
use crate::core::declared::Agreement;
use crate::core::inspection::{Candidate, Verdict, verdict};
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{LayerIndex, Submodule, SubmoduleKind};
use crate::core::text::{bytes, counted, printable};
use crate::engine::cancel::Cancel;
use crate::engine::dictionary::host::Host;
use crate::engine::dictionary::place::Place;
use crate::engine::dictionary::{Dictionary, Purpose, formats};
use crate::engine::inspect::{Set, candidates, read};
use crate::engine::loaded::Files;
use crate::engine::memory::Bounds;
use crate::engine::model::config::Config;
use crate::files::whole;
use crate::store::hub::headers::Remote;
use crate::store::hub::settings::Settings;

/// Sentences of the program's own, of several kinds.
const SENTENCES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/sentences.txt"));

/// For any submodule: a dictionary is looked at wherever it belongs.
const LOOK: Purpose = Purpose::Look { submodule: Submodule { kind: SubmoduleKind::Residual, layer: LayerIndex(0) } };

/// Measures the dictionary in every set-up; the exit status is 1 if the one that its files say does not fit.
pub fn inspect(arguments: &InspectArguments) -> Result<ExitCode> {
    if let Some(remote) = remote(&arguments.model)? {
        return inspect_remote(&remote, arguments);
    }
    let folder = arguments.dictionary.as_deref().ok_or_else(|| {
        let remedy = "name the folder of a dictionary after the model, or a folder on the hub alone: hf://OWNER/NAME/FOLDER";
        Problem::new("inspect", "names no dictionary", remedy)
    })?;
    if remote(folder)?.is_some() {
        let what = "is on the hub, and a fit is measured with all of a dictionary's weights";
        let remedy = "download it first, or leave the model out to see what it says of itself";
        return Err(Problem::new(folder.display(), what, remedy));
    }
    let cancel = Cancel::default();
    let (source, is_centred) = study::model_alone(&arguments.model)?;
    let files = Files::open(&source, &cancel)?;
    let host = Host::of(&files.config);
    let dictionary = match formats::open_for(folder, LOOK, &host)? {
        dictionary if is_centred => dictionary.centred_by_release(),
        dictionary => dictionary,
    };
    dictionary.expect_frame(&host)?;
    output::print(&said(&dictionary))?;
    for note in &files.notes {
        output::print(&format!("  model note  {}\n", printable(note)))?;
    }
    expect_measurable(&dictionary, &files.config)?;
    let layers = files.config.layers;
    let loaded = files.load(arguments.backend.named(), layers, Bounds::NONE, &cancel)?;
    let (content, name) = match &arguments.text {
        Some(path) => (whole::text(path, whole::BY_HAND)?, path.display().to_string()),
        None => (SENTENCES.to_owned(), "the program's own text".to_owned()),
    };
    let config = loaded.compute.config();
    let texts = read(&content, &name, loaded.tokenizer.as_ref(), config.vocabulary, config.context)?;
    let bos = match arguments.bos.or(config.bos) {
        Some(bos) if bos as usize >= config.vocabulary => {
            let what = format_args!("is {bos}, the model's vocabulary has {} tokens", config.vocabulary);
            return Err(Problem::new("--bos", what, "use the bos_token_id of the model's config.json"));
        }
        bos => bos,
    };
    let set = Set {
        compute: loaded.compute.as_ref(),
        weights: &loaded.weights,
        dictionary: &dictionary,
        place: dictionary.reads(),
        bos: dictionary.stated().bos,
    };
    let found = candidates(&set, &texts.tokens, bos, &cancel)?;
    let verdict = verdict(&found);
    let against = against(&dictionary, &found);
    let declared = against.as_ref().map_or_else(String::new, |(_, said)| format!("{said}\n"));
    output::print(&format!(
        "\nmeasured on {} of {} ({}), all positions; the best set-ups and the stated one\n\n{}\n{declared}{}\n",
        counted(texts.count, "token"),
        counted(texts.tokens.len(), "text"),
        printable(&name),
        inspection::table(&found),
        inspection::sentence(&found, &verdict)
    ))?;
    let agrees = against.is_none_or(|(agreement, _)| agreement != Agreement::FarOff);
    Ok(if agrees && matches!(verdict, Verdict::Fits { .. }) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The address that `path` is instead; None for a path, which need not be text.
fn remote(path: &Path) -> Result<Option<Remote>> {
    path.to_str().map_or(Ok(None), Remote::parse)
}

/// What is declared beside what was measured in the stated set-up; None if there is none or nothing is declared.
fn against(dictionary: &Dictionary, found: &[Candidate]) -> Option<(Agreement, String)> {
    let declared = dictionary.stated().declared();
    let stated = found.iter().find(|candidate| candidate.is_stated)?;
    let agreement = declared.against(stated.report);
    let said = || format!("{}, measured {}: {}.", declared.in_words(), inspection::measured(stated.report), agreement.in_words());
    (agreement != Agreement::NothingDeclared).then(|| (agreement, said()))
}

/// Says what the dictionaries in a folder on the hub are; the exit status is 1 if one of them would be refused.
fn inspect_remote(remote: &Remote, arguments: &InspectArguments) -> Result<ExitCode> {
    if arguments.dictionary.is_some() || arguments.text.is_some() || arguments.bos.is_some() {
        let remedy = "leave out what follows the address, or download the dictionary and name model and folder";
        return Err(Problem::new(arguments.model.display(), "is on the hub: nothing is measured there", remedy));
    }
    let settings = Settings::from_environment()?;
    if settings.offline {
        let what = "must not be used: HF_HUB_OFFLINE is set";
        return Err(Problem::new("the network", what, "start saescope without it to look at the hub"));
    }
    let headers = remote.read(&settings, &|| false)?;
    let all: u64 = headers.files.iter().map(|(_, size)| size).sum();
    output::print(&format!(
        "commit {}: {}, {}; {} of them read\n\n",
        headers.commit,
        counted(headers.files.len(), "file"),
        bytes(all),
        bytes(headers.read)
    ))?;
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in headers.files.iter().map(|(path, _)| headers.root.join(path)) {
        // Llama Scope's weights lie one folder deeper than what names the format.
        let above = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&headers.root));
        folders.extend(above.filter(|folder| formats::detect(folder).is_some()).map(Path::to_owned));
    }
    folders.sort();
    folders.dedup();
    let mut refused = false;
    for folder in &folders {
        let shown = |text: String| text.replace(&format!("{}/", headers.root.display()), "");
        match formats::open(folder, LOOK) {
            Ok(dictionary) => output::print(&shown(said(&dictionary)))?,
            Err(problem) => {
                refused = true;
                output::print(&shown(format!("refused: {problem}\n")))?;
            }
        }
    }
    if folders.is_empty() {
        output::print("no dictionary in a format that is read (`saescope models`):\n")?;
        for (path, size) in &headers.files {
            output::print(&format!("  {:>10}  {}\n", bytes(*size), printable(path)))?;
        }
    }
    Ok(if refused || folders.is_empty() { ExitCode::from(1) } else { ExitCode::SUCCESS })
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
    let declared = stated.declared().in_words();
    lines.extend((!declared.is_empty()).then(|| format!("  {declared}")));
    lines.extend(stated.notes.iter().map(|note| format!("  note      {note}")));
    lines.iter().map(|line| printable(line) + "\n").collect()
}

/// Fails if no run of the model gives what `dictionary` would have to be compared with.
fn expect_measurable(dictionary: &Dictionary, config: &Config) -> Result<()> {
    let transcodes = dictionary.reads() != dictionary.writes();
    if transcodes && !matches!(dictionary.writes(), Place::Output(submodule) if submodule.layer.0 < config.layers) {
        return Err(Problem::new(
            dictionary.name(),
            format_args!("is a transcoder that writes {}, which the model does not put out", dictionary.writes()),
            "give the model that the dictionary was trained on",
        ));
    }
    let heads = config.heads * config.head_width;
    let written = if transcodes { dictionary.written_width() } else { config.width };
    if ![config.width, heads].contains(&dictionary.width()) || written != config.width {
        return Err(Problem::new(
            dictionary.name(),
            format_args!(
                "reads activations of width {}, the model's outputs are {} wide and its heads together {heads}",
                dictionary.width(),
                config.width
            ),
            "give the model that the dictionary was trained on",
        ));
    }
    Ok(())
}
