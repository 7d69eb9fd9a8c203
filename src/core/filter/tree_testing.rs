//! Random filters, several ways to type each, and a naive reading of their meaning, for the filter's tests.

use proptest::prelude::*;
use proptest::sample::select;

use super::testing::{Row, texts};
use crate::core::firing::Firing;
use crate::core::neuronpedia::layer_name;
use crate::core::selection::HeldBy;
use crate::core::study::testing::names;

/// A filter as a tree, before it is written as text.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Text(String),
    /// The field `note` or `label`, the operator, and a text.
    Said(&'static str, &'static str, String),
    Number(&'static str, &'static str, &'static str),
    Property(&'static str, &'static str, &'static str),
}

const PROPERTIES: [(&str, &[&str]); 7] = [
    ("kind", &["attn", "att", "mlp", "resid", "res"]),
    ("submodule", &["resid_5", "5-res-sm", "attn_0", "0-att-sm", "mlp_11", "11-mlp-sm"]),
    ("tag", &["FP", "MP", "FW", "MW", "FN", "MN", "NOT", "AMB", "MAYBE", "NOACT", "none", "any"]),
    ("side", &["male", "female", "baseline", "both"]),
    ("fires", &["clean", "patch", "both", "he-prompt", "she-prompt", "male name"]),
    ("rejected", &["yes", "no"]),
    ("marked", &["yes", "no"]),
];

pub(super) fn trees() -> impl Strategy<Value = Tree> {
    let fields = select(vec!["effect", "abs", "se", "male", "female", "baseline", "layer", "index", "rank", "p", "q"]);
    let operators = select(vec!["=", "!=", ">", ">=", "<", "<="]);
    let values = select(vec!["0.2", ".25", "+2.5e-1", "-0.3", "0", "2", "11.0", "26074", "600000"]);
    let equality = || select(vec!["=", "!="]);
    let properties = select(PROPERTIES.to_vec()).prop_flat_map(|(field, values)| (Just(field), select(values.to_vec())));
    let leaf = prop_oneof![
        texts().prop_map(Tree::Text),
        (select(vec!["note", "label"]), select(vec!["=", "!=", "~"]), texts())
            .prop_map(|(field, operator, text)| Tree::Said(field, operator, text)),
        (fields, operators, values).prop_map(|(field, operator, value)| Tree::Number(field, operator, value)),
        (properties, equality()).prop_map(|((field, value), operator)| Tree::Property(field, operator, value)),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..5);
        prop_oneof![
            parts().prop_map(Tree::All),
            parts().prop_map(Tree::Any),
            inner.clone().prop_map(|part| Tree::Not(Box::new(part))),
        ]
    })
}

impl Tree {
    /// Naive evaluation of the filter.
    pub(super) fn holds(&self, row: &Row) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(row)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(row)),
            Self::Not(part) => !part.holds(row),
            Self::Text(text) => {
                let neuronpedia = format!("{}/{}", layer_name(row.feature.submodule), row.feature.index.0);
                let mut places =
                    vec![format!("{}/{}", row.feature.submodule, row.feature.index.0), neuronpedia, row.note.clone()];
                places.extend(row.tags.iter().map(ToString::to_string));
                places.iter().any(|place| lower(place).contains(&lower(text)))
            }
            Self::Said(field, operator, text) => {
                let said = if *field == "note" { &row.note } else { &row.label };
                lower(said).contains(&lower(text)) == (*operator != "!=")
            }
            Self::Number(field, operator, value) => number_holds(row, field, operator, value),
            Self::Property(field, operator, value) => {
                property_equals(row, field, value).is_some_and(|equal| equal == (*operator == "="))
            }
        }
    }

    /// Writes the filter in one of the ways to type it; `choices` decides which.
    pub(super) fn write(&self, choices: &mut dyn Iterator<Item = u8>) -> String {
        match self {
            Self::All(parts) => {
                let and = choose(choices, &[" and ", " AND ", "&", " & ", " ", "  "]);
                parts.iter().map(|part| part.write_inside(1, choices)).collect::<Vec<_>>().join(and)
            }
            Self::Any(parts) => {
                let or = choose(choices, &[" or ", " Or ", "|", " |"]);
                parts.iter().map(|part| part.write_inside(0, choices)).collect::<Vec<_>>().join(or)
            }
            Self::Not(part) => choose(choices, &["not ", "NOT ", "!", "! "]).to_owned() + &part.write_inside(2, choices),
            Self::Text(text) => {
                let is_keyword = ["and", "or", "not"].iter().any(|keyword| text.eq_ignore_ascii_case(keyword));
                quoted_if(is_keyword, text, choices)
            }
            Self::Said(field, operator, text) => write_comparison(field, operator, &quoted_if(false, text, choices), choices),
            Self::Number(field, operator, value) | Self::Property(field, operator, value) => {
                let value = if choose(choices, &["", "A"]).is_empty() { (*value).to_owned() } else { value.to_uppercase() };
                write_comparison(field, operator, &quoted_if(false, &value, choices), choices)
            }
        }
    }

    /// Writes the filter in parentheses if the operator around it binds closer, and sometimes if they are not needed.
    fn write_inside(&self, around: u8, choices: &mut dyn Iterator<Item = u8>) -> String {
        let own = match self {
            Self::Any(_) => 0,
            Self::All(_) => 1,
            Self::Not(_) => 2,
            _ => 3,
        };
        let text = self.write(choices);
        if own < around || choose(choices, &["", "", "", "("]) == "(" { format!("({text})") } else { text }
    }
}

