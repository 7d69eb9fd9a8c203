//! Tests of which rows a filter keeps: examples of each term, of precedence and of unknown facts, and random filters against a
//! naive reading.

use proptest::prelude::*;

use super::testing::{Row, config, row, rows};
use super::tree_testing::trees;
use super::{Facts, Filter};
use crate::core::firing::Firing;
use crate::core::selection::HeldBy;
use crate::core::study::testing::{BASELINE, FEMALE, MALE, names, tag};
use crate::core::submodule::{FeatureIndex, Submodule, SubmoduleKind};

fn holds(text: &str, row: &Row) -> bool {
    Filter::parse(text, &names()).unwrap().unwrap().matches(row)
}

fn check(row: &Row, holding: &[&str], others: &[&str]) {
    for text in holding {
        assert!(holds(text, row), "{text} should hold");
        assert!(!holds(&format!("not ({text})"), row), "not ({text}) should not hold");
    }
    for text in others {
        assert!(!holds(text, row), "{text} should not hold");
        assert!(holds(&format!("not ({text})"), row), "not ({text}) should hold");
    }
}

#[test]
fn a_text_is_looked_for_in_names_tags_and_note() {
    let mut row = row();
    let holding = ["26074", "5-res-sm/26074", "RESID_5/26", "d_5", "sm/2", "resid 60 074", "\"resid_5/26074\"", "/"];
    check(&row, &holding, &["resid_5 27", "fp", "res_5", "resid-5", "\"resid 5\"", "\"26074 \"", "plural"]);
    row.tags.extend([tag("FP"), tag("NOT")]);
    row.note = "Plural \"they\", ÜBER & so on".to_owned();
    let holding = ["fp", "F", "\"not\"", "plural", "\"plural \"\"THEY\"\"\"", "über", "\"r & s\"", "plural fp 26074"];
    check(&row, &holding, &["fpx", "mp", "\"they so\"", "maybe"]);
}

#[test]
fn numbers_compare_by_every_operator() {
    let row = Row { standard_error: Some(0.01), views: [Some(0.2), Some(-0.3), Some(0.0)], ..row() };
    check(
        &row,
        &["effect=0.25", "effect!=0.2", "effect>0.2", "effect >= .25", "effect<1e0", "EFFECT <=0.25", "abs=0.25", "se<0.05"],
        &["effect!=0.25", "effect=0.2", "effect>0.25", "effect<0.25", "effect>=0.2501", "effect<=-0.25", "abs<0"],
    );
    check(
        &row,
        &["male=0.2", "male>=0.2", "male<=0.2", "female=-0.3", "baseline=0", "baseline=-0", "layer=5", "index=26074", "rank<=7"],
        &["male>0.2", "male<0.2", "male!=0.2", "layer=5.5", "layer!=5", "index<26074", "rank>7", "effect>1e39"],
    );
    let negative = Row { effect: Some(-0.25), ..row };
    check(&negative, &["effect<0", "abs>0.2"], &["effect>0.2"]);
    // A number that single precision cannot hold.
    let mut far = negative;
    far.feature.index = FeatureIndex(u32::MAX);
    check(&far, &["index=4294967295", "index>4294967294"], &["index=4294967294", "index>=4294967296"]);
}

#[test]
fn other_facts_are_equal_or_not() {
    let mut row = row();
    let holding = ["kind=resid", "kind=RES", "submodule=resid_5", "submodule=5-res-sm", "tag=none", "tag!=any", "tag!=FP"];
    check(&row, &holding, &["kind=attn", "kind!=resid", "submodule=5-att-sm", "submodule!=resid_5", "tag=any", "tag=fp"]);
    check(&row, &["rejected=no", "marked=NO", "marked!=yes", "note!=a"], &["rejected=yes", "marked=yes", "note=a"]);
    row.tags.insert(tag("NOT"));
    row.note = "Plural noun, and more".to_owned();
    row.rejected = true;
    row.marked = true;
    let holding =
        ["tag=not", "tag = NOT", "tag=any", "tag!=none", "tag!=fp", "note=PLURAL", "note=\"l n\"", "note=and", "note!=x"];
    check(&row, &holding, &["tag=none", "tag!=not", "note=26074", "note!=plural"]);
    check(&row, &["rejected=yes", "marked!=no"], &["rejected=no", "marked=no"]);
    row.feature.submodule = Submodule::new(SubmoduleKind::Attention, 11);
    check(&row, &["kind=att", "submodule=attn_11", "11-att-sm", "attn_11/"], &["submodule=attn_1", "kind=mlp"]);
}

