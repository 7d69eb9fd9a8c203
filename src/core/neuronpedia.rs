//! Names and links on Neuronpedia, encoded byte for byte like the Python original.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use std::fmt::Write;

pub use super::hosted::Hosted;
use super::problem::{Problem, Result};
use super::submodule::{FeatureId, Submodule};
use super::text::excerpt;

/// The characters that Python's `urllib.parse.quote` encodes: everything but letters, digits, `_.-~` and `/`.
const QUOTED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~').remove(b'/');

/// The most features that the site accepts in one list.
pub const LIST_FEATURES: usize = 150;

/// The longest address in bytes; servers in front of the site refuse longer ones.
pub const URL_BYTES: usize = 14_000;

/// A feature's identifier on Neuronpedia.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// The model's name there, for example `pythia-70m-deduped`.
    #[serde(rename = "modelId")]
    pub model_id: String,
    /// The dictionary's name there, for example `5-res-sm`.
    pub layer: String,
    /// The feature's index, which is a string there, not a number.
    pub index: String,
}

/// The layer name of `submodule` in the published study: `5-res-sm` for `resid_5`.
pub fn layer_name(submodule: Submodule) -> String {
    submodule.neuronpedia_name()
}

/// The submodule that Neuronpedia calls `name`: `resid_5` for `5-res-sm`.
pub fn submodule(name: &str) -> Option<Submodule> {
    Submodule::of_neuronpedia(name).filter(|submodule| layer_name(*submodule) == name)
}

impl Reference {
    /// The reference to `feature` of `model` by the names of the published study.
    pub fn new(model: &str, feature: FeatureId) -> Self {
        Self { model_id: model.to_owned(), layer: layer_name(feature.submodule), index: feature.index.0.to_string() }
    }

    /// The address of the feature's page.
    pub fn page(&self) -> String {
        format!("https://neuronpedia.org/{}/{}/{}", quote(&self.model_id), quote(&self.layer), quote(&self.index))
    }
}

fn quote(text: &str) -> String {
    utf8_percent_encode(text, QUOTED).to_string()
}

/// Equal to Python's `json.dumps(text)`: non-ASCII characters become `\uXXXX`, in surrogate pairs if needed.
fn json_string(text: &str) -> String {
    let mut json = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            ' '..='~' => json.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing into a string cannot fail.
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
        }
    }
    json.push('"');
    json
}

fn json_object(reference: &Reference) -> String {
    format!(
        "{{\"modelId\": {}, \"layer\": {}, \"index\": {}}}",
        json_string(&reference.model_id),
        json_string(&reference.layer),
        json_string(&reference.index)
    )
}

/// The addresses of a quick list called `name`: one address, or several if the features do not fit into one. The parts of a
/// split list are called `name (1/3)` and so on.
///
/// # Errors
/// If the name is so long that not even an address with a single feature is short enough for the servers.
pub fn quick_lists(name: &str, references: &[Reference]) -> Result<Vec<String>> {
    let parts = split(name, references)?;
    let count = parts.len();
    let named = parts.into_iter().enumerate().map(|(index, part)| {
        if count == 1 { address(name, part) } else { address(&format!("{name} ({}/{count})", index + 1), part) }
    });
    Ok(named.collect())
}

fn address(name: &str, references: &[Reference]) -> String {
    let objects: Vec<String> = references.iter().map(json_object).collect();
    format!("https://neuronpedia.org/quick-list/?name={}&features={}", quote(name), quote(&format!("[{}]", objects.join(", "))))
}

