//! What a model in a folder is called, where nobody says it.

use std::path::Path;

use crate::core::text::excerpt;
use crate::engine::dictionary::{Dictionary, Stated};

/// The model's name on Neuronpedia, as its dictionaries' files say it; the folder's name if they say nothing, contradict themselves, or if
/// the folder is named after another model: dictionaries do not decide on which model they are used.
pub fn of_files(dictionaries: &[Dictionary], model: &Path) -> String {
    chosen(dictionaries.iter().map(Dictionary::stated), &folder_name(model))
}

fn chosen<'a>(mut stated: impl Iterator<Item = &'a Stated>, folder: &str) -> String {
    let named = stated.find_map(|stated| Some((stated.neuronpedia_model.as_deref()?, stated.model.as_deref())));
    let named = named
        .filter(|(neuronpedia, model)| model.is_none_or(|model| is_same(model, neuronpedia) || is_alike(model, neuronpedia)));
    match named {
        Some((name, _)) if !names_a_model(folder) || is_same(folder, name) => name.to_owned(),
        _ => excerpt(folder, 80),
    }
}

/// The folder's name; in the cache of the Hugging Face hub, `models--ORG--NAME/snapshots/COMMIT`, that of the repository.
fn folder_name(model: &Path) -> String {
    let path = model.canonicalize().unwrap_or_else(|_| model.to_owned());
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let snapshots = path.parent().filter(|parent| name(parent).is_some_and(|name| name == "snapshots"));
    let repository = snapshots.and_then(Path::parent).and_then(name);
    let repository = repository.and_then(|name| Some(name.strip_prefix("models--")?.rsplit("--").next()?.to_owned()));
    repository.or_else(|| name(&path)).unwrap_or_else(|| "model".to_owned())
}

/// Whether a folder's name says which model it holds: it has a size, such as `70m` or `0.5b`, or is that of GPT-2.
fn names_a_model(folder: &str) -> bool {
    let folder = folder.to_lowercase();
    words(&folder).any(|word| is_size(word) || word == "gpt2")
}

/// The parts of a lower case name between dashes and the like.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|character: char| !character.is_ascii_alphanumeric() && character != '.')
}

/// Whether a word is a number of parameters: `70m`, `0.5b`.
fn is_size(word: &str) -> bool {
    let digits = word.trim_end_matches(['m', 'b']);
    digits.len() + 1 == word.len() && digits.parse::<f32>().is_ok()
}

/// Whether two names may be of one model: both have the same size, and one family's name begins the other's from some word on
/// (`Meta-Llama-3-8B-Instruct` and `llama3-8b-it`, `google/gemma-3-4b-pt` and `gemma-3-4b`). What stands behind the size is a
/// variant, which sites name as they like.
fn is_alike(one: &str, other: &str) -> bool {
    let parts = |name: &str| {
        let bare = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
        let size = words(&bare).find(|word| is_size(word))?;
        let family = bare.split_once(size)?.0;
        Some((family.chars().filter(char::is_ascii_alphanumeric).collect::<String>(), size.to_owned()))
    };
    let Some(((one, size), (other, same))) = parts(one).zip(parts(other)) else { return false };
    size == same && !one.is_empty() && !other.is_empty() && (one.ends_with(&other) || other.ends_with(&one))
}

/// Whether two names are of one model, however it is spelled: `EleutherAI/pythia-70m`, `models_pythia-70m`; GPT-2 is `gpt2-small` elsewhere.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        let bare = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let plain: String =
            bare.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect();
        if plain == "gpt2" { "gpt2small".to_owned() } else { plain }
    };
    let (one, other) = (plain(one), plain(other));
    !one.is_empty() && !other.is_empty() && (one.ends_with(&other) || other.ends_with(&one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dictionaries_do_not_rename_the_model_on_which_they_are_used() {
        let stated = |model: Option<&str>, neuronpedia: Option<&str>| Stated {
            model: model.map(str::to_owned),
            neuronpedia_model: neuronpedia.map(str::to_owned),
            ..Stated::default()
        };
        for (model, neuronpedia, folder, name) in [
            (Some("EleutherAI/pythia-70m-deduped"), Some("pythia-70m-deduped"), "m", "pythia-70m-deduped"),
            (Some("EleutherAI/pythia-70m-deduped"), Some("pythia-70m-deduped"), "my_pythia-70m-deduped", "pythia-70m-deduped"),
            (None, Some("pythia-70m-deduped"), "model", "pythia-70m-deduped"),
            (Some("gpt2-small"), Some("gpt2-small"), "gpt2", "gpt2-small"),
            (Some("meta-llama/Llama-3.1-8B"), Some("llama3.1-8b"), "Llama-3.1-8B", "llama3.1-8b"),
            (Some("google/gemma-3-4b-pt"), Some("gemma-3-4b"), "m", "gemma-3-4b"),
            (Some("Meta-Llama-3-8B-Instruct"), Some("llama3-8b-it"), "m", "llama3-8b-it"),
            (Some("google/gemma-2-2b"), Some("gemma-2-9b"), "m", "m"),
            (Some("google/gemma-2-2b"), Some("gemma-3-2b"), "m", "m"),
            // Another model's dictionaries, and files that contradict themselves.
            (Some("gpt2-small"), Some("gpt2-small"), "pythia-70m", "pythia-70m"),
            (Some("pythia-70m-deduped"), Some("pythia-70m-deduped"), "pythia-70m", "pythia-70m"),
            (Some("tiny-neox"), Some("gpt2-small"), "m", "m"),
            (Some("gpt2"), None, "m", "m"),
        ] {
            assert_eq!(
                chosen([stated(None, None), stated(model, neuronpedia)].iter(), folder),
                name,
                "{model:?} {neuronpedia:?} {folder}"
            );
        }
    }

    #[test]
    fn a_folder_of_the_hubs_cache_is_called_as_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models--EleutherAI--pythia-70m/snapshots/0123abc");
        std::fs::create_dir_all(&path).unwrap();
        assert_eq!(folder_name(&path), "pythia-70m");
        assert_eq!(folder_name(path.parent().unwrap()), "snapshots");
    }
}
