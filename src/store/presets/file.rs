//! Reads `models.toml` files, overlays them, and checks the result.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::{ByLayer, Preset, PresetFile, Repository};
use crate::core::hosted::{STUDY_NAMES, Shown, SourceNames};
use crate::core::parts::kind_of;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{MOST_LAYERS, SubmoduleKind};
use crate::core::text::counted;
use crate::store::toml_source::Source;

/// Placeholder for a layer's number in a path.
const LAYER: &str = "{layer}";

/// The content of a file; every value may be left to the file below it.
type File = BTreeMap<Spanned<String>, Entry>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<Spanned<String>>,
    layers: Option<Spanned<usize>>,
    neuronpedia: Option<Spanned<String>>,
    frame: Option<Spanned<String>>,
    model: Option<RepositoryEntry>,
    #[serde(default)]
    dictionaries: BTreeMap<String, RepositoryEntry>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RepositoryEntry {
    repository: Option<Spanned<String>>,
    revision: Option<Spanned<String>>,
    files: Option<Vec<FileEntry>>,
    licence: Option<Spanned<String>>,
    neuronpedia: Option<Spanned<String>>,
    features: Option<Spanned<usize>>,
    l0: Option<Spanned<Vec<Spanned<f64>>>>,
    explained: Option<Spanned<Vec<Spanned<f64>>>>,
    only_if_asked: Option<bool>,
    config: Option<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FileEntry {
    path: Spanned<String>,
    about_bytes: Option<u64>,
    layer: Option<usize>,
}

/// A value with its place in the file, for messages.
#[derive(Clone)]
struct Placed<T> {
    value: T,
    place: String,
}

/// One model while the files are overlaid.
#[derive(Default)]
struct Draft {
    /// The place where the model is named last.
    place: String,
    name: Option<String>,
    layers: Option<usize>,
    neuronpedia: Option<String>,
    centred: bool,
    model: RepositoryDraft,
    dictionaries: BTreeMap<String, RepositoryDraft>,
}

#[derive(Default)]
struct RepositoryDraft {
    repository: Option<String>,
    revision: Option<String>,
    files: Option<Vec<Placed<PresetFile>>>,
    licence: Option<String>,
    shown: Option<SourceNames>,
    declared: ByLayer,
    /// Where the numbers of `declared` by layer stand, with their keys.
    lists: Vec<(&'static str, Placed<usize>)>,
    only_if_asked: bool,
    config: Option<String>,
}

/// The models of all `sources`, given as text and path; each overlays those before it.
///
/// # Errors
/// The first fault, with its file and line.
pub fn merge(sources: &[(&str, &str)]) -> Result<Vec<Preset>> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for (text, path) in sources {
        let source = Source { text, path };
        let mut entries: Vec<(Spanned<String>, Entry)> = source.parse()?.into_iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, entry) in entries {
            source.preset_name(&name)?;
            let draft = drafts.entry(name.get_ref().clone()).or_default();
            draft.place = source.place(&name.span());
            source.lay_over(draft, entry)?;
        }
    }
    drafts.into_iter().map(|(name, draft)| draft.finish(&name)).collect()
}

