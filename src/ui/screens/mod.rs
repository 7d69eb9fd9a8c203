//! Tests that press keys and read screens without a terminal, as a user would, from [`update`](crate::app::update::update) to
//! [`view`](super::view).

mod any_keys;
mod chance;
mod checks;
mod colours;
mod computing;
mod contrast;
mod copies;
mod downloading;
mod evidence;
mod help;
mod keeping;
mod key_bar;
mod legend;
mod looks;
mod many_rows;
mod pilot;
mod pointing;
mod prompts;
mod responding;
mod saying_why;
mod stale_keys;
mod steady;
mod studies;
mod tags;
mod typing;
