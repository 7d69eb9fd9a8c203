//! What the id of a dictionary on Neuronpedia, such as `pythia-70m-deduped/1-mlp-sm`, says of its place.

use super::place::Place;
use crate::core::hosted::of_id;
use crate::core::submodule::{Submodule, SubmoduleKind};
use crate::core::text::excerpt;

/// The words for a kind of submodule in ids.
const WORDS: [(&str, SubmoduleKind); 4] = [
    ("res", SubmoduleKind::Residual),
    ("att", SubmoduleKind::Attention),
    ("attn", SubmoduleKind::Attention),
    ("mlp", SubmoduleKind::Mlp),
];

/// The note that `id` is that of a dictionary of another layer or kind than one at `place`; None if it fits, or says no layer or kind
/// that is known. Ids are free text but for that, and they change no number, so that another place is no reason to refuse.
pub fn note(id: &str, place: &Place) -> Option<String> {
    let (_, source) = of_id(id)?;
    let (layer, suffix) = source.split_once('-')?;
    let (kind, layers) = expected(place)?;
    let other_layer = layer.parse::<usize>().is_ok_and(|said| !layers.contains(&said));
    // The embedding has the letter e, whatever follows: its published ids do not agree on that.
    let other_embedding = layer == "e" && kind.is_some();
    let mut said = WORDS.iter().filter(|(word, _)| suffix.split(['-', '_']).any(|part| part == *word)).map(|(_, kind)| *kind);
    let first = said.next();
    let other_kind = kind.is_some() && first.is_some() && first != kind && said.all(|said| Some(said) != kind);
    (other_layer || other_embedding || other_kind).then(|| {
        format!(
            "its neuronpedia_id '{}' is that of another layer or kind than {place}: links to Neuronpedia may show another dictionary",
            excerpt(id, 60)
        )
    })
}

/// The kind and the layers of ids of a dictionary at `place`. None for the kind stands for what enters the first layer.
fn expected(place: &Place) -> Option<(Option<SubmoduleKind>, Vec<usize>)> {
    let of = |kind, layer| Some((Some(kind), vec![layer]));
    match place {
        Place::Embedding | Place::Start | Place::Output(Submodule { kind: SubmoduleKind::Embedding, .. }) => {
            Some((None, vec![0]))
        }
        // Some releases number the stream by the layer that it leaves, others, such as res-jb, by the one that it enters.
        Place::Output(Submodule { kind: SubmoduleKind::Residual, layer }) => {
            Some((Some(SubmoduleKind::Residual), vec![layer.0, layer.0 + 1]))
        }
        Place::Output(Submodule { kind, layer }) => of(named(*kind), layer.0),
        Place::Middle(layer) => of(SubmoduleKind::Residual, *layer),
        Place::Heads(layer) => of(SubmoduleKind::Attention, *layer),
        Place::MlpStream(layer) | Place::MlpInput(layer) | Place::MlpNormalised(layer) => of(SubmoduleKind::Mlp, *layer),
        Place::Unknown(_) => None,
    }
}

/// The kind that ids name `kind` by: they do not tell norms and projections apart.
fn named(kind: SubmoduleKind) -> SubmoduleKind {
    match kind {
        SubmoduleKind::AttentionBeforeNorm | SubmoduleKind::Heads => SubmoduleKind::Attention,
        SubmoduleKind::MlpBeforeNorm => SubmoduleKind::Mlp,
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_layer_or_kind_is_said_and_the_ways_of_numbering_the_stream_are_not() {
        for (id, hook, fits) in [
            ("tiny-neox/1-mlp-sm", "blocks.1.hook_mlp_out", true),
            ("tiny-neox/2-mlp-sm", "blocks.1.hook_mlp_out", false),
            ("tiny-neox/1-res-sm", "blocks.1.hook_mlp_out", false),
            ("tiny-neox/e-res-sm", "blocks.1.hook_mlp_out", false),
            ("gpt2-small/8-res-jb", "blocks.8.hook_resid_pre", true),
            ("gpt2-small/12-res-jb", "blocks.11.hook_resid_post", true),
            ("gpt2-small/0-res-jb", "blocks.0.hook_resid_pre", true),
            ("gpt2-small/1-res-jb", "blocks.0.hook_resid_pre", false),
            ("pythia-70m-deduped/5-res-sm", "blocks.5.hook_resid_post", true),
            ("pythia-70m-deduped/3-res-sm", "blocks.5.hook_resid_post", false),
            ("pythia-70m-deduped/e-att-sm", "hook_embed", true),
            ("gpt2-small/5-att-kk", "blocks.5.attn.hook_z", true),
            ("gpt2-small/5-res_mid_32k-oai", "blocks.5.hook_resid_mid", true),
            ("gemma-2-2b/5-gemmascope-att-16k", "blocks.5.hook_mlp_out", false),
            ("gemma-2-2b/5-gemmascope-transcoder-16k", "blocks.5.hook_mlp_out", true),
            ("gpt2-small/5-tres-dc", "blocks.5.hook_mlp_out", true),
            ("tiny-neox", "blocks.1.hook_mlp_out", true),
            ("tiny-neox/2-mlp-sm", "blocks.1.hook_new", true),
        ] {
            assert_eq!(note(id, &Place::of_hook(hook)).is_none(), fits, "{id} at {hook}");
        }
    }
}
