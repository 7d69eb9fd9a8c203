//! The run file: one safetensors file, which Python's `safetensors` can also open.
//!
//! Its metadata has one key, `saescope`, with a JSON manifest ([`crate::core::run::Manifest`]). Its tensors are listed below;
//! `m` is the number of features of a submodule that ever differed, `p` the longest prompt in tokens, `k` the number of
//! features with detail and `e` the number of their entries:
//!
//! | tensor | type, shape | content |
//! |---|---|---|
//! | `VIEW.clean_metric`, `VIEW.patch_metric` | F32 `[examples]` | the metric of each run, in the manifest's order of examples |
//! | `VIEW.SUBMODULE.feature` | I32 `[m]` | feature indices, ascending |
//! | `VIEW.SUBMODULE.effect`, `.standard_error` | F32 `[m]` | sum over positions, mean over examples, and its standard error |
//! | `VIEW.SUBMODULE.position_effect` | F32 `[m, p]` | mean over examples at each position |
//! | `VIEW.SUBMODULE.pair_count` | I32 `[m]` | number of pairs in which the feature has an effect; -1 where they were not kept |
//! | `VIEW.SUBMODULE.pair`, `.pair_effect` | I32, F32 `[n]` | these pairs, feature by feature, ascending, and the effect in each, summed over positions |
//! | `VIEW.SUBMODULE.error_effect`, `.error_standard_error` | F32 `[1]` | effect of the error term, and its standard error |
//! | `VIEW.SUBMODULE.error_position_effect` | F32 `[p]` | effect of the error term at each position, mean over examples |
//! | `VIEW.SUBMODULE.gradient_dot_change` | F32 `[1]` | `<g, x_patch - x_clean>`; absent for `exact` |
//! | `VIEW.detail.submodule`, `VIEW.detail.feature` | I32 `[k]` | the strongest features in order; submodules by ordinal |
//! | `VIEW.detail.incomplete` | I32 `[1]` | number of strong features whose entries were not all kept |
//! | `VIEW.detail.entry_feature`, `.entry_example`, `.entry_position` | I32 `[e]` | index into the `k` features, example, token |
//! | `VIEW.detail.entry_effect`, `.entry_clean`, `.entry_patch` | F32 `[e]` | effect, clean and patch activation of the entry |
//!
//! Files that were written before there were effects of single pairs have none of `pair_count`, `pair` and `pair_effect`.
//!
//! VIEW is the name of a view of the manifest's study, SUBMODULE a name such as `resid_5`. A feature that is not listed has
//! effect 0.

mod format;
mod header;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::{Dtype, SafeTensorError, SafeTensors, View as TensorBytes};

use self::header::Header;
use super::atomic::AtomicFile;
use crate::core::effects::{Detail, ErrorTerm, SubmoduleEffects, ViewEffects};
use crate::core::foreign;
use crate::core::format_error::of_json;
use crate::core::invariant::first_not_finite;
use crate::core::pair_effects::PairEffects;
use crate::core::problem::{Problem, Result};
use crate::core::run::{DictionaryRecord, Manifest, Method, Run};
use crate::core::submodule::{FeatureId, FeatureIndex, MOST_LAYERS, Submodule};
use crate::core::text::{bytes, excerpt};
use crate::core::view::{View, ViewName};
use crate::files::regular;

const MANIFEST: &str = "saescope";
const NOT_A_RUN: &str = "give a file that `saescope run` wrote";

/// Writes `run` into `file`.
pub fn write(run: &Run, file: AtomicFile) -> Result<()> {
    file.commit(&to_bytes(run)?)
}

/// The bytes of `run` as a run file.
///
/// # Errors
/// If `run` is one that could not be read again: with a number that is not finite, or with more prompts than a header holds.
pub fn to_bytes(run: &Run) -> Result<Vec<u8>> {
    let unwritable = |what: String| Problem::new("run file", format_args!("cannot be written: {what}"), "report this as a fault");
    let Manifest { study, .. } = run.manifest.clone().checked().map_err(unwritable)?;
    let mut tensors = Vec::new();
    for view in &run.views {
        if let Some(what) = first_not_finite(view) {
            let remedy = "check that weights and dictionaries belong together";
            return Err(Problem::new(format_args!("view {}", study.name(view.view)), what, remedy));
        }
        push_view(&mut tensors, study.name(view.view), view);
    }
    let manifest = serde_json::to_string(&run.manifest).map_err(|error| unwritable(error.to_string()))?;
    let metadata = HashMap::from([(MANIFEST.to_owned(), manifest)]);
    safetensors::serialize(tensors, Some(metadata)).map_err(|error| match error {
        SafeTensorError::HeaderTooLarge => {
            let what = format_args!("has too many prompts for one file: they take more than {}", bytes(header::LARGEST));
            Problem::new("run", what, "compute parts with --shard I/N, or fewer prompts with --examples")
        }
        error => unwritable(error.to_string()),
    })
}

