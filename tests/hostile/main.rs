//! Packets that no well-meaning router sends, from a host on the segment: each is dropped for the
//! right reason, counted once, and changes nothing.

mod checks;
mod flips;
mod interval;
mod log;
mod owner;
mod packets;
mod scene;
mod timers;
mod unicast;
