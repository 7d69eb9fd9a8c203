//! What the program keeps for itself: answers that took long, causal checks, and what is known of weight files.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use saescope::app::key::{Code, Key};
use saescope::app::message::Message;
use saescope::app::update::update;
use saescope::core::causal::approximation::{Approximation, Effects};
use saescope::core::causal::check::{Check, Done, Found, What};
use saescope::core::causal::circuit::Circuit;
use saescope::core::causal::curve::{Curve, Rung};
use saescope::core::causal::each::{Each, Single};
use saescope::core::causal::edges::Edge;
use saescope::core::causal::elsewhere::{Elsewhere, Neutral, Other};
use saescope::core::causal::kept;
use saescope::core::causal::scores::{AblatedSet, Ablation, Scores, denominator_of, removed_bias, resamples};
use saescope::core::causal::search::{Search, Subset};
use saescope::core::causal::set::{FeatureSet, Member};
use saescope::core::causal::side_effects::{Damage, TextSums};
use saescope::core::causal::way::{ErrorTreatment, Way};
use saescope::core::corpus::responses::{LabelRecord, OfFeature, Responses};
use saescope::core::corpus::tally::Tally;
use saescope::core::file_facts::{FileFacts, FileState, PartState};
use saescope::core::quadrature::Quadrature;
use saescope::core::shuffled::Shuffled;
use saescope::core::submodule::FeatureId;
use saescope::core::view::View;
use saescope::store::file_facts::KeptFacts;
use saescope::store::kept_answers::{Answer, KeptAnswers};
use saescope::store::studies;

use super::{Small, screen, text};
use crate::harness::{Door, Verdict};
use crate::mutate::Mutator;

/// Reads the answer to the question of `begun` from a file of these bytes.
fn answer<A: Answer>(folder: &std::path::Path, begun: A, bytes: &[u8], oracle: impl FnOnce(A) -> Result<(), String>) -> Verdict {
    std::fs::write(folder.join(format!("{}.json", begun.key())), bytes).unwrap();
    Verdict::of(KeptAnswers::new(folder.to_owned()).or_kept(begun), oracle)
}

#[test]
fn kept_shuffles() {
    let folder = tempfile::tempdir().unwrap();
    let feature = "resid_0/4".parse().unwrap();
    let read = |bytes: &[u8]| {
        let begun = Shuffled { key: "a".to_owned(), seed: 3, shuffles: Vec::new() };
        answer(folder.path(), begun, bytes, |shuffled| {
            let of = shuffled.of_feature(feature, 0.1);
            let is_sound = of.largest.is_finite() && of.largest >= 0.0 && of.p > 0.0 && of.p <= 1.0;
            if is_sound { Ok(()) } else { Err(format!("{of:?}")) }
        })
    };
    let seed = br#"{"key":"a","seed":3,"shuffles":[{"features":["0-res-sm/4","0-res-sm/5"],"effects":[0.1,-0.2],"beyond":0.0},
{"features":["0-att-sm/4"],"effects":[-1.5],"beyond":0.25}]}"#;
    Door { name: "kept_shuffles", seeds: vec![seed.to_vec()], mutator: Mutator::Json, one_in: 2, read: &read }.pass();
}

/// What a corpus would be asked, with nothing of it read.
fn responses() -> Responses {
    let features = ["resid_0/4", "attn_0/1"].map(|feature| OfFeature { feature: feature.parse().unwrap(), tally: Tally::new() });
    let labels = ["a", "b"].map(|name| LabelRecord { name: name.to_owned(), meaning: String::new(), tag: None, tokens: 0 });
    Responses { key: "a".to_owned(), bytes: 100, features: features.to_vec(), labels: labels.to_vec(), ..Responses::default() }
}