/// A tensor to be written into the file.
struct Outgoing {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Outgoing {
    fn floats(values: &[f32]) -> Self {
        Self {
            dtype: Dtype::F32,
            shape: vec![values.len()],
            bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        }
    }

    fn integers(values: impl Iterator<Item = u32>) -> Self {
        let bytes: Vec<u8> = values.flat_map(u32::to_le_bytes).collect();
        Self { dtype: Dtype::I32, shape: vec![bytes.len() / 4], bytes }
    }

    fn shaped(mut self, shape: [usize; 2]) -> Self {
        self.shape = shape.to_vec();
        self
    }
}

impl TensorBytes for Outgoing {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        (&self.bytes).into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

fn push_view(tensors: &mut Vec<(String, Outgoing)>, view_name: ViewName, view: &ViewEffects) {
    let mut push = |name: &str, tensor: Outgoing| tensors.push((format!("{view_name}.{name}"), tensor));
    push("clean_metric", Outgoing::floats(&view.clean_metrics));
    push("patch_metric", Outgoing::floats(&view.patch_metrics));
    for effects in &view.submodules {
        let name = |part: &str| format!("{}.{part}", effects.submodule);
        push(&name("feature"), Outgoing::integers(effects.features.iter().map(|feature| feature.0)));
        push(&name("effect"), Outgoing::floats(&effects.effects));
        push(&name("standard_error"), Outgoing::floats(&effects.standard_errors));
        let positions = Outgoing::floats(&effects.position_effects);
        push(&name("position_effect"), positions.shaped([effects.features.len(), view.positions]));
        // Those of a former version's run have no features.
        if effects.pair_effects.counts().len() == effects.features.len() {
            // -1 as an I32.
            let counts = effects.pair_effects.counts().map(|count| count.map_or(u32::MAX, |count| count as u32));
            push(&name("pair_count"), Outgoing::integers(counts));
            push(&name("pair"), Outgoing::integers(effects.pair_effects.pairs().iter().copied()));
            push(&name("pair_effect"), Outgoing::floats(effects.pair_effects.effects()));
        }
        push(&name("error_effect"), Outgoing::floats(&[effects.error.effect]));
        push(&name("error_standard_error"), Outgoing::floats(&[effects.error.standard_error]));
        push(&name("error_position_effect"), Outgoing::floats(&effects.error.position_effects));
        if let Some(value) = effects.gradient_dot_change {
            push(&name("gradient_dot_change"), Outgoing::floats(&[value]));
        }
    }
    let detail = &view.detail;
    // The places of the submodules among those of the run.
    let place = |feature: &FeatureId| view.submodules.iter().position(|effects| effects.submodule == feature.submodule);
    let places = detail.features.iter().map(|feature| place(feature).map_or(u32::MAX, |place| place as u32));
    push("detail.submodule", Outgoing::integers(places));
    push("detail.feature", Outgoing::integers(detail.features.iter().map(|feature| feature.index.0)));
    push("detail.incomplete", Outgoing::integers([detail.incomplete as u32].into_iter()));
    push("detail.entry_feature", Outgoing::integers(detail.entry_features.iter().copied()));
    push("detail.entry_example", Outgoing::integers(detail.entry_examples.iter().copied()));
    push("detail.entry_position", Outgoing::integers(detail.entry_positions.iter().copied()));
    push("detail.entry_effect", Outgoing::floats(&detail.entry_effects));
    push("detail.entry_clean", Outgoing::floats(&detail.entry_clean));
    push("detail.entry_patch", Outgoing::floats(&detail.entry_patch));
}

/// Whether the file at `path` looks like a run file; only its header is read.
pub fn is_run(path: &Path) -> Result<bool> {
    let unreadable = |error: std::io::Error| Problem::from_io(path, "read it", &error);
    let mut file = regular::open(path)?;
    let mut length = [0; 8];
    if file.read_exact(&mut length).is_err() {
        return Ok(false);
    }
    // If the header claims more bytes than the file has, reading stops at the end of the file.
    let length = u64::from_le_bytes(length).min(header::LARGEST);
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(unreadable)?;
    Ok(holds_manifest(&header))
}

fn holds_manifest(header: &[u8]) -> bool {
    serde_json::from_slice::<Header>(header).is_ok_and(|header| header.manifest.is_some())
}

/// Checks that `path` may be written: a former run may be replaced; any other existing file, above all the model's own weights,
/// may not.
pub fn expect_replaceable(path: &Path) -> Result<()> {
    let is_empty = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0);
    if !path.exists() || is_empty || is_run(path)? {
        return Ok(());
    }
    Err(Problem::new(path.display(), "exists and is not a run file", "name another file (--output), or remove this one first"))
}

/// Reads the run file at `path`; every number is restored bit for bit.
///
/// # Errors
/// If it is not a run file, or is damaged: the problem names the part that is missing, has a wrong length or is out of range.
pub fn read(path: &Path) -> Result<Run> {
    let unreadable = |error: std::io::Error| Problem::from_io(path, "read it", &error);
    let mut file = regular::open(path)?;
    let mut bytes = read_header(&mut file).map_err(unreadable)?;
    if header_of(&bytes).is_some_and(holds_manifest) {
        file.read_to_end(&mut bytes).map_err(unreadable)?;
    }
    from_bytes(&bytes, &path.display().to_string())
}

/// Reads the manifest of the run file at `path` without its numbers, which may be damaged.
pub fn manifest(path: &Path) -> Result<Manifest> {
    let bytes = read_header(&mut regular::open(path)?);
    let bytes = bytes.map_err(|error| Problem::from_io(path, "read it", &error))?;
    Ok(checked_manifest(&bytes, &path.display().to_string())?.0)
}

/// The bytes up to the end of the header: a file that is no run may be a model of gigabytes, or a device that never ends.
fn read_header(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(8).read_to_end(&mut bytes)?;
    let claimed = <[u8; 8]>::try_from(&*bytes).map_or(0, u64::from_le_bytes);
    file.take(claimed.min(header::LARGEST)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The header in the bytes of a safetensors file; None if it is cut short.
fn header_of(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    let length = Some(u64::from_le_bytes(*length)).filter(|length| *length <= header::LARGEST)?;
    rest.get(..length as usize)
}

/// Reads the bytes of a run file; messages call it `name`.
pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Run> {
    let damaged = |what: String| incomplete(name, &what);
    let (manifest, tensors) = checked_manifest(bytes, name)?;
    if tensors > most_tensors(&manifest) {
        return Err(damaged(format!("it holds {tensors} tensors, more than its study has")));
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|_| damaged("it is cut short, or its tensors overlap".to_owned()))?;
    let submodules = submodules(&manifest).ok_or_else(|| {
        let count = manifest.dictionaries.len();
        damaged(format!("its {count} dictionaries are not those of {} layers", manifest.model.layers))
    })?;
    let reader = Reader { tensors: &tensors, name, manifest: &manifest, submodules: &submodules };
    let views = manifest.study.all().map(|view| reader.view(view)).collect::<Result<_>>()?;
    Ok(Run { manifest, views })
}

/// The submodules of the manifest's dictionaries; None unless they are some of the model's, in their order.
fn submodules(manifest: &Manifest) -> Option<Vec<Submodule>> {
    let submodules: Vec<Submodule> = manifest.dictionaries.iter().map(DictionaryRecord::place).collect::<Option<_>>()?;
    let all_exist = submodules.iter().all(|submodule| submodule.layer.0 < manifest.model.layers);
    // The number of layers is only a claim, and tables are as long.
    let believed = manifest.model.layers <= MOST_LAYERS;
    (!submodules.is_empty() && believed && all_exist && submodules.is_sorted_by(|one, next| one < next)).then_some(submodules)
}

fn incomplete(name: &str, what: &str) -> Problem {
    Problem::new(name, format_args!("is not a complete run file: {what}"), NOT_A_RUN)
}

/// The manifest in the header of a run file's bytes, and the number of tensors that the header lists.
fn checked_manifest(bytes: &[u8], name: &str) -> Result<(Manifest, usize)> {
    let damaged = |what: String| incomplete(name, &what);
    if let Some(problem) = foreign::problem(bytes, &name) {
        return Err(problem);
    }
    let Some(header) = header_of(bytes) else {
        let is_text = std::str::from_utf8(bytes).is_ok_and(|text| !text.is_empty() && !text.contains('\0'));
        let text = || Problem::new(name, "is a text, not a run file", NOT_A_RUN);
        return Err(if is_text { text() } else { damaged("it ends within its header".to_owned()) });
    };
    let header: Header =
        serde_json::from_slice(header).map_err(|error| damaged(format!("its header {}", of_json(header, &error))))?;
    let manifest = header.manifest.ok_or_else(|| Problem::new(name, "is a safetensors file, but not a run", NOT_A_RUN))?;
    Ok((format::manifest(&manifest, name)?.checked().map_err(damaged)?, header.tensors))
}

/// The number of tensors of a run: those of each submodule in each view, and those of the view itself.
fn most_tensors(manifest: &Manifest) -> usize {
    const OF_SUBMODULE: usize = 11;
    const OF_VIEW: usize = 11;
    manifest.study.views.len() * (OF_VIEW + OF_SUBMODULE * manifest.dictionaries.len())
}

struct Reader<'a> {
    tensors: &'a SafeTensors<'a>,
    name: &'a str,
    manifest: &'a Manifest,
    /// Those of the manifest's dictionaries.
    submodules: &'a [Submodule],
}

impl Reader<'_> {
    fn damaged(&self, what: impl std::fmt::Display) -> Problem {
        Problem::new(self.name, what, "the file is damaged: compute the run again")
    }

    /// The elements of a tensor, four bytes each.
    fn words(&self, tensor: &str, dtype: Dtype, length: Option<usize>) -> Result<Vec<[u8; 4]>> {
        let view =
            self.tensors.tensor(tensor).map_err(|_| self.damaged(format_args!("holds no tensor '{}'", excerpt(tensor, 60))))?;
        let words = view.data().as_chunks::<4>().0.to_vec();
        if view.dtype() != dtype || length.is_some_and(|length| length != words.len()) {
            return Err(self.damaged(format_args!(
                "its tensor '{tensor}' has type {} and {} elements, expected {dtype} and {}",
                view.dtype(),
                words.len(),
                length.map_or_else(|| "any number".to_owned(), |length| length.to_string())
            )));
        }
        Ok(words)
    }

    fn floats(&self, tensor: &str, length: Option<usize>) -> Result<Vec<f32>> {
        Ok(self.words(tensor, Dtype::F32, length)?.into_iter().map(f32::from_le_bytes).collect())
    }

    fn float(&self, tensor: &str) -> Result<f32> {
        let values = self.floats(tensor, Some(1))?;
        values.first().copied().ok_or_else(|| self.damaged(format_args!("its tensor '{tensor}' is empty")))
    }

    /// Reads indices and checks that they are below `limit`.
    fn indices(&self, tensor: &str, length: Option<usize>, limit: usize) -> Result<Vec<u32>> {
        let values: Vec<u32> = self.words(tensor, Dtype::I32, length)?.into_iter().map(u32::from_le_bytes).collect();
        match values.iter().find(|value| **value as usize >= limit) {
            Some(value) => Err(self.damaged(format_args!("its tensor '{tensor}' holds {value}, which is not below {limit}"))),
            None => Ok(values),
        }
    }

    fn view(&self, view: View) -> Result<ViewEffects> {
        let (examples, name) = (self.manifest.data(view).examples.as_slice(), self.manifest.study.name(view));
        let positions = examples.iter().map(|example| example.clean_tokens.len()).max().unwrap_or(0);
        // Only a shard may have no example of a view.
        if positions == 0 && !(examples.is_empty() && self.manifest.shard.is_some()) {
            return Err(self.damaged(format_args!("lists no tokens for the view {name}")));
        }
        let all = self.submodules;
        let submodules = all
            .iter()
            .zip(&self.manifest.dictionaries)
            .map(|(submodule, record)| self.submodule(name, *submodule, record.features, examples.len(), positions));
        let effects = ViewEffects {
            view,
            clean_metrics: self.floats(&format!("{name}.clean_metric"), Some(examples.len()))?,
            patch_metrics: self.floats(&format!("{name}.patch_metric"), Some(examples.len()))?,
            positions,
            submodules: submodules.collect::<Result<_>>()?,
            detail: self.detail(name, all, examples.len(), positions)?,
        };
        match first_not_finite(&effects) {
            Some(what) => Err(self.damaged(format_args!("in its view {name}, {what}"))),
            None => Ok(effects),
        }
    }

    fn submodule(
        &self,
        view: ViewName,
        submodule: Submodule,
        dictionary_features: usize,
        examples: usize,
        positions: usize,
    ) -> Result<SubmoduleEffects> {
        let name = |part: &str| format!("{view}.{submodule}.{part}");
        let features = self.indices(&name("feature"), None, dictionary_features)?;
        if !features.is_sorted_by(|left, right| left < right) {
            return Err(self.damaged(format_args!("its tensor '{}' is not ascending", name("feature"))));
        }
        let count = Some(features.len());
        Ok(SubmoduleEffects {
            submodule,
            dictionary_features,
            effects: self.floats(&name("effect"), count)?,
            standard_errors: self.floats(&name("standard_error"), count)?,
            position_effects: self.floats(&name("position_effect"), Some(features.len() * positions))?,
            pair_effects: self.pair_effects(&name, features.len(), examples)?,
            error: ErrorTerm {
                effect: self.float(&name("error_effect"))?,
                standard_error: self.float(&name("error_standard_error"))?,
                position_effects: self.floats(&name("error_position_effect"), Some(positions))?,
            },
            gradient_dot_change: match self.manifest.method {
                Method::Ig | Method::Attrib => Some(self.float(&name("gradient_dot_change"))?),
                Method::Exact => None,
            },
            features: features.into_iter().map(FeatureIndex).collect(),
        })
    }

    /// The effects in single pairs of `features` features of a submodule; `name` gives its tensors' names.
    fn pair_effects(&self, name: &dyn Fn(&str) -> String, features: usize, examples: usize) -> Result<PairEffects> {
        let mut found = PairEffects::default();
        if ["pair_count", "pair", "pair_effect"].iter().all(|part| self.tensors.tensor(&name(part)).is_err()) {
            return Ok(found);
        }
        let counts = self.words(&name("pair_count"), Dtype::I32, Some(features))?.into_iter().map(i32::from_le_bytes);
        let pairs = self.indices(&name("pair"), None, examples)?;
        let effects = self.floats(&name("pair_effect"), Some(pairs.len()))?;
        let mut entries = pairs.into_iter().zip(effects);
        for count in counts {
            let count = match count {
                -1 => None,
                count => Some(usize::try_from(count).map_err(|_| {
                    self.damaged(format_args!("its tensor '{}' holds {count}, which is no number of pairs", name("pair_count")))
                })?),
            };
            let of_feature = count.map(|count| entries.by_ref().take(count).collect::<Vec<_>>());
            let is_whole = |of: &Vec<(u32, f32)>| Some(of.len()) == count && of.is_sorted_by(|left, right| left.0 < right.0);
            if of_feature.as_ref().is_some_and(|of| !is_whole(of)) {
                return Err(self.damaged(format_args!("its tensor '{}' does not fit '{}'", name("pair"), name("pair_count"))));
            }
            found.push(of_feature);
        }
        match entries.next() {
            None => Ok(found),
            Some(_) => {
                Err(self.damaged(format_args!("its tensor '{}' is longer than '{}' says", name("pair"), name("pair_count"))))
            }
        }
    }

    fn detail(&self, view: ViewName, submodules: &[Submodule], examples: usize, positions: usize) -> Result<Detail> {
        let name = |part: &str| format!("{view}.detail.{part}");
        let owners = self.indices(&name("submodule"), None, submodules.len())?;
        let indices = self.indices(&name("feature"), Some(owners.len()), usize::MAX)?;
        let size = |owner: &u32| self.manifest.dictionaries.get(*owner as usize).map_or(0, |record| record.features);
        if let Some((owner, index)) = owners.iter().zip(&indices).find(|(owner, index)| **index as usize >= size(owner)) {
            return Err(
                self.damaged(format_args!("its detail lists feature {index} of submodule {owner}, which has {}", size(owner)))
            );
        }
        let features: Vec<FeatureId> = owners
            .iter()
            .zip(indices)
            .map(|(owner, index)| FeatureId { submodule: submodules[*owner as usize], index: FeatureIndex(index) })
            .collect();
        let entry_features = self.indices(&name("entry_feature"), None, features.len())?;
        let count = Some(entry_features.len());
        Ok(Detail {
            incomplete: self.indices(&name("incomplete"), Some(1), usize::MAX)?.first().map_or(0, |count| *count as usize),
            entry_examples: self.indices(&name("entry_example"), count, examples)?,
            entry_positions: self.indices(&name("entry_position"), count, positions)?,
            entry_effects: self.floats(&name("entry_effect"), count)?,
            entry_clean: self.floats(&name("entry_clean"), count)?,
            entry_patch: self.floats(&name("entry_patch"), count)?,
            features,
            entry_features,
        })
    }
}