impl Source<'_> {
    fn parse(&self) -> Result<File> {
        toml::from_str(self.text)
            .map_err(|error| self.unreadable(&error, "see the head of the program's own data/models.toml for the format"))
    }

    /// Checks a preset's name, which becomes a word on the command line and a part of file names.
    fn preset_name(&self, name: &Spanned<String>) -> Result<()> {
        let text = name.get_ref();
        let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        if text == "demo" {
            return Err(self.bad(name, "is the model inside the program", "choose another name"));
        }
        if text.is_empty() || text.starts_with(['.', '-']) || !text.chars().all(plain) {
            return Err(self.bad(name, "is not a name for a model", "use letters, digits, - and _"));
        }
        Ok(())
    }

    fn lay_over(&self, draft: &mut Draft, entry: Entry) -> Result<()> {
        if let Some(name) = entry.name {
            draft.name = Some(self.not_empty(&name)?);
        }
        if let Some(layers) = entry.layers {
            if !(1..=MOST_LAYERS).contains(layers.get_ref()) {
                let place = self.place(&layers.span());
                let what = format_args!("{} is not a number of layers", layers.get_ref());
                return Err(Problem::new(place, what, format_args!("use 1 to {MOST_LAYERS}")));
            }
            draft.layers = Some(layers.into_inner());
        }
        if let Some(pattern) = entry.neuronpedia {
            if pattern.get_ref() != STUDY_NAMES {
                let remedy = format!("use {STUDY_NAMES}, or say it for each kind of dictionaries");
                return Err(self.bad(&pattern, "is not a pattern of all dictionaries that this program links to", &remedy));
            }
            draft.neuronpedia = Some(pattern.into_inner());
        }
        if let Some(frame) = entry.frame {
            draft.centred = match frame.get_ref().as_str() {
                "raw" => false,
                "centred" => true,
                _ => return Err(self.bad(&frame, "is not a frame of activations", "use raw or centred")),
            };
        }
        if let Some(model) = entry.model {
            self.lay_repository_over(&mut draft.model, model)?;
        }
        for (kind, entry) in entry.dictionaries {
            if let (Some(names), Err(problem)) = (&entry.neuronpedia, kind_of(&kind)) {
                return Err(self.bad(names, "belongs to dictionaries of no kind", &problem.to_string()));
            }
            self.lay_repository_over(draft.dictionaries.entry(kind).or_default(), entry)?;
        }
        Ok(())
    }

    fn lay_repository_over(&self, draft: &mut RepositoryDraft, entry: RepositoryEntry) -> Result<()> {
        if let Some(name) = entry.repository {
            if !is_repository(name.get_ref()) {
                return Err(self.bad(&name, "is not a repository", "use ORG/NAME, as in EleutherAI/pythia-70m-deduped"));
            }
            draft.repository = Some(name.into_inner());
        }
        if let Some(revision) = entry.revision {
            if !is_path(revision.get_ref()) {
                return Err(self.bad(&revision, "is not a revision", "use a branch, a tag or the 40 digits of a commit"));
            }
            draft.revision = Some(revision.into_inner());
        }
        if let Some(licence) = entry.licence {
            draft.licence = Some(self.not_empty(&licence)?);
        }
        if let Some(names) = entry.neuronpedia {
            let parsed = names.get_ref().parse::<SourceNames>().map_err(|problem: Problem| {
                self.bad(&names, "does not name Neuronpedia's sources", &format!("see the head of data/models.toml ({problem})"))
            })?;
            draft.shown = Some(parsed);
        }
        if let Some(features) = entry.features {
            if *features.get_ref() == 0 {
                return Err(Problem::new(self.place(&features.span()), "0 is not a number of features", "use a number from 1"));
            }
            draft.declared.features = Some(features.into_inner());
        }
        let mut list = |key: &'static str, numbers: &Spanned<Vec<Spanned<f64>>>| {
            draft.lists.retain(|(former, _)| *former != key);
            draft.lists.push((key, Placed { value: numbers.get_ref().len(), place: self.place(&numbers.span()) }));
        };
        if let Some(numbers) = entry.l0 {
            list("l0", &numbers);
            let most = draft.declared.features.map_or(f64::MAX, |features| features as f64);
            draft.declared.l0 = self.numbers(numbers.into_inner(), 0.0, most, "a number of active features")?;
        }
        if let Some(numbers) = entry.explained {
            list("explained", &numbers);
            draft.declared.explained =
                self.numbers(numbers.into_inner(), f64::MIN, 1.0, "a share of the variance that is explained")?;
        }
        if let Some(config) = entry.config {
            draft.config = serde_json::to_string(&config).ok();
        }
        draft.only_if_asked = entry.only_if_asked.unwrap_or(draft.only_if_asked);
        if let Some(files) = entry.files {
            let file = |file: FileEntry| {
                if !is_path(file.path.get_ref()) {
                    return Err(self.bad(&file.path, "is not a path in a repository", "use a relative path without .."));
                }
                let place = self.place(&file.path.span());
                let FileEntry { path, about_bytes, layer } = file;
                Ok(Placed { value: PresetFile { path: path.into_inner(), about_bytes, layer }, place })
            };
            draft.files = Some(files.into_iter().map(file).collect::<Result<_>>()?);
        }
        Ok(())
    }

    /// The values of `numbers`, each of them from `least` to `most`.
    fn numbers(&self, numbers: Vec<Spanned<f64>>, least: f64, most: f64, what: &str) -> Result<Vec<f64>> {
        let number = |number: Spanned<f64>| {
            let value = *number.get_ref();
            if (least..=most).contains(&value) {
                return Ok(value);
            }
            let remedy = if least < 0.0 {
                format!("use a number up to {most}")
            } else if most < f64::MAX {
                format!("use {least} to {most}")
            } else {
                format!("use a number from {least}")
            };
            Err(Problem::new(self.place(&number.span()), format_args!("{value} is not {what}"), remedy))
        };
        numbers.into_iter().map(number).collect()
    }
}

