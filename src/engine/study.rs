//! One study from its inputs to its run: opens model, dictionaries and data, computes, and records the inputs in the manifest.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::core::dictionary_report::FitSums;
use crate::core::effects::ViewEffects;
use crate::core::invariant::first_not_finite;
use crate::core::notes;
use crate::core::problem::{Problem, Result};
use crate::core::progress::{Event, Step};
use crate::core::quadrature::Quadrature;
use crate::core::request::{Care, Request, Settings, Shard};
use crate::core::run::{
    DataRecord, DictionaryRecord, ExampleRecord, FORMAT, Manifest, Method, ModelRecord, Opened, Run, Seconds, ShardRecord,
};
use crate::core::study::{Study, ViewSpec};
use crate::core::study_source::PairSource;
use crate::core::submodule::Submodule;
use crate::core::text::counted;
use crate::core::view::{View, ViewName};
use crate::engine::attribution::{Batch, Model, Stages, ViewInput, attribute_timed, batches};
use crate::engine::bos;
use crate::engine::cache::Cache;
use crate::engine::cancel::Cancel;
use crate::engine::compute::{TOKENS_AT_ONCE, choose};
use crate::engine::dataset::pairing::pairs;
use crate::engine::dataset::shard::deal;
use crate::engine::dataset::{self, DataSet, Example, Limits};
use crate::engine::dictionary::Dictionary;
use crate::engine::floor::Floor;
use crate::engine::footprint::{DictionarySize, Footprint, Needs};
use crate::engine::identity::{self, Identity};
use crate::engine::loaded::{Files, Loaded};
use crate::engine::looks::Looks;
use crate::engine::memory::{Bounds, Usage};
use crate::engine::model::config::Config;
use crate::engine::threads::{THREAD, Threads, fault, no_thread};
use crate::engine::tokenizer::Tokenizer;

/// A study whose inputs are open and checked.
pub struct OpenStudy {
    request: Request,
    threads: Threads,
    loaded: Arc<Loaded>,
    lists: Lists,
    open_seconds: f64,
    /// None unless the computation is to take care; with the memory that it takes.
    care: Option<(Care, Footprint)>,
    /// Times of the parts of the last attribution.
    stages: Mutex<Stages>,
}

/// The study's pair lists, as they are computed.
struct Lists {
    /// The token in front of every prompt, if the dictionaries were trained with one.
    bos: Option<u32>,
    data: Vec<DataSet>,
    shard: Option<ShardRecord>,
}

impl Lists {
    /// Reads the lists that `request` names, for a model of `config` with `dictionaries`.
    fn read(
        request: &Request,
        config: &Config,
        tokenizer: Option<&Tokenizer>,
        dictionaries: &[Dictionary],
        cancel: &Cancel,
    ) -> Result<Self> {
        let bos = bos::token(config, tokenizer, dictionaries)?;
        // The token in front takes one of the places.
        let limits = Limits { vocabulary: config.vocabulary, context: config.context - usize::from(bos.is_some()) };
        let load = |source: &PairSource| dataset::load(source, tokenizer, request.options, limits, cancel);
        let mut data: Vec<DataSet> = request.study.lists.iter().map(load).collect::<Result<_>>()?;
        if let Some(bos) = bos {
            data.iter_mut().for_each(|data| data.begin_with(bos));
        }
        let shard = request.shard.map(|shard| take_shard(&mut data, shard)).transpose()?;
        Ok(Self { bos, data, shard })
    }

    /// The views of `study` that have examples: a shard may have no pair of some list.
    fn views<'a>(&'a self, study: &'a Study) -> Vec<ViewInput<'a>> {
        let input = |view: View| {
            let ViewSpec { name, pairs, direction, .. } = study.view(view);
            ViewInput {
                view,
                name: name.as_str(),
                examples: &self.data[*pairs].examples,
                direction: *direction,
                is_part: self.shard.is_some(),
            }
        };
        study.all().map(input).filter(|input| !input.examples.is_empty()).collect()
    }
}

impl OpenStudy {
    /// Opens and checks everything that `request` names, unless `cancel` is raised; a model that `cache` holds is reused.
    pub fn open(request: Request, cache: &Cache, cancel: &Cancel) -> Result<Self> {
        let start = Instant::now();
        let threads = Threads::new(request.threads)?;
        let loaded = threads.run(|| cache.loaded(&request.model, request.backend, cancel))?;
        let Loaded { compute, tokenizer, dictionaries, .. } = &*loaded;
        let lists = Lists::read(&request, compute.config(), tokenizer.as_ref(), dictionaries, cancel)?;
        let open_seconds = start.elapsed().as_secs_f64();
        Ok(Self { request, threads, loaded, lists, open_seconds, care: None, stages: Mutex::default() })
    }

