//! Tests of the parser: different ways to type one filter, every message with its column, and arbitrary text.

use proptest::prelude::*;
use proptest::sample::select;

use super::Filter;
use super::testing::{config, row};
use crate::core::study::testing::names;

#[test]
fn empty_text_is_no_filter() {
    for text in ["", " ", "\t \n"] {
        assert_eq!(Filter::parse(text, &names()), Ok(None));
    }
}

#[test]
fn the_same_can_be_typed_in_several_ways() {
    let cases = [
        ("a b", "a and b"),
        ("a b", " a & b "),
        ("a b", "\"a\" \"b\""),
        ("a or b", "A|B"),
        ("not a b", "(not a) and b"),
        ("not a b", "!a&b"),
        ("not a or b c", "(not a) or (b and c)"),
        ("effect>0.2 a", "Effect  >  +.2 a"),
        ("effect != -1", "effect!=-1.0"),
        ("kind=attn", "KIND = Att"),
        ("kind!=mlp", "not kind=mlp"),
        ("submodule=resid_5", "submodule=5-RES-sm"),
        ("submodule=attn_11", "submodule=\"11-att-sm\""),
        ("tag=NOT", "tag=not"),
        ("tag=none", "tag!=any"),
        ("rejected=no", "!rejected=yes"),
        ("fires=he-prompt", "fires = \"HE-prompt\""),
        ("rejected", "rejected=yes"),
        ("not Marked", "marked=no"),
        ("tag=X", "rejected=yes"),
        ("note=and or b", "note=\"AND\" | b"),
        ("((a))", "a"),
    ];
    for (left, right) in cases {
        let [left, right] = [left, right].map(|text| Filter::parse(text, &names()).unwrap().unwrap().expression);
        assert_eq!(left, right);
    }
    assert_ne!(Filter::parse("a \"b\"", &names()).unwrap(), Filter::parse("\"a \"\"b\"", &names()).unwrap());
}

#[test]
fn a_message_says_what_is_wrong_and_where() {
    let fields = "fields are effect, abs, se, ratio, male, female, baseline, delta, delta-se, delta-share, p, q, layer, index, rank, \
                  kind, submodule, tag, side, fires, rejected, marked, note, label, prompt";
    let cases = [
        ("effect>abc", 8, "'abc' is not a number; effect takes one, such as effect>0.2"),
        ("se < nan", 6, "'nan' is not a number; se takes one, such as se<0.05"),
        ("a rank=inf", 8, "'inf' is not a number; rank takes one, such as rank<=50"),
        ("abs>\"\"", 5, "'' is not a number; abs takes one, such as abs>=0.1"),
        ("effect>0,2", 8, "'0,2' is not a number; effect takes one, such as effect>0.2"),
        ("(efect>1)", 2, &format!("unknown field 'efect'; {fields}")),
        ("0.1<effect<0.2", 1, &format!("unknown field '0.1'; {fields}")),
        ("é \"ü\" x=", 7, &format!("unknown field 'x'; {fields}")),
        ("a\u{1b}b=1", 1, &format!("unknown field 'a\\x1bb'; {fields}")),
        ("layer in 1,2", 7, "there is no 'in'; write (layer=1 or layer=2)"),
        ("a KIND IN", 8, "there is no 'in'; write (kind=a or kind=b)"),
        ("effect>", 7, "'>' needs a value after it, such as effect>0.2"),
        ("tag= )", 4, "'=' needs a value after it, such as tag=FP"),
        ("kind==mlp", 5, "'=' needs a value after it, such as kind=resid"),
        ("note=!a", 5, "'=' needs a value after it, such as note=plural"),
        ("kind>mlp", 5, "kind takes only = and !=, such as kind=resid"),
        ("tag <= x", 5, "tag takes only = and !=, such as tag=FP"),
        ("kind~mlp", 5, "kind takes only = and !=, such as kind=resid"),
        ("note>x", 5, "note takes only =, != and ~, such as note=plural"),
        ("se~1", 3, "se is a number: ~ looks for a text, use se<0.05"),
        ("label~\"\"", 7, "'' is no text to look for"),
        ("kind=mpl", 6, "'mpl' is not a kind; kinds are attn, mlp, resid, embed, z, attn_raw, mlp_raw"),
        (
            "submodule=5-resid-sm",
            11,
            "'5-resid-sm' is not a submodule; submodule takes one, such as submodule=resid_5 or submodule=5-res-sm",
        ),
        (
            "tag=XX",
            5,
            "'XX' is not a tag of this study; it takes FP, MP, FW, MW, FN, MN, NOT, AMB, MAYBE, NOACT, none, any; a word finds tags of other studies",
        ),
        ("side!=left", 7, "'left' is not a side; sides are male, female, baseline, both"),
        (
            "fires=she",
            7,
            "'she' is no prompt; prompts are clean, patch, both, \"female name\", he-prompt, \"male name\", she-prompt",
        ),
        ("marked=maybe", 8, "'maybe' is neither yes nor no; marked takes one, such as marked=yes"),
        ("note=\"\"", 6, "'' is no text to look for"),
        ("a \"\"", 3, "the quotes hold no text to look for"),
        ("a \"b c", 3, "a '\"' is missing"),
        ("\"\"\"", 1, "a '\"' is missing"),
        ("a (b (c)", 3, "a ')' is missing"),
        ("a)", 2, "a '(' is missing before this ')'"),
        (")", 1, "a '(' is missing before this ')'"),
        ("a and", 3, "'and' needs a term after it"),
        ("a | | b", 3, "'|' needs a term after it"),
        ("(a OR )", 4, "'OR' needs a term after it"),
        ("not", 1, "'not' needs a term after it"),
        ("! and a", 1, "'!' needs a term after it"),
        ("a ()", 3, "'(' needs a term after it"),
        ("(", 1, "'(' needs a term after it"),
        ("and a", 1, "'and' needs a term before it"),
        ("a (or b)", 4, "'or' needs a term before it"),
        (">5", 1, "'>' needs a field before it, such as in effect>0.2"),
        ("a \"effect\" > 5", 12, "'>' needs a field before it, such as in effect>0.2"),
        ("not = 5", 5, "'=' needs a field before it, such as in effect>0.2"),
        (
            "effect>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            8,
            "'aaaaaaaaaaaaaaaaaaaaaaaa…' is not a number; effect takes one, such as effect>0.2",
        ),
    ];
    for (text, column, message) in cases {
        let error = Filter::parse(text, &names()).expect_err(text);
        assert_eq!((error.column, error.message.as_str()), (column, message), "{text}");
        assert_eq!(error.to_string(), format!("column {column}: {message}"));
    }
}