/// Splits greedily: each part takes as many features as both limits allow.
fn split<'a>(name: &str, references: &'a [Reference]) -> Result<Vec<&'a [Reference]>> {
    // Room for the longest "(part/parts)" that a list of this length can need.
    let longest_name = format!("{name} ({0}/{0})", references.len());
    let frame = address(&longest_name, &[]).len();
    let lengths: Vec<usize> =
        references.iter().map(|reference| quote(&json_object(reference)).len() + quote(", ").len()).collect();
    let longest = frame + lengths.iter().max().copied().unwrap_or(0);
    if longest > URL_BYTES {
        let name = excerpt(name, 40);
        let what = format_args!("'{name}' makes an address of {longest} bytes, and servers take {URL_BYTES}");
        return Err(Problem::new("quick list", what, "give the list a shorter name"));
    }
    let mut parts = Vec::new();
    let mut rest = references;
    let mut lengths = lengths.as_slice();
    while !rest.is_empty() {
        let mut length = frame;
        let fitting = lengths.iter().take(LIST_FEATURES).take_while(|more| {
            length += **more;
            length <= URL_BYTES
        });
        let count = fitting.count();
        let (part, remaining) = rest.split_at(count);
        parts.push(part);
        rest = remaining;
        lengths = &lengths[count..];
    }
    Ok(if parts.is_empty() { vec![references] } else { parts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::submodule::{FeatureIndex, SubmoduleKind};

    fn reference(layer: usize, index: u32) -> Reference {
        let feature = FeatureId { submodule: Submodule::new(SubmoduleKind::Residual, layer), index: FeatureIndex(index) };
        Reference::new("pythia-70m-deduped", feature)
    }

    #[test]
    fn layer_ten_and_above_have_names() {
        assert_eq!(layer_name(Submodule::new(SubmoduleKind::Attention, 11)), "11-att-sm");
        assert_eq!(reference(5, 26074).page(), "https://neuronpedia.org/pythia-70m-deduped/5-res-sm/26074");
    }

    /// Expected values: `"https://neuronpedia.org/quick-list/?name=" + quote(name) + "&features=" + quote(json.dumps(list))` in
    /// CPython 3.11.
    #[test]
    fn a_quick_list_is_what_python_writes() {
        assert_eq!(
            quick_lists("a/b ü 😀 \"x\"~", &[reference(5, 26074), reference(10, 3)]).unwrap(),
            [
                "https://neuronpedia.org/quick-list/?name=a/b%20%C3%BC%20%F0%9F%98%80%20%22x%22~&features=%5B%7B%22modelId%22%3A%20%22pythia-70m-deduped%22%2C%20%22layer%22%3A%20%225-res-sm%22%2C%20%22index%22%3A%20%2226074%22%7D%2C%20%7B%22modelId%22%3A%20%22pythia-70m-deduped%22%2C%20%22layer%22%3A%20%2210-res-sm%22%2C%20%22index%22%3A%20%223%22%7D%5D"
            ]
        );
        let named =
            Reference { model_id: "m\u{e9}\u{1f600}\"\\".to_owned(), layer: "0-res-sm".to_owned(), index: "1".to_owned() };
        assert_eq!(
            quick_lists("n", &[named]).unwrap(),
            [
                "https://neuronpedia.org/quick-list/?name=n&features=%5B%7B%22modelId%22%3A%20%22m%5Cu00e9%5Cud83d%5Cude00%5C%22%5C%5C%22%2C%20%22layer%22%3A%20%220-res-sm%22%2C%20%22index%22%3A%20%221%22%7D%5D"
            ]
        );
    }

    #[test]
    fn a_long_list_is_split_without_losing_or_repeating_a_feature() {
        let all: Vec<Reference> = (0..400).map(|index| reference(3, index)).collect();
        let urls = quick_lists("long", &all).unwrap();
        assert!(urls.len() > 2 && urls.iter().all(|url| url.len() <= URL_BYTES));
        let found: usize = urls.iter().map(|url| url.matches("modelId").count()).sum();
        assert_eq!(found, 400);
        assert!(urls[0].contains(&format!("name=long%20%281/{}%29", urls.len())));
    }

    #[test]
    fn an_empty_list_is_still_one_address() {
        assert_eq!(quick_lists("none", &[]).unwrap(), ["https://neuronpedia.org/quick-list/?name=none&features=%5B%5D"]);
    }

    #[test]
    fn no_address_is_longer_than_servers_take() {
        let all: Vec<Reference> = (0..3).map(|index| reference(3, index)).collect();
        for length in (13_000..14_100).step_by(7) {
            match quick_lists(&"n".repeat(length), &all) {
                Ok(urls) => assert!(urls.iter().all(|url| url.len() <= URL_BYTES), "{length}"),
                Err(problem) => {
                    assert!(length > 13_500, "{length}");
                    assert!(problem.to_string().ends_with("give the list a shorter name"), "{problem}");
                }
            }
        }
        for name in ["n".repeat(14_000), "é".repeat(20_000_000)] {
            assert!(quick_lists(&name, &all).is_err() && quick_lists(&name, &[]).is_err());
        }
        let long = Reference { model_id: "m".repeat(14_000), ..reference(3, 0) };
        assert!(quick_lists("n", &[long]).is_err());
    }
}