    /// Opens and checks everything like [`OpenStudy::open`], with an empty cache. If memory is limited, batches are as small and as many
    /// layers are read again for each pass as that needs.
    ///
    /// # Errors
    /// When the study does not fit into the memory even so; before the weights are read.
    pub fn open_careful(mut request: Request, care: Care, cancel: &Cancel) -> Result<Self> {
        let start = Instant::now();
        let threads = Threads::new(request.threads)?;
        let files = Files::open(&request.model, cancel)?;
        let Files { config, tokenizer, dictionaries, .. } = &files;
        let lists = Lists::read(&request, config, tokenizer.as_ref(), dictionaries, cancel)?;
        let (backend, settings) = (choose(request.backend, config), request.settings);
        let points = match settings.method {
            Method::Ig => settings.steps,
            Method::Attrib => 1,
            Method::Exact => TOKENS_AT_ONCE,
        };
        let views = lists.views(&request.study.study);
        let dictionaries = &dictionaries.iter().map(DictionarySize::from).collect::<Vec<_>>();
        let needs = Needs { config, backend, threads: threads.count(), dictionaries, views: &views, points, looks: care.fit };
        let footprint = needs.within(settings.batch, care.memory)?;
        request.settings.batch = footprint.size;
        let loaded = threads.run(|| files.load(Some(backend), footprint.kept, Bounds::RUN, cancel))?;
        let open_seconds = start.elapsed().as_secs_f64();
        let (loaded, care) = (Arc::new(loaded), Some((care, footprint)));
        Ok(Self { request, threads, loaded, lists, open_seconds, care, stages: Mutex::default() })
    }

    /// The memory that the study takes, if it was opened with care.
    pub fn footprint(&self) -> Option<Footprint> {
        self.care.map(|(_, footprint)| footprint)
    }

    /// Model, backend, study and data, which are known before the computation.
    pub fn opened(&self) -> Opened {
        let data: Vec<DataRecord> = self.lists.data.iter().map(|data| self.data_record(data)).collect();
        Opened {
            model: self.loaded.name.clone(),
            layers: self.config().layers,
            submodules: self.loaded.dictionaries.iter().map(Dictionary::submodule).collect(),
            backend: self.loaded.compute.backend().to_owned(),
            study: self.request.study.study.clone(),
            notes: self.notes(&data),
            data,
        }
    }

    /// Computes all views, and hashes the files on a thread beside that. `tell` is called with steps and with the subject, from
    /// both threads.
    ///
    /// # Errors
    /// When `cancel` is raised, an input turns out to be unusable, or a file was changed in the meantime. Of several inputs that are
    /// unusable the same one is named each time.
    pub fn run(&self, tell: &(dyn Fn(Event) + Sync), cancel: &Cancel) -> Result<Run> {
        // Threads that fail stop each other by a flag of their own, so that `cancel` says no more than that the caller wants no result.
        let outcome = self.compute(tell, &cancel.part());
        // A file that was changed may be the reason for any other failure.
        if !outcome.as_ref().is_err_and(Problem::is_cancelled) {
            self.loaded.expect_unchanged(cancel)?;
        }
        outcome
    }

