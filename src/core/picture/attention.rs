//! The picture of attention patterns: which tokens of a prompt the heads of a layer read.

use super::{Content, Grid, Parts, Scale};
use crate::core::findings::Findings;
use crate::core::problem::{Problem, Result};
use crate::core::run::ExampleRecord;
use crate::core::sides::{alone, sides};
use crate::core::submodule::SubmoduleKind;
use crate::core::text::{cut, excerpt};
use crate::core::view::View;

/// Most columns of a token on an axis.
const TOKEN: usize = 16;

/// Whose attention is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// The view that says which prompt of a pair is the clean one.
    pub view: View,
    /// The pair's place among the view's examples in the run.
    pub place: usize,
    /// Whether the patch prompt is read instead of the clean one.
    pub is_patch: bool,
    /// The layer, from 0.
    pub layer: usize,
    /// The heads of it, from 0, each shown once; empty for all.
    pub heads: Vec<usize>,
}

impl Attention {
    /// The pair in a run.
    ///
    /// # Errors
    /// If the run has no such pair.
    fn example<'a>(&self, findings: &'a Findings) -> Result<&'a ExampleRecord> {
        let example = findings.data(self.view).and_then(|data| data.examples.get(self.place));
        example.ok_or_else(|| problem(format_args!("has no pair number {} in the run", self.place), "name another pair"))
    }

    /// The token ids of the prompt.
    ///
    /// # Errors
    /// If the run has no such pair.
    pub fn prompt(&self, findings: &Findings) -> Result<Vec<u32>> {
        let example = self.example(findings)?;
        let both = findings.study.view(self.view).direction.orient(&example.clean_tokens, &example.patch_tokens);
        Ok(if self.is_patch { both.1.clone() } else { both.0.clone() })
    }
}

/// The layer whose attention block has the largest |sum of effects| in `view`; None where no such sum is known.
pub fn strongest_layer(findings: &Findings, view: View) -> Option<usize> {
    let attention = findings.submodules().into_iter().filter(|submodule| submodule.kind == SubmoduleKind::Attention);
    let sums = attention.filter_map(|submodule| {
        let sum = findings.view(view).submodule(submodule)?.feature_sum().abs();
        Some((submodule.layer.0, sum))
    });
    // Of equal ones the first.
    sums.filter(|(_, sum)| *sum > 0.0).reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(layer, _)| layer)
}

