//! Numbers: the model, the dictionaries, the data sets and the attribution over them.

pub mod model;
pub mod tensor_file;
