//! The simulator against GitLab's documented behaviour, over real HTTP.

mod answering;
mod calls;
mod faults;
mod managing;
mod notes;
mod pages;
mod payloads;
mod reading;
mod statuses;
mod support;