/// Fails unless the list of numbers of that length has one for each layer, or none.
fn expect_one_each(list: &Placed<usize>, layers: usize, key: &str) -> Result<()> {
    if list.value == 0 || list.value == layers {
        return Ok(());
    }
    let what = format!("{key} holds {} for dictionaries of {}", counted(list.value, "number"), counted(layers, "layer"));
    Err(Problem::new(&list.place, what, "give one number for each layer, in their order"))
}

/// Whether `text` is `ORG/NAME` as the hub allows it.
fn is_repository(text: &str) -> bool {
    let plain = |part: &str| {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        !part.is_empty()
            && part.chars().all(allowed)
            && !part.starts_with(['.', '-'])
            && !part.contains("--")
            && !part.contains("..")
    };
    text.split_once('/').is_some_and(|(organisation, name)| plain(organisation) && plain(name))
}

/// Whether `text` is a relative path that stays below its folder.
fn is_path(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    text.split('/').all(plain) && !text.contains(['\\', '\0']) && !text.chars().any(char::is_control)
}

impl Draft {
    fn finish(self, name: &str) -> Result<Preset> {
        let Self { place, name: model_name, layers, neuronpedia, centred, model, dictionaries } = self;
        let missing = |what: String| Problem::new(&place, format_args!("[{name}] has no {what}"), "add it");
        if dictionaries.is_empty() {
            return Err(missing("dictionaries".to_owned()));
        }
        let mut shown: Vec<(SubmoduleKind, Shown)> = Vec::new();
        let mut finish = |part: &str, kind: Option<SubmoduleKind>, draft: RepositoryDraft| {
            if let Some(kind) = kind {
                let of_all = || neuronpedia.as_ref().map(|pattern| pattern.replace("{kind}", kind.neuronpedia_name()).parse());
                if let Some(names) = draft.shown.map(Ok).or_else(of_all).transpose()? {
                    shown.push((kind, Shown { names, features: draft.declared.features }));
                }
            }
            let repository = draft.repository.ok_or_else(|| missing(format!("{part}.repository")))?;
            let files = draft.files.filter(|files| !files.is_empty()).ok_or_else(|| missing(format!("{part}.files")))?;
            let mut all = Vec::new();
            for Placed { value, place } in files {
                if !value.path.contains(LAYER) {
                    all.push(value);
                    continue;
                }
                let layers = layers.ok_or_else(|| {
                    Problem::new(&place, format_args!("{LAYER} stands for layers, but [{name}] has no layers"), "add layers = N")
                })?;
                let layer = |layer: usize| PresetFile {
                    path: value.path.replace(LAYER, &layer.to_string()),
                    layer: Some(layer),
                    ..value.clone()
                };
                all.extend((0..layers).map(layer));
            }
            let revision = draft.revision.unwrap_or_else(|| "main".to_owned());
            let layers: BTreeSet<usize> = all.iter().filter_map(|file| file.layer).collect();
            for (key, list) in &draft.lists {
                expect_one_each(list, layers.len().max(1), &format!("{part}.{key}"))?;
            }
            let (licence, declared, config) = (draft.licence, draft.declared, draft.config);
            Ok(Repository { name: repository, revision, files: all, kind, licence, declared, config })
        };
        let model = finish("model", None, model)?;
        let (mut usual, mut only_if_asked) = (Vec::new(), Vec::new());
        for (kind, draft) in dictionaries {
            let of = if draft.only_if_asked { &mut only_if_asked } else { &mut usual };
            of.push(finish(&format!("dictionaries.{kind}"), kind_of(&kind).ok(), draft)?);
        }
        let model_name = model_name.unwrap_or_else(|| name.to_owned());
        if neuronpedia.is_some() && shown.is_empty() {
            // Dictionaries of no named kind: those of the outputs.
            let study = |kind: SubmoduleKind| -> Result<_> {
                let names = STUDY_NAMES.replace("{kind}", kind.neuronpedia_name()).parse()?;
                Ok((kind, Shown { names, features: None }))
            };
            shown = SubmoduleKind::OUTPUTS.into_iter().map(study).collect::<Result<_>>()?;
        }
        Ok(Preset { name: name.to_owned(), model_name, shown, centred, model, dictionaries: usual, only_if_asked })
    }
}
