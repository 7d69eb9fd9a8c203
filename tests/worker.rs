//! The background job: what it tells, in which order, and how it ends.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use saescope::core::causal::check::{Check, Done, Found, News, What};
use saescope::core::causal::set::FeatureSet;
use saescope::core::causal::steering::Positions;
use saescope::core::causal::way::{ErrorTreatment, Way};
use saescope::core::effects::SubmoduleEffects;
use saescope::core::problem::Problem;
use saescope::core::progress::{Event, Step};
use saescope::core::quadrature::Rule;
use saescope::core::ranking::Ranked;
use saescope::core::request::{Backend, ModelSource, Options, Request, Settings};
use saescope::core::run::{Method, Run};
use saescope::core::submodule::FeatureId;
use saescope::core::tags::Subject;
use saescope::core::view::{View, ViewName};
use saescope::engine::cache::Cache;
use saescope::engine::cancel::Cancel;
use saescope::engine::causal::background::check as check_in_background;
use saescope::engine::demo;
use saescope::engine::identity::{identify, subject};
use saescope::engine::study::OpenStudy;
use saescope::engine::worker::Job;
use saescope::store::studies;

fn request(method: Method, batch: usize) -> Request {
    Request {
        model: ModelSource::Demo,
        study: studies::names().unwrap(),
        options: Options { seed: 12, tokens: None, examples: Some(12) },
        settings: Settings { method, rule: Rule::Riemann, steps: 3, batch, detail: 10 },
        backend: Some(Backend::NdArray),
        threads: None,
        shard: None,
    }
}

#[test]
fn submodules_arrive_as_they_are_finished_with_their_final_numbers() {
    // With four examples a batch nothing is final before the third batch.
    for batch in [4, 64] {
        let job = Job::start(request(Method::Ig, batch)).unwrap();
        let mut events = job.events().iter();
        assert!(
            matches!(events.next(), Some(Event::Opened(opened)) if opened.layers == 4 && opened.data[0].examples.len() == 12)
        );
        let mut found: HashMap<(View, String), Arc<Ranked>> = HashMap::new();
        let (mut last, mut ended): (u64, Option<Box<Run>>) = (0, None);
        let mut identified: Option<Subject> = None;
        let mut fitted = HashMap::new();
        for event in events {
            assert!(ended.is_none(), "an event after the end");
            match event {
                Event::Step(Step::Progress(progress)) => {
                    assert!(progress.done >= last && progress.done <= progress.total);
                    last = progress.done;
                }
                Event::Step(Step::Found(view, effects)) => {
                    assert!(found.insert((view, effects.effects().submodule.to_string()), effects).is_none(), "found twice");
                }
                Event::Step(Step::Fitted(submodule, sums)) => {
                    let report = sums.report().unwrap();
                    assert!(report.active > 0.0 && fitted.insert(submodule.to_string(), report).is_none(), "fitted twice");
                }
                Event::Step(Step::Measured(submodule, report)) => {
                    assert!(report.active > 0.0 && !fitted.contains_key(&submodule.to_string()), "judged before its end");
                }
                Event::Step(Step::Inspected(_)) => panic!("nobody asked for it"),
                Event::Identified(subject) => assert!(identified.replace(subject).is_none(), "identified twice"),
                Event::Ended(outcome) => ended = Some(outcome.unwrap()),
                Event::Opened(_) => panic!("opened twice"),
            }
        }
        let run = ended.unwrap();
        assert_eq!(identified.unwrap(), subject(&run.manifest.model.name, &run.manifest.dictionaries));
        assert_eq!(found.len(), 36);
        for record in &run.manifest.dictionaries {
            assert_eq!(fitted.remove(&record.submodule), record.report);
        }
        for view in &run.views {
            for effects in &view.submodules {
                assert_eq!(found[&(view.view, effects.submodule.to_string())].effects(), effects);
            }
        }
    }
}