fn choose(choices: &mut dyn Iterator<Item = u8>, among: &[&'static str]) -> &'static str {
    among[usize::from(choices.next().unwrap_or(0)) % among.len()]
}

fn quoted_if(needed: bool, text: &str, choices: &mut dyn Iterator<Item = u8>) -> String {
    let special = text.contains(|character: char| character.is_whitespace() || "()&|!=<>~\"".contains(character));
    let quoted = needed || special || choose(choices, &["", "", "\""]) == "\"";
    if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn write_comparison(field: &str, operator: &str, value: &str, choices: &mut dyn Iterator<Item = u8>) -> String {
    let field = if choose(choices, &["", "A"]).is_empty() { field.to_owned() } else { field.to_uppercase() };
    let before = choose(choices, &["", " ", "\t"]);
    let behind = choose(choices, &["", " ", "  "]);
    format!("{field}{before}{operator}{behind}{value}")
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn number_holds(row: &Row, field: &str, operator: &str, value: &str) -> bool {
    let exact = match field {
        "layer" => Some(row.feature.submodule.layer.0 as f64),
        "index" => Some(f64::from(row.feature.index.0)),
        "rank" => Some(row.rank as f64),
        "p" | "q" => {
            let p = row.p.map(|p| if field == "p" { p } else { (2.0 * p).min(1.0) });
            return p.is_some_and(|p| compare(operator, p, value.parse().unwrap()));
        }
        _ => None,
    };
    if let Some(number) = exact {
        return compare(operator, number, value.parse().unwrap());
    }
    let stored = match field {
        "effect" => row.effect,
        "abs" => row.effect.map(f32::abs),
        "se" => row.standard_error,
        "male" => row.views[0],
        "female" => row.views[1],
        _ => row.views[2],
    };
    let typed: f32 = value.parse().unwrap();
    stored.is_some_and(|number| !number.is_nan() && compare(operator, number, typed))
}

fn compare<N: PartialOrd + Copy>(operator: &str, number: N, value: N) -> bool {
    match operator {
        "=" => number == value,
        "!=" => number != value,
        ">" => number > value,
        ">=" => number >= value,
        "<" => number < value,
        _ => number <= value,
    }
}

/// Whether the property equals the value; None if the property is unknown.
fn property_equals(row: &Row, field: &str, value: &str) -> Option<bool> {
    let submodule = row.feature.submodule;
    Some(match field {
        "kind" => value == submodule.kind.name() || value == submodule.kind.neuronpedia_name(),
        "submodule" => value == submodule.to_string() || value == layer_name(submodule),
        "tag" if value == "none" => row.tags.is_empty(),
        "tag" if value == "any" => !row.tags.is_empty(),
        "tag" => row.tags.iter().any(|tag| tag.as_str() == value),
        "side" => match row.side? {
            HeldBy::Both => value == "both",
            HeldBy::Only(view) => value == names().name(view).as_str(),
        },
        "fires" => {
            let (view, firing) = row.fires?;
            let kind = match firing {
                Firing::Clean => "clean",
                Firing::Both => "both",
                Firing::Patch => "patch",
            };
            value == kind || value == firing.said(names().view(view))
        }
        "rejected" => row.rejected == (value == "yes"),
        _ => row.marked == (value == "yes"),
    })
}