#[test]
fn nesting_has_a_limit_and_length_has_none() {
    let nested = |depth: usize| ["(".repeat(depth), "a".to_owned(), ")".repeat(depth)].concat();
    assert!(Filter::parse(&nested(100), &names()).is_ok() && Filter::parse(&("!".repeat(100) + "a"), &names()).is_ok());
    for text in [nested(101), nested(1_000_000), "!".repeat(1_000_000), "not ".repeat(1_000_000), "!(".repeat(1_000_000)] {
        let error = Filter::parse(&text, &names()).unwrap_err();
        assert_eq!(error.message, "more than 100 parentheses and 'not' inside one another");
    }
    for part in ["a ", "a|", "(a)&"] {
        let filter = Filter::parse(&(part.repeat(100_000) + "\"resid_5/26074\""), &names()).unwrap().unwrap();
        assert_eq!(filter.matches(&row()), part == "a|");
        assert_eq!(filter.clone(), filter);
    }
}

/// Parts of the language, joined in any order.
fn soups() -> impl Strategy<Value = String> {
    let parts = "and|or|NOT|(|)|!|=|!=|>|<=|&|~|effect|tag|note|kind|0.2|FP|resid|\"|\"\"| |  |abc|\n|é|\u{202e}|-";
    let mut parts: Vec<&str> = parts.split('|').collect();
    parts.push("|");
    prop::collection::vec(select(parts), 0..16).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_a_filter_or_an_error_inside_it(text in prop_oneof!["(?s).{0,40}", soups()]) {
        match Filter::parse(&text, &names()) {
            Ok(None) => prop_assert!(text.trim().is_empty()),
            Ok(Some(filter)) => {
                filter.matches(&row());
            }
            Err(error) => {
                prop_assert!((1..=text.chars().count()).contains(&error.column), "{:?}", error);
                prop_assert!(!error.message.is_empty() && !error.message.contains(char::is_control), "{:?}", error);
            }
        }
    }
}

#[test]
fn a_filter_asks_for_tags_where_they_can_change_what_it_lets_through() {
    for text in
        ["FP", "tag=FP", "tag=any", "tag!=none", "note=x", "not note=x", "kind=mlp or tag=FP", "rejected", "effect>0.1 word"]
    {
        assert!(Filter::parse(text, &names()).unwrap().unwrap().asks_tags(), "{text}");
    }
    for text in ["effect>0.1", "kind=mlp", "layer>=2 not index<9", "marked", "label~x", "not (kind=mlp or p<0.05)"] {
        assert!(!Filter::parse(text, &names()).unwrap().unwrap().asks_tags(), "{text}");
    }
}