#[test]
fn kept_corpora() {
    let folder = tempfile::tempdir().unwrap();
    let read = |bytes: &[u8]| {
        answer(folder.path(), responses(), bytes, |mut responses| {
            let labels = responses.labels.len();
            for feature in &mut responses.features {
                // As far as the numbers of a corpus of 2^63 tokens can go on.
                if feature.tally.fired < 1 << 60 {
                    feature.tally.count(0.5, 3, labels);
                }
                let edge = feature.tally.edge(0.9);
                let [tokens, labelled] = feature.tally.count_from(edge, labels - 1);
                let finite = feature.tally.mean().is_none_or(f64::is_finite)
                    && feature.tally.contexts.kept().iter().all(|context| context.largest().is_finite());
                if labelled > tokens || !finite {
                    return Err(format!("{labelled} of {tokens}"));
                }
            }
            Ok(())
        })
    };
    let mut counted = responses();
    (counted.tokens, counted.place.read) = (9, 50);
    counted.labels[1].tokens = 4;
    (1..5_u8).for_each(|token| counted.features[0].tally.count(f32::from(token) / 3.0, u64::from(token), 2));
    let seed = serde_json::to_vec(&counted).unwrap();
    Door { name: "kept_corpora", seeds: vec![seed], mutator: Mutator::Json, one_in: 2, read: &read }.pass();
}

/// A check of each kind.
fn one_of_each() -> [Done; 7] {
    let (view, error) = (studies::pairs_only("p".into(), None).unwrap().study.name(View(0)), ErrorTreatment::Recomputed);
    let features = BTreeSet::from(["resid_0/5".parse().unwrap(), "attn_0/2".parse().unwrap()]);
    let all = vec![0.5, 2.0, 1.0];
    let set = AblatedSet {
        name: "the list".to_owned(),
        members: features.iter().copied().map(Member::Feature).collect(),
        kept: vec![0.1; 3],
        removed: vec![0.7, 0.2, -0.3],
    };
    let ablation = Ablation { way: Way::Zero, error, all: all.clone(), empty: vec![0.0; 3], sets: vec![set] };
    let scores = Scores::of(&ablation);
    let share = |removed: f32| removed_bias(&all, &[removed; 3], &resamples(3));
    let single = |feature: &FeatureId| Single {
        feature: *feature,
        on_clean: 3,
        on_patch: 1,
        zero: share(0.1),
        resample: share(-0.2),
        left: None,
    };
    let each = Each::new(error, &all, features.iter().map(single).collect());
    let rung = |size: usize| Rung::new(size, &Ablation { sets: vec![ablation.sets[0].clone(); 5], ..ablation.clone() }, &[], 2);
    let ends = scores.clone();
    let curve = Curve {
        way: Way::Zero,
        error,
        all: ends.all,
        empty: ends.empty,
        span: ends.span,
        bias: ends.bias,
        pool: 9,
        controls: 2,
        seed: 12,
        unmeasured: None,
        broken_off: false,
        rungs: vec![rung(1), rung(2)],
    };
    let edge = Edge {
        upstream: *features.first().unwrap(),
        downstream: *features.last().unwrap(),
        weight: 0.25,
        measured: -0.5,
        direct: Some([0.125, 0.75]),
        silent: 2,
    };
    let circuit = Circuit { examples: 3, features: features.clone(), edges: vec![edge] };
    let damage = Damage::of(&[TextSums { tokens: 3, loss_before: 1.0, loss_after: 1.5, divergence: 0.25 }; 2], &resamples(2));
    let other = Other { name: "b".to_owned(), examples: 3, dropped: 1, all: denominator_of(&all), bias: vec![share(0.5)] };
    let elsewhere = Elsewhere::new(Some(Way::Zero), Neutral::Measured("t".to_owned(), vec![damage]), vec![other]);
    let done = |what, found| Done { check: Check { view, what }, found, elsewhere: Some(elsewhere.clone()), whole: true };
    let effects = Effects { ig: 0.25, attrib: -0.5, exact: 0.125 };
    let methods = Approximation {
        examples: 3,
        quadrature: Quadrature::riemann(10),
        features: features.iter().map(|feature| (*feature, effects)).collect(),
        errors: vec![("attn_0".parse().unwrap(), effects), ("resid_0".parse().unwrap(), Effects::default())],
    };
    let strongest: Vec<FeatureId> = features.iter().copied().collect();
    let search = Search {
        way: Way::Zero,
        error,
        examples: 3,
        all: denominator_of(&all),
        features: strongest.clone(),
        greedy: vec![(strongest[0], share(0.1))],
        left: Vec::new(),
        exhaustive: Some(Subset { features: strongest.clone(), bias: share(0.25), left: None }),
    };
    let sets = vec![FeatureSet { name: "n".to_owned(), members: ablation.sets[0].members.clone() }];
    [
        done(What::Methods { features: features.clone() }, Found::Methods(methods)),
        done(What::Circuit { features: features.clone() }, Found::Circuit(circuit)),
        done(What::Curve { strongest, way: Way::Zero, error, controls: 2, seed: 12 }, Found::Curve(curve)),
        done(What::Search { features: features.clone(), way: Way::Zero, error }, Found::Search(search)),
        done(What::Sets { file: "s".to_owned(), sets, way: Way::Zero, error }, Found::Set(ablation.clone(), scores.clone())),
        done(What::Set { features: features.clone(), way: Way::Zero, error }, Found::Set(ablation, scores)),
        done(What::Each { features, error }, Found::Each(each)),
    ]
}

