//! Finds the dictionaries of a model in folders or archives, and recognises their format.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use super::host::Host;
use super::placed::{Candidates, MOST_FOLDERS, Placed, Unusable, candidates};
use super::zip_file::ZipFile;
use super::{Dictionary, Purpose, ae_pt, formats, saelens};
use crate::core::parts::Parts;
use crate::core::problem::{Problem, Result};
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::{counted, excerpt};
use crate::engine::cancel::Cancel;
use crate::files::regular::expect_no_link;

/// The layouts, in words, for messages.
const LAYOUTS: &str = "expected folders such as attn_out_layer0/10_32768 with ae.pt in them, or 0-att-sm with cfg.json in it, or a zip of the former, \
                       or folders of another format that say their place (`saescope models`)";

/// Most folders that are named among those that are not used.
const MOST_NOTES: usize = 20;

/// The folder of the embedding's dictionary in dictionary_learning's layout.
const EMBEDDING_LEARNED: &str = "embed";

/// How the folder of the embedding's dictionary begins in SAELens's layout.
const EMBEDDING_SAELENS: &str = "e-res-";

/// A folder or an archive in which dictionaries are looked for.
enum Root {
    /// The folder, and what lies in it under names that say no submodule, once that was needed.
    Folder(PathBuf, OnceCell<Placed>),
    Zip(Box<ZipFile>),
}

/// A dictionary that was found, and whether its name said the submodule.
struct Found {
    dictionary: Dictionary,
    is_named: bool,
    /// Its folder; None inside of an archive.
    folder: Option<PathBuf>,
}

/// Opens the dictionaries of the model `host`, in submodule order; a submodule without one is left out. Each of `roots` is
/// searched in turn; without roots there are none.
///
/// # Errors
/// When no submodule has a dictionary, or one has more than one, or one that cannot be read, or `cancel` is raised. Where names say the
/// submodule, a kind that has a dictionary in one layer must have one in all: a gap there is most often an incomplete download.
pub fn open_all(roots: &[PathBuf], host: &Host, cancel: &Cancel) -> Result<Vec<Dictionary>> {
    Ok(open_some(roots, host, &Parts::default(), cancel)?.dictionaries)
}

/// Dictionaries that were opened.
#[derive(Debug, Default)]
pub struct Opened {
    /// One for each submodule that has one, in submodule order.
    pub dictionaries: Vec<Dictionary>,
    /// What was found beside them and is not used, one sentence for each folder, without a full stop.
    pub notes: Vec<String>,
}

/// Opens the dictionaries of `only` among those of the model, as [`open_all`] does all of them.
///
/// # Errors
/// As for [`open_all`]; gaps among the others do not count.
pub fn open_some(roots: &[PathBuf], host: &Host, only: &Parts, cancel: &Cancel) -> Result<Opened> {
    if roots.is_empty() {
        return Ok(Opened::default());
    }
    let listed: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
    let mut roots = roots.iter().map(|root| find_root(root)).collect::<Result<Vec<_>>>()?;
    let (mut found, mut missing): (Vec<Found>, Vec<Submodule>) = (Vec::new(), Vec::new());
    for submodule in host.submodules().into_iter().filter(|submodule| only.holds(*submodule)) {
        cancel.check()?;
        match open_in(&mut roots, host, Purpose::Use { submodule, width: host.width_at(submodule) })? {
            Some(one) => found.push(one),
            None => missing.push(submodule),
        }
    }
    let has_others = |gap: &&Submodule| found.iter().any(|one| one.is_named && one.dictionary.submodule().kind == gap.kind);
    let gap = if found.is_empty() { missing.first() } else { missing.iter().find(has_others) };
    if let Some(submodule) = gap {
        roots.iter().try_for_each(expect_no_links_to_nothing)?;
        if let Some(problem) = roots.iter().find_map(|root| without_file(root, *submodule)) {
            return Err(problem);
        }
        if let Some(one) = roots.iter().find_map(Root::without_place).filter(|_| found.is_empty()) {
            let remedy =
                "put it below a folder whose name says it, as gemma-scope-2b-pt-res does above layer_1 (`saescope models`)";
            return Err(Problem::new(one.folder.display(), &one.reason, remedy));
        }
        let elsewhere: Vec<String> = roots.iter().flat_map(Root::elsewhere).collect();
        let also = match &elsewhere[..] {
            [] => String::new(),
            places => format!(", only for {}", excerpt(&places.join(", "), 200)),
        };
        return Err(Problem::new(listed.join(", "), format_args!("holds no dictionary for {submodule}{also}"), LAYOUTS));
    }
    let unused: Vec<Unused> = roots.iter().map(|root| root.unused(host, &found)).collect();
    let (unused, unseen): (Vec<_>, Vec<_>) = unused.into_iter().map(|unused| (unused.notes, unused.unseen)).unzip();
    let mut notes = bounded(unused.concat(), "not used");
    notes.extend(bounded(unseen.concat(), "not looked into for other dictionaries"));
    Ok(Opened { dictionaries: found.into_iter().map(|one| one.dictionary).collect(), notes })
}