    fn compute(&self, tell: &(dyn Fn(Event) + Sync), cancel: &Cancel) -> Result<Run> {
        let created_unix_seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
        // Hashing that fails stops the attribution. The other way round it would be chance which of two faults is named.
        let (attributing, hashing) = (&cancel.part(), &cancel.part());
        let hash = || attributing.unless_finished(|| self.loaded.identify(&|subject| tell(Event::Identified(subject)), hashing));
        thread::scope(|scope| {
            let hasher = thread::Builder::new().name(THREAD.to_owned()).spawn_scoped(scope, hash).map_err(no_thread)?;
            let start = Instant::now();
            let fits = Mutex::new(HashMap::new());
            let examples = self.lists.data.iter().flat_map(|data| &data.examples);
            let prompts = examples.flat_map(|example| [&example.clean[..], &example.patch[..]]);
            let looks = Looks::new(&self.loaded, prompts, self.lists.bos.is_some());
            let tell = |event: Event| {
                if let Event::Step(Step::Measured(submodule, report)) = &event
                    && self.care.is_some_and(|(care, _)| care.fit)
                {
                    looks.at(*submodule, *report, tell, attributing);
                }
                if let Event::Step(Step::Fitted(submodule, sums)) = &event {
                    fits.lock().unwrap_or_else(PoisonError::into_inner).insert(submodule.to_string(), sums.clone());
                }
                tell(event);
            };
            let views = hashing.unless_finished(|| self.attribute(&tell, attributing));
            let views = looks.outcome().and(views);
            let attribution = start.elapsed().as_secs_f64();
            let identity = hasher.join().unwrap_or_else(|panic| Err(fault("hashing of the files", &*panic)));
            let (views, mut identity) = match (views, identity) {
                (views, Ok(identity)) => (views?, identity),
                (Err(failure), Err(stopped)) if stopped.is_cancelled() && !cancel.is_cancelled() => {
                    // Hashing was stopped before it had seen every decoder.
                    identity::expect_finite_decoders(&self.loaded.dictionaries, cancel)?;
                    return Err(failure);
                }
                (_, Err(reason)) => return Err(reason),
            };
            // This comes after the attribution, whose failure says more; which thread ends first does not show.
            identity.dictionaries.iter().try_for_each(expect_finite_norms)?;
            let mut fits = fits.into_inner().unwrap_or_else(PoisonError::into_inner);
            for (record, dictionary) in identity.dictionaries.iter_mut().zip(&self.loaded.dictionaries) {
                record.notes.extend(bos::notes(dictionary, self.loaded.tokenizer.as_ref(), self.lists.bos));
                let sums = fits.remove(&record.submodule);
                record.report = sums.as_ref().and_then(FitSums::report);
                // A whole run needs the report alone; from the sums of all shards follows that of the merged run.
                record.fit = sums.filter(|sums| self.lists.shard.is_some() && sums.is_finite());
            }
            let seconds = Seconds { open: self.open_seconds, attribution, hash: identity.seconds };
            Ok(Run { manifest: self.manifest(identity, created_unix_seconds, seconds), views })
        })
    }

    fn attribute(&self, tell: &(dyn Fn(Event) + Sync), cancel: &Cancel) -> Result<Vec<ViewEffects>> {
        let Loaded { compute, dictionaries, memory, .. } = &*self.loaded;
        let model = Model { compute: compute.as_ref(), dictionaries, memory };
        let (views, stages) = self.threads.run(|| {
            let observer = &mut |step| tell(Event::Step(step));
            attribute_timed(model, &self.views(), self.request.settings, observer, cancel)
        })?;
        *self.stages.lock().unwrap_or_else(PoisonError::into_inner) = stages;
        let study = &self.request.study.study;
        views.iter().try_for_each(|view| expect_finite(study.name(view.view), view))?;
        let mut computed = views.into_iter().peekable();
        let of_view = |view: View| computed.next_if(|effects| effects.view == view).unwrap_or_else(|| self.nothing_of(view));
        Ok(study.all().map(of_view).collect())
    }

