//! Keys are pressed and screens are read, without a terminal: what a user does and sees, from [`update`](crate::app::update::update) to
//! [`view`](super::view).

mod any_keys;
mod colours;
mod computing;
mod copies;
mod downloading;
mod looks;
mod many_rows;
mod pilot;
mod prompts;
mod stale_keys;
mod steady;
mod studies;
mod tags;