/// What lies beside the dictionaries that are used, one sentence for each folder without a full stop.
#[derive(Default)]
struct Unused {
    /// Of folders that look like a dictionary's.
    notes: Vec<String>,
    /// Of folders that could not be looked into.
    unseen: Vec<String>,
}

/// The first of `sentences`, each behind `what`, and how many more there are.
fn bounded(mut sentences: Vec<String>, what: &str) -> Vec<String> {
    let more = sentences.len().saturating_sub(MOST_NOTES);
    sentences.truncate(MOST_NOTES);
    sentences.extend((more > 0).then(|| format!("{} more", counted(more, "folder"))));
    sentences.into_iter().map(|sentence| format!("{what}: {sentence}")).collect()
}

/// The dictionary for `purpose` in the first of `roots` that has one.
fn open_in(roots: &mut [Root], host: &Host, purpose: Purpose) -> Result<Option<Found>> {
    for root in roots {
        let found = match root {
            Root::Folder(folder, placed) => open_one(folder, placed, host, purpose)?,
            Root::Zip(zip) => match zip.dictionary(purpose)? {
                Some(dictionary) => Some(Found { dictionary: dictionary.in_model(host)?, is_named: true, folder: None }),
                None => None,
            },
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

impl Root {
    fn folder(path: &Path) -> Self {
        Self::Folder(path.to_owned(), OnceCell::new())
    }

    /// The dictionaries that no submodule can use.
    fn unusable(&self) -> &[Unusable] {
        match self {
            Self::Folder(_, placed) => placed.get().map_or(&[], |placed| &placed.unusable),
            Self::Zip(_) => &[],
        }
    }

    /// The places of dictionaries that no submodule can use.
    fn elsewhere(&self) -> impl Iterator<Item = String> {
        self.unusable().iter().filter_map(|one| one.short.clone())
    }

    /// A dictionary of a format whose folders say the place, in folders that do not.
    fn without_place(&self) -> Option<&Unusable> {
        self.unusable().iter().find(|one| one.by_folder)
    }

    /// The folders that look like a dictionary's and are neither used by `found` nor that of a submodule that nobody asked for. All that is
    /// used was found before, so what cannot be looked at here ends nothing.
    fn unused(&self, host: &Host, found: &[Found]) -> Unused {
        let Self::Folder(root, placed) = self else { return Unused::default() };
        let said = |folder: &Path, reason: &str| format!("{} {reason}", folder.display());
        let is_used = |folder: &PathBuf| found.iter().any(|one| one.folder.as_ref() == Some(folder));
        // Folders whose names say a submodule of the model: whether it is asked for was decided by the name.
        let submodules = host.submodules();
        let says = |path: &PathBuf| {
            let name = name_of(path);
            submodules.iter().any(|submodule| {
                learned_name(*submodule).is_some_and(|whole| name == whole)
                    || saelens_prefix(*submodule).is_some_and(|beginning| name.starts_with(&beginning))
            })
        };
        let named: Vec<PathBuf> = match children(root) {
            Ok(children) => children.into_iter().filter(says).collect(),
            Err(problem) => return Unused { notes: Vec::new(), unseen: vec![problem.to_string()] },
        };
        let is_named = |folder: &PathBuf| named.iter().any(|name| folder.starts_with(name));
        let mut notes = Vec::new();
        let Some(placed) = placed.get() else {
            // Every submodule has a dictionary by its name, so the files of others were not asked.
            let Candidates { folders, unseen } = candidates(root, MOST_FOLDERS);
            for folder in folders.iter().filter(|folder| !is_named(folder) && *folder != root) {
                notes.push(said(folder, "has no name that says a place of the model, as those of the dictionaries beside it do"));
            }
            return Unused { notes, unseen: unseen.iter().map(Problem::to_string).collect() };
        };
        for (submodule, folders) in &placed.folders {
            let is_there = submodules.contains(submodule);
            let has_one = found.iter().any(|one| one.dictionary.submodule() == *submodule);
            for folder in folders.iter().filter(|folder| !is_used(folder) && !is_named(folder)) {
                if !is_there {
                    let reason = format!("is of {submodule}, which a model of {} layers does not have", host.layers);
                    notes.push(said(folder, &reason));
                } else if has_one {
                    notes.push(said(folder, &format!("is of {submodule}, too, for which another one is used")));
                }
            }
        }
        notes.extend(placed.unusable.iter().filter(|one| !is_named(&one.folder)).map(|one| said(&one.folder, &one.reason)));
        Unused { notes, unseen: Vec::new() }
    }
}

/// The archive at `root`, or the folder that holds the dictionaries: `root` itself, or the only such folder up to two levels
/// below it, as in the published archive (`dictionaries/MODEL`).
fn find_root(root: &Path) -> Result<Root> {
    if !root.exists() {
        expect_no_link(root)?;
    }
    if root.is_file() {
        return ZipFile::open(root).map(|zip| Root::Zip(Box::new(zip)));
    }
    if holds_dictionaries(root)? {
        return Ok(Root::folder(root));
    }
    let below = |folders: &[PathBuf]| -> Result<Vec<PathBuf>> {
        let mut all = Vec::new();
        for folder in folders {
            all.extend(children(folder)?.into_iter().filter(|path| path.is_dir()));
        }
        all.sort();
        Ok(all)
    };
    let first = below(&[root.to_owned()])?;
    for level in [first.clone(), below(&first)?] {
        let mut found = Vec::new();
        for folder in level {
            if holds_dictionaries(&folder)? {
                found.push(folder);
            }
        }
        match &found[..] {
            [] => {}
            [folder] => return Ok(Root::folder(folder)),
            [one, other, ..] => {
                return Err(Problem::new(
                    root.display(),
                    format_args!("holds dictionaries in several folders, such as {} and {}", one.display(), other.display()),
                    "name one of them with --dictionaries",
                ));
            }
        }
    }
    Ok(Root::folder(root))
}

/// Whether `folder` holds a folder with the name of a dictionary.
fn holds_dictionaries(folder: &Path) -> Result<bool> {
    let is_one = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let learned = name.split_once("_out_layer").is_some_and(|(kind, layer)| {
            SubmoduleKind::OUTPUTS.iter().any(|known| known.name() == kind) && layer.parse::<usize>().is_ok()
        });
        let embedding = name == EMBEDDING_LEARNED || name.starts_with(EMBEDDING_SAELENS);
        let mut parts = name.splitn(3, '-');
        let (layer, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let saelens =
            layer.parse::<usize>().is_ok() && SubmoduleKind::OUTPUTS.iter().any(|known| known.neuronpedia_name() == kind);
        (learned || saelens || embedding) && path.is_dir()
    };
    Ok(children(folder)?.iter().any(is_one))
}

fn open_one(root: &Path, placed: &OnceCell<Placed>, host: &Host, purpose: Purpose) -> Result<Option<Found>> {
    let submodule = purpose.submodule();
    let named = match (find_ae_pt(root, submodule)?, find_saelens(root, submodule)?) {
        (Some(first), Some(second)) => return Err(more_than_one(root, submodule, &first, &second)),
        (Some(path), None) => {
            path.parent().map_or(Ok(()), formats::expect_one)?;
            Some((ae_pt::open(&path, purpose)?.in_model(host)?, path.parent().map(Path::to_owned)))
        }
        // Where a file is missing, the layout says which.
        (None, Some(folder)) if formats::detect(&folder).is_none() => {
            Some((saelens::open(&folder, purpose)?.in_model(host)?, Some(folder)))
        }
        (None, Some(folder)) => Some((formats::open_for(&folder, purpose, host)?, Some(folder))),
        (None, None) => None,
    };
    if let Some((dictionary, folder)) = named {
        return Ok(Some(Found { dictionary, is_named: true, folder }));
    }
    if placed.get().is_none() {
        // Nobody else sets it meanwhile: the cell belongs to this search.
        let _ = placed.set(Placed::find(root, host)?);
    }
    let folders = placed.get().and_then(|placed| placed.folders.get(&submodule)).map(Vec::as_slice).unwrap_or_default();
    let Some(folder) = only(folders.to_vec(), root, submodule)? else { return Ok(None) };
    Ok(Some(Found { dictionary: formats::open_for(&folder, purpose, host)?, is_named: false, folder: Some(folder) }))
}

/// Fails if something below `root` is a link that leads nowhere: a dictionary was meant to be there.
fn expect_no_links_to_nothing(root: &Root) -> Result<()> {
    let Root::Folder(root, _) = root else { return Ok(()) };
    children(root)?.iter().filter(|path| !path.exists()).try_for_each(|path| expect_no_link(path))
}

/// The problem that the folder called after `submodule` in dictionary_learning's layout is there without its file.
fn without_file(root: &Root, submodule: Submodule) -> Option<Problem> {
    let Root::Folder(root, _) = root else { return None };
    let folder = learned(root, submodule)?;
    let below: Vec<PathBuf> = children(&folder).ok()?.into_iter().filter(|path| path.is_dir()).collect();
    let folder = if let [only] = &below[..] { only } else { &folder };
    let what = format!("holds no ae.pt, the dictionary for {submodule}");
    Some(Problem::new(folder.display(), what, "fetch the file again, as it lies beside the others"))
}

/// The folder called after `submodule` in dictionary_learning's layout, if it is there.
fn learned(root: &Path, submodule: Submodule) -> Option<PathBuf> {
    Some(root.join(learned_name(submodule)?)).filter(|folder| folder.is_dir())
}

/// `attn_out_layer0/10_32768/ae.pt`: the training's settings name the folder between, so any name is accepted.
fn find_ae_pt(root: &Path, submodule: Submodule) -> Result<Option<PathBuf>> {
    let Some(folder) = learned(root, submodule) else { return Ok(None) };
    let mut found: Vec<PathBuf> = children(&folder)?
        .into_iter()
        .chain([folder.clone()])
        .map(|child| child.join("ae.pt"))
        .filter(|path| path.exists() || path.is_symlink())
        .collect();
    found.sort();
    only(found, &folder, submodule)
}

/// `0-att-sm`: the suffix names the training run, so any suffix is accepted. The format is that of the files in it.
fn find_saelens(root: &Path, submodule: Submodule) -> Result<Option<PathBuf>> {
    let Some(prefix) = saelens_prefix(submodule) else { return Ok(None) };
    let mut found = children(root)?;
    found.retain(|path| path.is_dir() && name_of(path).starts_with(&prefix));
    found.sort();
    only(found, root, submodule)
}

/// The name of a submodule's folder in dictionary_learning's layout.
fn learned_name(submodule: Submodule) -> Option<String> {
    match submodule.kind {
        SubmoduleKind::Embedding => Some(EMBEDDING_LEARNED.to_owned()),
        kind if SubmoduleKind::OUTPUTS.contains(&kind) => Some(format!("{}_out_layer{}", kind.name(), submodule.layer.0)),
        _ => None,
    }
}

/// How the name of a submodule's folder begins in SAELens's layout.
fn saelens_prefix(submodule: Submodule) -> Option<String> {
    match submodule.kind {
        SubmoduleKind::Embedding => Some(EMBEDDING_SAELENS.to_owned()),
        kind if SubmoduleKind::OUTPUTS.contains(&kind) => Some(format!("{}-{}-", submodule.layer.0, kind.neuronpedia_name())),
        _ => None,
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn only(mut found: Vec<PathBuf>, folder: &Path, submodule: Submodule) -> Result<Option<PathBuf>> {
    if let [first, second, ..] = found.as_slice() {
        return Err(more_than_one(folder, submodule, first, second));
    }
    Ok(found.pop())
}

fn more_than_one(folder: &Path, submodule: Submodule, first: &Path, second: &Path) -> Problem {
    Problem::new(
        folder.display(),
        format_args!("holds more than one dictionary for {submodule}: {} and {}", first.display(), second.display()),
        "keep one of them in the folder given by --dictionaries",
    )
}

fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| Problem::from_io(folder, "list it", &error);
    fs::read_dir(folder).map_err(unreadable)?.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}