/// A table for each head. `patterns` are those of all heads, `[heads, positions, positions]`.
pub fn attention(of: &Attention, patterns: &[f32], findings: &Findings) -> Result<Parts> {
    let example = of.example(findings)?;
    let view = findings.study.view(of.view);
    let (name, side) = match (of.is_patch, sides(example, view.direction)) {
        (false, [clean, _]) => (&view.clean, clean),
        (true, [_, patch]) => (&view.patch, patch),
    };
    let positions = side.tokens.len();
    let all = patterns.len() / (positions * positions).max(1);
    if let Some(head) = of.heads.iter().find(|head| **head >= all) {
        return Err(problem(
            format_args!("has no head {head}: layer {} has {all} heads", of.layer),
            format_args!("give 0 to {}", all - 1),
        ));
    }
    let mut heads: Vec<usize> = Vec::new();
    for head in &of.heads {
        if !heads.contains(head) {
            heads.push(*head);
        }
    }
    if heads.is_empty() {
        heads = (0..all).collect();
    }
    let tokens = side.tokens.iter().enumerate().map(|(position, token)| format!("{position} {}", cut(&alone(token), TOKEN)));
    let tokens: Vec<String> = tokens.collect();
    let grid = |head: &usize| {
        let pattern = &patterns[head * positions * positions..(head + 1) * positions * positions];
        // Keys behind their query are not read at all, so these cells are empty.
        let cell = |query: usize, (key, share): (usize, &f32)| (key <= query).then(|| f64::from(*share));
        let row = |(query, row): (usize, &[f32])| row.iter().enumerate().map(|found| cell(query, found)).collect();
        Grid {
            name: format!("head {head}"),
            axis: "share of attention".to_owned(),
            across: "key: the token that is read".to_owned(),
            down: "query".to_owned(),
            columns: tokens.clone(),
            rows: tokens.clone(),
            values: pattern.chunks_exact(positions).enumerate().map(row).collect(),
            scale: Scale::Whole,
        }
    };
    let heads_named = match heads.as_slice() {
        [head] => format!("head {head}"),
        heads if heads.len() == all => format!("all {all} heads"),
        heads => format!("heads {}", heads.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    };
    let notes = vec![
        format!("Pair at line {}, {}: “{}”.", example.line, excerpt(name, 100), excerpt(&side.tokens.concat(), 200)),
        format!("Layer {} (the first is 0, the last {}), {heads_named}.", of.layer, findings.layers.saturating_sub(1)),
        "Each row is a query, the token that reads; its shares of the keys, the tokens up to itself, add up to 1.".to_owned(),
    ];
    // A title has room for a few numbers.
    let in_title = if heads.len() > 4 && heads.len() < all { format!("{} of {all} heads", heads.len()) } else { heads_named };
    let title = format!("Attention in layer {}, {in_title}: {}", of.layer, excerpt(name, 40));
    Ok((title, notes, Content::Grids(heads.iter().map(grid).collect())))
}

fn problem(what: impl std::fmt::Display, remedy: impl std::fmt::Display) -> Problem {
    Problem::new("picture attention", what, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::picture::Picture;

    #[test]
    fn a_table_holds_the_shares_of_one_head_up_to_the_query() {
        let run = crate::ui::testing::run();
        let subject = crate::engine::identity::subject_of(&run);
        let findings = Findings::from_run(run, None, subject);
        let of = Attention { view: View(1), place: 0, is_patch: true, layer: 1, heads: vec![1] };
        let positions = of.prompt(&findings).unwrap().len();
        assert!(positions > 1);
        let patterns: Vec<f32> = (0..2 * positions * positions).map(|place| place as f32 / 100.0).collect();
        let picture = Picture::of_attention(&of, &patterns, &findings).unwrap();
        let Content::Grids(grids) = &picture.content else { panic!("{picture:?}") };
        assert_eq!(grids.len(), 1);
        let expected = |query: usize, key: usize| (positions * positions + query * positions + key) as f32 / 100.0;
        for (query, row) in grids[0].values.iter().enumerate() {
            for (key, share) in row.iter().enumerate() {
                assert_eq!(*share, (key <= query).then(|| f64::from(expected(query, key))));
            }
        }
        // A head that is named twice is shown once, and the words count it once.
        for (named, shown, says) in [(vec![1, 1], vec![1], "head 1"), (vec![1, 0, 1], vec![1, 0], "all 2 heads")] {
            let of = Attention { heads: named, ..of.clone() };
            let picture = Picture::of_attention(&of, &patterns, &findings).unwrap();
            let Content::Grids(grids) = &picture.content else { panic!("{picture:?}") };
            let names: Vec<String> = grids.iter().map(|grid| grid.name.clone()).collect();
            assert_eq!(names, shown.iter().map(|head| format!("head {head}")).collect::<Vec<_>>());
            assert!(picture.title.starts_with(&format!("Attention in layer 1, {says}: ")), "{}", picture.title);
            assert!(picture.caption.iter().any(|note| note.ends_with(&format!(", {says}."))), "{:?}", picture.caption);
        }
        // The patch prompt of the reversed view is the clean one of the pair list.
        let first = &findings.data(View(1)).unwrap().examples[0];
        assert_eq!(of.prompt(&findings).unwrap(), first.clean_tokens);
        assert!(grids[0].rows[0].ends_with(&alone(&first.clean_text[0])), "{:?}", grids[0].rows);
        let refused = |of: Attention| Picture::of_attention(&of, &patterns, &findings).unwrap_err().to_string();
        assert!(
            refused(Attention { heads: vec![0, 2], ..of.clone() }).contains("has no head 2: layer 1 has 2 heads; give 0 to 1")
        );
        assert!(refused(Attention { place: 1000, ..of }).contains("has no pair number 1000"));
    }
}