#[test]
fn the_side_is_known_in_comparisons_only() {
    let mut row = row();
    let sides = ["side=male", "side!=male", "side=female", "side=baseline", "side!=both"];
    check(&row, &[], &sides);
    row.side = Some(HeldBy::Only(FEMALE));
    check(&row, &["side=FEMALE", "side!=male", "side!=both"], &["side!=female", "side=both"]);
    row.side = Some(HeldBy::Both);
    check(&row, &["side=both", "side!=female"], &["side=female", "side!=both"]);
}

/// The views male and female exchange the prompts of the same pairs, so one word means the clean prompt here and the patch
/// prompt there.
#[test]
fn the_prompt_on_which_a_feature_fires_has_the_words_of_its_view() {
    let mut row = row();
    let all = ["fires=clean", "fires!=clean", "fires=both", "fires=patch", "fires=he-prompt", "fires!=\"male name\""];
    check(&row, &[], &all);
    row.fires = Some((MALE, Firing::Patch));
    check(&row, &["fires=patch", "fires=SHE-prompt", "fires!=clean"], &["fires=he-prompt", "fires=both", "fires!=patch"]);
    row.fires = Some((FEMALE, Firing::Patch));
    check(&row, &["fires=patch", "fires=he-prompt"], &["fires=she-prompt", "fires!=he-prompt"]);
    row.fires = Some((MALE, Firing::Both));
    check(&row, &["fires=both", "fires!=she-prompt"], &["fires=patch", "fires=he-prompt", "fires!=both"]);
    row.fires = Some((BASELINE, Firing::Clean));
    check(&row, &["fires=\"male name\"", "fires!=he-prompt"], &["fires=he-prompt"]);
}

#[test]
fn a_comparison_with_an_unknown_number_does_not_hold_whatever_the_operator() {
    for unknown in [None, Some(f32::NAN)] {
        let row = Row { effect: unknown, standard_error: unknown, views: [unknown; 3], ..row() };
        for field in ["effect", "abs", "se", "male", "female", "baseline"] {
            for operator in ["=", "!=", ">", ">=", "<", "<="] {
                check(&row, &[], &[&format!("{field}{operator}0.2")]);
            }
        }
        assert!(holds("not effect>0.2 not effect<=0.2", &row));
    }
}

#[test]
fn not_binds_closer_than_and_which_binds_closer_than_or() {
    let row = Row { note: "yes".to_owned(), ..row() };
    check(
        &row,
        &[
            "yes or no and no",
            "no and no or yes",
            "no no | yes",
            "yes|no&no|no",
            "not no yes",
            "not no or yes",
            "not yes or yes",
            "not (yes no)",
            "not not yes",
            "!!yes&!no",
            "yes (no | (not no & yes))",
        ],
        &["(yes or no) and no", "no and (no or yes)", "not yes no", "not (no or yes)", "not yes|yes&!yes|no", "! ! no"],
    );
}

#[test]
fn a_filter_can_be_shared_and_takes_any_kind_of_row() {
    fn shared<T: Clone + std::fmt::Debug + PartialEq + Send + Sync + 'static>(_: &T) {}
    let filter = Filter::parse(" effect>0.2 ", &names()).unwrap().unwrap();
    shared(&filter);
    assert_eq!(filter.text(), " effect>0.2 ");
    let row = row();
    let any: &dyn Facts = &row;
    assert!(filter.matches(any) && filter.matches(&row));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_filter_means_what_a_naive_reading_says(
        tree in trees(),
        choices in prop::collection::vec(any::<u8>(), 1..40),
        rows in prop::collection::vec(rows(), 1..12),
    ) {
        let text = tree.write(&mut choices.iter().copied().cycle());
        let filter = Filter::parse(&text, &names());
        let Ok(Some(filter)) = filter else { return Err(TestCaseError::fail(format!("{text:?}: {filter:?}"))) };
        prop_assert_eq!(filter.text(), &text);
        for row in &rows {
            prop_assert_eq!(filter.matches(row), tree.holds(row), "{:?}", text);
        }
    }
}
