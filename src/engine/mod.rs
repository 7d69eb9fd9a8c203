//! Numbers: the model, the dictionaries, the data sets and the attribution over them.

pub mod activation;
pub mod attribution;
pub mod compute;
pub mod dataset;
pub mod dictionary;
pub mod hash;
pub mod model;
pub mod tensor_file;
pub mod tokenizer;
