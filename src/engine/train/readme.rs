//! Writes `assets/demo/README.md` from the report, so that its figures always belong to the files beside it.

use super::autoencoder::FEATURES;
use super::corpus::{LOST_SPACE, LOST_SPACE_AFTER_BECAUSE};
use super::report::{Report, percent, table};

/// The text of the demo's README.
pub fn readme(report: &Report) -> String {
    let Report { seed, steps: (model_steps, dictionary_steps), vocabulary, held_out_loss, own_name_lead, .. } = report;
    let (lost_space, lost_after_because) = (percent(LOST_SPACE), percent(LOST_SPACE_AFTER_BECAUSE));
    let professions = table(
        &["profession", "women, set in the corpus", "logit[\" she\"] - logit[\" he\"]"],
        report
            .professions
            .iter()
            .map(|(name, female, value)| [(*name).to_owned(), format!("{:.0} %", 100.0 * female), format!("{value:+.2}")]),
    );
    let continuations = table(
        &["prompt", "most probable next tokens"],
        report.continuations.iter().map(|(prompt, tokens)| {
            let tokens: Vec<String> = tokens.iter().map(|(token, share)| format!("`{token}` {:.0} %", 100.0 * share)).collect();
            [format!("`{prompt}`"), tokens.join(", ")]
        }),
    );
    let (requirements, dictionaries, behaviour) =
        (report.requirements_table(), report.dictionary_table(), report.behaviour_table());
    format!(
        r#"# The demo model

A GPT-NeoX small enough to be compiled into the program, with a sparse autoencoder (dictionary) for each of its submodules: the
whole program runs on it without a download. It learned from text that this repository's own code generates, and says nothing
about the world outside that text. The text exaggerates the stereotypes of professions on purpose, so that there is something to
find.

| file | what it is |
| ---- | ---------- |
| `model/config.json`, `model/model.safetensors` | 4 layers, d_model 64, 4 heads, MLP 256, rotary_pct 0.25, parallel residual, untied unembedding; f16, Hugging Face tensor names |
| `model/tokenizer.json` | byte-level BPE, {vocabulary} tokens, the same pre-tokenizer and decoder family as GPT-NeoX's |
| `dictionaries/{{layer}}-{{att,mlp,res}}-sm/` | {FEATURES} features each, f16, SAELens layout |

## How it was made

    cargo run --release --features train -- train-demo --seed {seed}

The command takes {model_steps} steps for the language model and {dictionary_steps} for each dictionary. The code is in `src/engine/train`:

1. `corpus.rs`: an endless stream of short documents about people (names, professions, relatives, groups, nobody). A pronoun mostly
   agrees with its person; after "because" another person is sometimes meant, more often a man. Names are often said again, so that
   the model has a reason to carry them along. The space before a word is lost in {lost_space} of all words, in {lost_after_because} of
   those after "because", which makes a name without its space a real candidate there: the baseline's answers rest on that. The names
   and verbs of `data/names.json` occur in the corpus, so the behaviour below is on text like the training's.
2. `vocabulary.rs`: the tokenizer, trained on such text without lost spaces.
3. `language_model.rs`: next-token cross-entropy on windows of 24 tokens that start at a document's start (no BOS token), AdamW,
   warm-up and cosine. Loss on held-out text: {held_out_loss:.3} nats a token.
4. `dictionary.rs`: `features = relu(W_enc (x - b_dec) + b_enc)`, squared error plus an L1 penalty weighted by decoder norms and
   steered towards a number of active features; dead features start again from badly reconstructed inputs. Trained on the f16 model.

Everything below is measured by the same command on the saved files (`--keep all` only measures), the dictionaries on held-out text. The
variance unexplained is one ratio over all tokens. A text's first token has activations many times longer than the rest; therefore the
table of dictionaries also shows the ratio over the prompts of `data/names.json` without their first token.

## Requirements

{requirements}
## Data sets

The metric is logit[patch answer] - logit[clean answer] at the last position; total effect = metric(patch) - metric(clean). The male
view's clean prompts are the male ones of `data/names.json`, the female view's the female ones; the baseline's answers are the names.

{behaviour}
That the baseline is about more than gender: after its clean prompts the logit of the prompt's own name is {own_name_lead:.2} above the
mean of the other names of the same gender.

{continuations}
## Professions

After "The ... waits because":

{professions}
## Dictionaries

{dictionaries}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::train::report::tests::example;

    #[test]
    fn every_figure_is_in_the_text() {
        let text = readme(&example());
        for part in ["| mlp_0", "10.0 %", "| nurse", "+0.70", "`Anna waits because`", "` she` 50 %", "--seed 1", "-3.00"] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }
}
