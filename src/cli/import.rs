//! `saescope import`: takes over what others say of features.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use super::arguments::{ImportArguments, ImportFrom, NeuronpediaArguments};
use super::table::Table;
use super::{output, progress};
use crate::core::explanations::OfDictionary;
use crate::core::neuronpedia;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::Submodule;
use crate::core::text::{counted, excerpt, printable};
use crate::store::explanations::{self, Header};
use crate::store::folders;
use crate::store::neuronpedia::{Export, OF_FEATURE, read};

/// Runs `import`.
pub fn import(arguments: &ImportArguments) -> Result<ExitCode> {
    match &arguments.from {
        ImportFrom::Neuronpedia(arguments) => from_neuronpedia(arguments),
    }
}

fn from_neuronpedia(arguments: &NeuronpediaArguments) -> Result<ExitCode> {
    let data = folders::data()?;
    let path = match (&arguments.remove, &arguments.path) {
        (Some(name), _) => return removed(&data, name),
        (None, Some(path)) => path,
        (None, None) => return Err(Problem::new("import", "names nothing to import", "give a file of the export, or a folder")),
    };
    let start = Instant::now();
    let bar = progress::bar("reading, {pos} files, {elapsed}");
    let export = read(path, &|| bar.inc(1));
    bar.finish_and_clear();
    let export = export?;
    let submodules = submodules(&export, arguments.submodule)?;
    let (files, others) = (export.files, export.other_lines);
    let (mut all, mut left_out) = (Vec::new(), 0);
    for ((model, source), imported) in export.dictionaries {
        let path = explanations::path(&data, &model, &source)?;
        let before = explanations::read(&path)?.map_or_else(BTreeMap::new, |(_, before)| before.known());
        left_out += imported.left_out;
        let explainers: Vec<(String, usize)> = imported.explainers.clone().into_iter().collect();
        let features = imported.over(before);
        let known = OfDictionary::new(&features).map_err(|what| Problem::new(&source, what, "import fewer files"))?;
        let labels = features.values().filter(|known| !known.label.is_empty()).count();
        let submodule = submodules[&source].to_string();
        all.push((Header { model, source, submodule, features: known.len(), explainers }, known, labels));
    }
    let mut table = Table::new(3, &["model", "dictionary", "submodule", "features", "labels", "explained by"]);
    // Everything was read before the first file is written.
    for (header, known, labels) in all {
        explanations::write(&data, &header, &known)?;
        let by: Vec<String> = header.explainers.iter().map(|(by, count)| format!("{by} ({count})")).collect();
        let [model, source] = [&header.model, &header.source].map(|name| printable(name));
        table.push(vec![model, source, header.submodule, header.features.to_string(), labels.to_string(), by.join(", ")]);
    }
    let mut said = format!("{} in {:.1} s", counted(files, "file"), start.elapsed().as_secs_f64());
    if others > 0 {
        said += &format!(", {} without a label or an activation", counted(others, "line"));
    }
    if left_out > 0 {
        said += &format!(", {} not kept: a feature keeps {OF_FEATURE}", counted(left_out, "explanation"));
    }
    output::print(&format!("{}\n{said}\n", table.plain()))?;
    Ok(ExitCode::SUCCESS)
}

/// Removes the labels of `name`: a model, or MODEL/SOURCE.
fn removed(data: &Path, name: &str) -> Result<ExitCode> {
    let (model, source) = name.split_once('/').map_or((name, None), |(model, source)| (model, Some(source)));
    let removed = explanations::remove(data, model, source)?;
    if removed.is_empty() {
        let what = format_args!("has no imported labels in {}", data.display());
        return Err(Problem::new(
            format_args!("--remove '{}'", printable(name)),
            what,
            "check the names of the model and the dictionary",
        ));
    }
    output::print(&format!("removed the labels of {}\n", removed.join(", ")))?;
    Ok(ExitCode::SUCCESS)
}

/// The submodule of each dictionary, by its name on Neuronpedia.
fn submodules(export: &Export, named: Option<Submodule>) -> Result<BTreeMap<String, Submodule>> {
    let sources: Vec<&String> = export.dictionaries.keys().map(|(_, source)| source).collect();
    if let (Some(named), [first, others @ ..]) = (named, sources.as_slice())
        && let Some(other) = others.iter().find(|other| other != &first)
    {
        let what = format!("names one submodule, the files are of {} and {}", excerpt(first, 40), excerpt(other, 40));
        return Err(Problem::new(format_args!("--submodule {named}"), what, "import them one by one"));
    }
    let of = |source: &&String| {
        let submodule = named.or_else(|| neuronpedia::submodule(source)).ok_or_else(|| {
            Problem::new(
                format_args!("dictionary '{}'", excerpt(source, 40)),
                "has a name that does not say what it reads",
                "give it with --submodule, such as --submodule resid_6",
            )
        })?;
        Ok(((*source).clone(), submodule))
    };
    sources.iter().map(of).collect()
}
