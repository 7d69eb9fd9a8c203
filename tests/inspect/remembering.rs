//! Dictionaries that fit one place of one model by construction: each feature is one activation there, remembered.

use std::fs;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde_json::Value;

/// A tensor `[tokens, width]` of the golden file of `host`, row by row; f32.
pub fn rows(host: &Path, names: &[String]) -> Vec<Vec<f32>> {
    let bytes = fs::read(host.join("golden.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let of = |name: &String| {
        let view = file.tensor(name).unwrap_or_else(|_| panic!("no golden tensor {name}"));
        assert_eq!(view.dtype(), Dtype::F32, "{name}");
        let values: Vec<f32> = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        values.chunks_exact(*view.shape().last().unwrap()).map(<[f32]>::to_vec).collect::<Vec<_>>()
    };
    names.iter().flat_map(of).collect()
}

/// The prompts of the golden file without their first token, which is BOS, as lines of token ids.
pub fn texts(host: &Path, names: &[&str]) -> String {
    let bytes = fs::read(host.join("golden.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let of = |name: &&str| {
        let view = file.tensor(name).unwrap();
        let ids: Vec<i64> = view.data().as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect();
        ids.chunks_exact(view.shape()[1]).map(|prompt| format!("{:?}", &prompt[1..])).collect::<Vec<_>>().join("\n") + "\n"
    };
    names.iter().map(of).collect()
}

/// A dictionary with one feature for each of `rows`, which writes the row of `writes` when it reads its own.
pub struct Remembering {
    pub reads: Vec<Vec<f32>>,
    pub writes: Vec<Vec<f32>>,
}

fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

impl Remembering {
    /// Of the different rows of `reads`.
    pub fn new(reads: &[Vec<f32>], writes: &[Vec<f32>]) -> Self {
        let mut kept = Self { reads: Vec::new(), writes: Vec::new() };
        for (read, written) in reads.iter().zip(writes) {
            if !kept.reads.contains(read) {
                kept.reads.push(read.clone());
                kept.writes.push(written.clone());
            }
        }
        kept
    }

    /// An autoencoder of the different rows of `reads`.
    pub fn autoencoder(reads: &[Vec<f32>]) -> Self {
        Self::new(reads, reads)
    }

    /// Leaves the features that no other remembered row activates as much as their own, and returns for each the middle between both: a
    /// threshold at which each fires at its own row alone.
    pub fn thresholds(&mut self) -> Vec<f32> {
        let length = |row: &[f32]| dot(row, row).sqrt();
        let all = self.reads.clone();
        let next = |row: &Vec<f32>| {
            let others = all.iter().filter(|other| *other != row);
            others.map(|other| dot(row, other) / length(row)).fold(0.0, f32::max)
        };
        let stands_out: Vec<bool> = self.reads.iter().map(|row| next(row) < 0.95 * length(row)).collect();
        let keep =
            |rows: &[Vec<f32>]| rows.iter().zip(&stands_out).filter(|(_, keep)| **keep).map(|(row, _)| row.clone()).collect();
        (self.reads, self.writes) = (keep(&self.reads), keep(&self.writes));
        self.reads.iter().map(|row| f32::midpoint(next(row), length(row))).collect()
    }

    /// Writes SAELens's files into `folder`: `config` is its cfg.json, to which the sizes are added. Activations are multiplied by `factor`
    /// before they are encoded.
    pub fn write(&self, folder: &Path, config: &Value, thresholds: Option<&[f32]>, factor: f32) {
        let (features, width, written) = (self.reads.len(), self.reads[0].len(), self.writes[0].len());
        let mut config = config.clone();
        for (key, value) in [("d_in", width), ("d_sae", features), ("d_out", written)] {
            config[key] = value.into();
        }
        if written == width && config.get("architecture").is_some_and(|name| !name.as_str().unwrap().contains("transcoder")) {
            config.as_object_mut().unwrap().remove("d_out");
        }
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("cfg.json"), config.to_string()).unwrap();
        let lengths: Vec<f32> = self.reads.iter().map(|row| dot(row, row).sqrt()).collect();
        let bytes = |values: Vec<f32>| values.into_iter().flat_map(f32::to_le_bytes).collect::<Vec<u8>>();
        let encoder: Vec<f32> = (0..width)
            .flat_map(|column| self.reads.iter().zip(&lengths).map(move |(row, length)| row[column] / length))
            .collect();
        // A code is the length of what is encoded.
        let decoder = self.writes.iter().zip(&lengths).flat_map(|(row, length)| row.iter().map(move |value| value / length));
        let mut tensors = vec![
            ("W_enc", vec![width, features], bytes(encoder)),
            ("b_enc", vec![features], bytes(vec![0.0; features])),
            ("W_dec", vec![features, written], bytes(decoder.collect())),
            ("b_dec", vec![written], bytes(vec![0.0; written])),
        ];
        if let Some(thresholds) = thresholds {
            tensors.push(("threshold", vec![features], bytes(thresholds.iter().map(|threshold| threshold * factor).collect())));
        }
        let views =
            tensors.iter().map(|(name, shape, bytes)| (*name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
        fs::write(folder.join("sae_weights.safetensors"), serialize(views, None).unwrap()).unwrap();
    }
}