#[test]
fn a_cancelled_job_ends_soon_and_says_so() {
    let job = Job::start(request(Method::Exact, 64)).unwrap();
    assert!(matches!(job.events().recv().unwrap(), Event::Opened(_)));
    job.cancel();
    let start = Instant::now();
    let ended = job.events().iter().find_map(|event| match event {
        Event::Ended(outcome) => Some(outcome),
        _ => None,
    });
    assert!(ended.unwrap().unwrap_err().is_cancelled());
    // A generous limit, so that a busy machine does not fail here.
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn cancelling_reaches_opening_and_both_halves_of_hashing() {
    let cancelled = Cancel::default();
    cancelled.cancel();
    let says_so = |problem: String| assert!(problem.contains("was cancelled"), "{problem}");
    says_so(OpenStudy::open(request(Method::Ig, 64), &Cache::default(), &cancelled).err().unwrap().to_string());
    let (weights, dictionaries) = (demo::weights().unwrap(), demo::dictionaries(&demo::config().unwrap()).unwrap());
    let never = |_| panic!("nothing is known yet");
    says_so(identify("demo", &weights, &dictionaries, &never, &cancelled).unwrap_err().to_string());
    let cancel = Cancel::default();
    says_so(identify("demo", &weights, &dictionaries, &|_| cancel.cancel(), &cancel).unwrap_err().to_string());
}

/// Two threads work for a run, and the run waits for both.
#[test]
fn a_panic_on_either_thread_ends_the_other() {
    for on_hashing_thread in [false, true] {
        let cancel = Cancel::default();
        let study = OpenStudy::open(request(Method::Exact, 64), &Cache::default(), &cancel).unwrap();
        let start = Instant::now();
        let tell = |event| {
            let is_time = match event {
                Event::Identified(_) => on_hashing_thread,
                Event::Step(Step::Found(..)) => !on_hashing_thread,
                _ => false,
            };
            assert!(!is_time, "a fault");
        };
        // A panic of a computing thread is a problem of the run; one of the other thread goes on here.
        let outcome = catch_unwind(AssertUnwindSafe(|| study.run(&tell, &cancel)));
        assert!(!matches!(outcome, Ok(Ok(_))), "the run ended well");
        assert!(!cancel.is_cancelled(), "nobody asked for the end");
        assert!(start.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_dropped_job_does_not_outlive_its_owner() {
    let cache = Arc::new(Cache::default());
    let held = Arc::downgrade(&cache);
    let job = Job::start_with(request(Method::Exact, 64), cache, Cancel::default()).unwrap();
    assert!(matches!(job.events().recv().unwrap(), Event::Opened(_)));
    assert!(held.upgrade().is_some(), "the job works with the cache");
    drop(job);
    assert!(held.upgrade().is_none(), "the job's thread still holds the cache");
}

/// A job after a job has the threads that it asks for, as the explorer needs.
#[test]
fn each_study_has_its_own_threads() {
    let run = |threads: usize| {
        let request = Request { threads: NonZeroUsize::new(threads), backend: Some(Backend::NdArray), ..request(Method::Ig, 64) };
        let study = OpenStudy::open(request, &Cache::default(), &Cancel::default()).unwrap();
        assert_eq!(study.threads().count(), threads);
        study.run(&|_| {}, &Cancel::default()).unwrap().views
    };
    let (one, two) = (run(1), run(2));
    for (one, two) in one.iter().zip(&two) {
        assert_eq!(one.clean_metrics, two.clean_metrics);
    }
}

#[test]
fn a_job_that_cannot_start_ends_with_the_reason() {
    let study = studies::pairs_only(PathBuf::from("nowhere.json"), None).unwrap();
    let job = Job::start(Request { study, ..request(Method::Ig, 64) }).unwrap();
    let events: Vec<Event> = job.events().iter().collect();
    assert!(matches!(events.as_slice(), [Event::Ended(Err(problem))] if problem.to_string().contains("nowhere.json")));
}

/// A check of features of the male view of a small run of the demo, with its news.
fn checked(what: What, cancel_at: Option<usize>) -> (Result<Arc<Done>, Problem>, Vec<News>) {
    checked_until(what, |news| Some(news.len()) == cancel_at)
}

/// The same, cancelled as soon as the news are what is waited for.
fn checked_until(what: What, is_over: impl Fn(&[News]) -> bool + Sync) -> (Result<Arc<Done>, Problem>, Vec<News>) {
    let mut asked = request(Method::Attrib, 64);
    asked.options.examples = Some(3);
    let job = Job::start(asked.clone()).unwrap();
    let run =
        job.events().iter().find_map(|event| if let Event::Ended(run) = event { Some(run.unwrap()) } else { None }).unwrap();
    let check = Check { view: ViewName::new("male").unwrap(), what };
    let pool = run.views[0].submodules.iter().flat_map(SubmoduleEffects::with_effect).collect();
    let manifest = Arc::new(run.manifest);
    let (model, backend, threads) = (None, asked.backend, None);
    let checks = saescope::core::causal::check::Request { check, pool, manifest, model, backend, threads };
    let (cancel, mut news) = (Cancel::default(), Vec::new());
    let mut tell = |told: News| {
        news.push(told);
        if is_over(&news) {
            cancel.cancel();
        }
    };
    let outcome = check_in_background(&checks, &ModelSource::Demo, &Cache::default(), &mut tell, &cancel);
    (outcome, news)
}

/// More features than are ablated between two partial results.
fn many() -> BTreeSet<FeatureId> {
    (0..19).map(|index| format!("resid_1/{index}").parse().unwrap()).collect()
}

#[test]
fn features_ablated_one_by_one_arrive_in_parts_and_are_those_of_single_sets() {
    let error = ErrorTreatment::Recomputed;
    let (outcome, news) = checked(What::Each { features: many(), error }, None);
    let Found::Each(each) = &outcome.as_ref().unwrap().found else { panic!("{outcome:?}") };
    let parts = news.iter().filter_map(|news| match news {
        News::Partial(found) => match &**found {
            Found::Each(each) => Some(each.features.len()),
            other => panic!("{other:?}"),
        },
        _ => None,
    });
    assert_eq!(parts.collect::<Vec<_>>(), [8, 16, 19]);
    let features: Vec<FeatureId> = each.features.iter().map(|single| single.feature).collect();
    assert_eq!(features, many().into_iter().collect::<Vec<_>>());
    let last = *many().last().unwrap();
    let alone = What::Set { features: BTreeSet::from([last]), way: Way::Resample, error };
    let Found::Set(_, scores) = checked(alone, None).0.unwrap().found.clone() else { panic!("no set") };
    assert_eq!(scores.sets[0].bias, each.features[18].resample);
}

#[test]
fn a_curve_arrives_size_by_size_and_its_first_set_is_the_strongest_feature() {
    let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
    let strongest: Vec<FeatureId> = many().into_iter().take(3).collect();
    let alone = What::Set { features: BTreeSet::from([strongest[0]]), way, error };
    let (outcome, news) = checked(What::Curve { strongest, way, error, controls: 2, seed: 12 }, None);
    let Found::Curve(curve) = &outcome.as_ref().unwrap().found else { panic!("{outcome:?}") };
    let parts = news.iter().filter_map(|news| match news {
        News::Partial(found) => match &**found {
            Found::Curve(curve) => Some(curve.rungs.len()),
            other => panic!("{other:?}"),
        },
        _ => None,
    });
    assert_eq!(parts.collect::<Vec<_>>(), [1, 2, 3]);
    assert!(
        curve.rungs.iter().all(|rung| rung.controls.iter().all(|controls| controls.bias.as_ref().unwrap().values.len() == 2))
    );
    let shares = news.iter().filter_map(|news| match news {
        News::Progress(progress) if progress.total > 0 => Some(progress.done as f64 / progress.total as f64),
        _ => None,
    });
    let shares: Vec<f64> = shares.collect();
    assert!(shares.is_sorted() && shares.last().is_some_and(|share| *share >= 1.0), "{shares:?}");
    let Found::Set(_, scores) = checked(alone, None).0.unwrap().found.clone() else { panic!("no set") };
    assert_eq!(scores.sets[0].bias, curve.rungs[0].strongest.bias);
}

#[test]
fn a_search_arrives_step_by_step_with_the_side_effects_of_what_it_chose() {
    let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
    let strong = ["resid_1/374", "attn_2/165", "resid_3/339", "resid_1/0"];
    let features: BTreeSet<FeatureId> = strong.iter().map(|name| name.parse().unwrap()).collect();
    let (outcome, news) = checked(What::Search { features, way, error }, None);
    let done = outcome.unwrap();
    let Found::Search(search) = &done.found else { panic!("{done:?}") };
    let parts = news.iter().filter_map(|news| match news {
        News::Partial(found) => match &**found {
            Found::Search(search) => Some((search.greedy.len(), search.exhaustive.is_some())),
            other => panic!("{other:?}"),
        },
        _ => None,
    });
    let steps = search.greedy.len();
    assert!(steps > 0 && search.exhaustive.is_some(), "{search:?}");
    assert_eq!(parts.collect::<Vec<_>>(), (1..=steps).map(|step| (step, false)).collect::<Vec<_>>());
    let main = news.iter().find_map(|news| if let News::Main(main) = news { Some(main) } else { None }).unwrap();
    assert!(main.whole && main.found == done.found && main.lacks_side_effects() && !done.lacks_side_effects());
    assert_eq!(done.elsewhere.as_ref().unwrap().damages().len(), 2);
    // The first step is the feature that leaves least by itself.
    let alone = What::Set { features: BTreeSet::from([search.greedy[0].0]), way, error };
    let Found::Set(_, scores) = checked(alone, None).0.unwrap().found.clone() else { panic!("no set") };
    assert_eq!(scores.sets[0].bias, search.greedy[0].1);
}

#[test]
fn a_check_that_is_stopped_during_its_side_effects_has_told_its_whole_result() {
    let what = || What::Set { features: many(), way: Way::Zero, error: ErrorTreatment::Recomputed };
    let is_main = |news: &News| matches!(news, News::Main(_));
    let (outcome, news) = checked_until(what(), |news| news.last().is_some_and(is_main));
    assert!(outcome.unwrap_err().is_cancelled());
    let main = news.iter().find_map(|news| if let News::Main(main) = news { Some(main) } else { None }).unwrap();
    assert!(main.whole && main.lacks_side_effects(), "{main:?}");
    let done = checked(what(), None).0.unwrap();
    assert!(main.found == done.found && !done.lacks_side_effects());
    let elsewhere = done.elsewhere.as_ref().unwrap();
    assert_eq!((elsewhere.way, elsewhere.others.len(), elsewhere.damages().len()), (Some(Way::Zero), 2, 1));
}

#[test]
fn the_sets_of_a_file_arrive_by_their_names() {
    let (way, error) = (Way::Zero, ErrorTreatment::Recomputed);
    let set = |name: &str, member: &str| FeatureSet { name: name.to_owned(), members: vec![member.parse().unwrap()] };
    let sets = vec![set("one", "resid_1/0"), set("all", "resid_1")];
    let (outcome, _) = checked(What::Sets { file: "sets.json".to_owned(), sets, way, error }, None);
    let done = outcome.unwrap();
    let Found::Set(ablation, scores) = &done.found else { panic!("{done:?}") };
    assert_eq!(ablation.sets.iter().map(|set| set.name.as_str()).collect::<Vec<_>>(), ["one", "all"]);
    let alone = What::Set { features: BTreeSet::from(["resid_1/0".parse().unwrap()]), way, error };
    let Found::Set(_, single) = checked(alone, None).0.unwrap().found.clone() else { panic!("no set") };
    assert_eq!((scores.sets.len(), &scores.sets[0].bias), (2, &single.sets[0].bias));
}

#[test]
fn methods_are_compared_submodule_by_submodule() {
    let (outcome, news) = checked(What::Methods { features: many() }, None);
    let Found::Methods(found) = &outcome.as_ref().unwrap().found else { panic!("{outcome:?}") };
    let parts = news.iter().filter_map(|news| match news {
        News::Partial(found) => match &**found {
            Found::Methods(part) => Some((part.features.len(), part.errors.len())),
            other => panic!("{other:?}"),
        },
        _ => None,
    });
    // All listed features are of one submodule, and error terms of every one.
    let parts: Vec<(usize, usize)> = parts.collect();
    let is_part = |(place, (features, errors)): (usize, &(usize, usize))| [0, 19].contains(features) && *errors == place + 1;
    assert!(parts.iter().enumerate().all(is_part) && parts.len() == found.errors.len(), "{parts:?}");
    assert_eq!(parts.last(), Some(&(19, found.errors.len())));
    let features: Vec<FeatureId> = found.features.iter().map(|(feature, _)| *feature).collect();
    assert_eq!(features, many().into_iter().collect::<Vec<_>>());
    let shares = news.iter().filter_map(|news| match news {
        News::Progress(progress) if progress.total > 0 => Some(progress.done as f64 / progress.total as f64),
        _ => None,
    });
    let shares: Vec<f64> = shares.collect();
    assert!(shares.is_sorted() && shares.last().is_some_and(|share| *share >= 1.0), "{shares:?}");
}

#[test]
fn a_check_that_is_stopped_ends_and_one_of_an_unknown_feature_is_refused() {
    let (outcome, news) = checked(What::Each { features: many(), error: ErrorTreatment::Clean }, Some(3));
    assert!(outcome.unwrap_err().is_cancelled() && news.len() <= 4);
    let unknown = "resid_1/99999".parse().unwrap();
    let (outcome, _) = checked(What::Steering { feature: unknown, positions: Positions::All }, None);
    assert!(outcome.unwrap_err().to_string().contains("its dictionary has"));
}