    fn views(&self) -> Vec<ViewInput<'_>> {
        self.lists.views(&self.request.study.study)
    }

    /// The effects of a view that has no example in this shard.
    fn nothing_of(&self, view: View) -> ViewEffects {
        let dictionaries = self.loaded.dictionaries.iter().map(|dictionary| (dictionary.submodule(), dictionary.features()));
        ViewEffects::of_no_examples(view, dictionaries, self.request.settings.method != Method::Exact)
    }

    /// What a reader of the results should know: all that the run will record, and the memory, which is of this computation alone.
    fn notes(&self, data: &[DataRecord]) -> Vec<String> {
        let memory = self.footprint().map(|footprint| format!("memory: {footprint}; mapped files beside that"));
        let bos = self.lists.bos.map(|bos| (self.texts(&[bos]).concat(), bos));
        let bos = bos.as_ref().map(|(text, bos)| (text.as_str(), *bos));
        memory.into_iter().chain(notes::of_inputs(bos, &self.loaded.notes, data)).collect()
    }

    /// The text of each token.
    fn texts(&self, tokens: &[u32]) -> Vec<String> {
        match &self.loaded.tokenizer {
            Some(tokenizer) => tokenizer.texts(tokens),
            None => tokens.iter().map(|token| format!("#{token}")).collect(),
        }
    }

    /// The threads that the study computes on.
    pub fn threads(&self) -> &Threads {
        &self.threads
    }

    /// Wall-clock seconds of the parts of the last run.
    pub fn stages(&self) -> Stages {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How much of the last run came from the memory.
    pub fn usage(&self) -> Usage {
        self.loaded.memory.usage()
    }

    /// The model's sizes.
    pub fn config(&self) -> &Config {
        self.loaded.compute.config()
    }

    /// The least arithmetic that this study takes by integrated gradients, and the most prefixes that are encoded together.
    pub fn floor(&self) -> (Floor, usize) {
        let batches = batches(&self.views(), self.request.settings.batch);
        let encoder = |dictionary: &Dictionary| (dictionary.submodule(), dictionary.width() * dictionary.features());
        let dictionaries: Vec<(Submodule, usize)> = self.loaded.dictionaries.iter().map(encoder).collect();
        let prefixes = batches.iter().map(Batch::prefixes).max().unwrap_or(0);
        let Settings { rule, steps, .. } = self.request.settings;
        let quadrature = Quadrature { rule, steps };
        (Floor::of(self.config(), &dictionaries, &batches, quadrature), prefixes)
    }

    fn manifest(&self, identity: Identity, created_unix_seconds: u64, seconds: Seconds) -> Manifest {
        let (config, settings, loaded) = (self.config(), self.request.settings, &self.loaded);
        let model = ModelRecord {
            name: loaded.name.clone(),
            source: loaded.weights.name().to_owned(),
            sha256: identity.weights_sha256,
            config_sha256: loaded.config_sha256.clone(),
            tokenizer_sha256: loaded.tokenizer.as_ref().map(|tokenizer| tokenizer.sha256().to_owned()),
            bos: self.lists.bos,
            prefix_space: loaded.tokenizer.as_ref().and_then(Tokenizer::prefix_space),
            layers: config.layers,
            width: config.width,
        };
        Manifest {
            format: FORMAT,
            program: format!("saescope {}", env!("CARGO_PKG_VERSION")),
            created_unix_seconds,
            backend: loaded.compute.backend().to_owned(),
            method: settings.method,
            steps: settings.quadrature().map(|quadrature| quadrature.steps),
            rule: settings.quadrature().map(|quadrature| quadrature.rule),
            seed: self.request.options.seed,
            tokens: self.request.options.tokens,
            examples: self.request.options.examples,
            batch: settings.batch,
            detail: settings.detail,
            model,
            dictionaries: identity.dictionaries,
            study: Study::clone(&self.request.study.study),
            data: self.lists.data.iter().map(|data| self.data_record(data)).collect(),
            notes: loaded.notes.clone(),
            seconds,
            shard: self.lists.shard.clone(),
        }
    }

    fn data_record(&self, data: &DataSet) -> DataRecord {
        let texts = |tokens: &[u32]| self.texts(tokens);
        let text = |token: u32| texts(&[token]).concat();
        let kept: BTreeSet<usize> = data.examples.iter().map(|example| example.line).collect();
        let examples = data.examples.iter().map(|example| ExampleRecord {
            line: example.line,
            clean_text: texts(&example.clean),
            patch_text: texts(&example.patch),
            clean_answer: example.clean_answer,
            patch_answer: example.patch_answer,
            clean_answer_text: text(example.clean_answer),
            patch_answer_text: text(example.patch_answer),
            clean_tokens: example.clean.clone(),
            patch_tokens: example.patch.clone(),
        });
        DataRecord {
            source: data.name.clone(),
            sha256: data.sha256.clone(),
            lines: data.lines,
            dropped: data.dropped,
            dropped_lines: data.dropped_lines.clone(),
            not_joined: data.not_joined.iter().copied().filter(|line| kept.contains(line)).collect(),
            examples: examples.collect(),
        }
    }
}

/// Keeps only the examples of `shard`. A division of which some other part would be empty is refused here already: the parts could not be
/// merged in the end.
fn take_shard(data: &mut [DataSet], shard: Shard) -> Result<ShardRecord> {
    let examples: Vec<&[Example]> = data.iter().map(|data| &data.examples[..]).collect();
    let pairs = pairs(&examples).len();
    if shard.of > pairs {
        let what = format_args!("are more than the {}", counted(pairs, "pair"));
        return Err(Problem::new(format_args!("{} parts", shard.of), what, "divide into fewer parts"));
    }
    let places = deal(&examples, shard);
    for (data, kept) in data.iter_mut().zip(&places) {
        data.examples = kept.iter().map(|index| data.examples[*index].clone()).collect();
    }
    Ok(ShardRecord { number: shard.number, of: shard.of, places })
}

/// Fails if a row of the decoder is longer than the largest number of 32 bits.
fn expect_finite_norms(record: &DictionaryRecord) -> Result<()> {
    if record.decoder_norms.is_none_or(|norms| norms.largest.is_finite()) {
        return Ok(());
    }
    let what = "has a decoder row whose length is beyond the largest number of 32 bits";
    Err(Problem::new(&record.source, what, "check that the file holds the weights that were trained"))
}

/// Fails if an effect or a metric is not finite: weights are checked when they are read, but finite weights can still overflow.
fn expect_finite(name: ViewName, view: &ViewEffects) -> Result<()> {
    first_not_finite(view).map_or(Ok(()), |what| {
        Err(Problem::new(format_args!("view {name}"), what, "check that config.json, weights and dictionaries belong together"))
    })
}