#[test]
fn kept_checks() {
    let seed = kept::to_json(&one_of_each(), "abc", usize::MAX).unwrap().into_bytes();
    let shown = screen::state(Small::new().run(None));
    let findings = Arc::clone(shown.study.as_ref().unwrap());
    // Whatever was accepted can be listed, opened and drawn.
    let drawn = |checks: Vec<Done>| {
        let mut state = shown.clone();
        let count = checks.len();
        drop(update(&mut state, Message::ChecksRead(Arc::clone(&findings), checks.into_iter().map(Arc::new).collect())));
        for place in 0..count {
            let keys = std::iter::once(Key::character('L')).chain(std::iter::repeat_n(Key::plain(Code::Down), place));
            for key in keys.chain([Key::plain(Code::Enter)]) {
                drop(update(&mut state, Message::Key(key, Duration::ZERO)));
            }
            screen::draw(&state)?;
            drop(update(&mut state, Message::Key(Key::plain(Code::Escape), Duration::ZERO)));
            drop(update(&mut state, Message::Key(Key::plain(Code::Escape), Duration::ZERO)));
        }
        Ok(())
    };
    let read = |bytes: &[u8]| match text(bytes) {
        Ok(text) => Verdict::of(kept::from_json(text, "run.checks.json", "abc", |_| Some(3)), drawn),
        Err(error) => Verdict::Refused(error),
    };
    Door { name: "kept_checks", seeds: vec![seed], mutator: Mutator::Json, one_in: 10, read: &read }.pass();
}

/// Whatever stands in the file, it can be asked and written again.
#[test]
fn weight_file_facts() {
    let folder = tempfile::tempdir().unwrap();
    let file = FileState { device: 1, inode: 2, length: 3, modified: 4, changed: 5 };
    let state = PartState { file, part: [0, 3] };
    let read = |bytes: &[u8]| {
        std::fs::write(folder.path().join("weight-files.json"), bytes).unwrap();
        let facts = KeptFacts::in_folder(folder.path());
        let _ = facts.recall(&state, "sha256");
        facts.keep(&state, "sha256", "1".to_owned());
        match facts.recall(&state, "sha256").as_deref() {
            Some("1") => Verdict::Read,
            other => Verdict::Wrong(format!("{other:?} in place of what was kept")),
        }
    };
    let seed =
        br#"[{"file":{"device":1,"inode":2,"length":3,"modified":4,"changed":5,"part":[0,3]},"what":"sha256","known":"\"ab\""}]"#;
    Door { name: "weight_file_facts", seeds: vec![seed.to_vec()], mutator: Mutator::Json, one_in: 4, read: &read }.pass();
}
