//! What is still to come, in order of time; of equal times what was added first comes first.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

pub(super) struct Agenda<T> {
    added: u64,
    due: BinaryHeap<Reverse<Due<T>>>,
}

struct Due<T> {
    at: u64,
    number: u64,
    what: T,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self {
            added: 0,
            due: BinaryHeap::new(),
        }
    }
}

impl<T> Agenda<T> {
    pub(super) fn add(&mut self, at: u64, what: T) {
        self.added += 1;
        let number = self.added;
        self.due.push(Reverse(Due { at, number, what }));
    }

    pub(super) fn next_at(&self) -> Option<u64> {
        self.due.peek().map(|Reverse(due)| due.at)
    }

    pub(super) fn take(&mut self) -> Option<T> {
        self.due.pop().map(|Reverse(due)| due.what)
    }
}

impl<T> Due<T> {
    const fn order(&self) -> (u64, u64) {
        (self.at, self.number)
    }
}

impl<T> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl<T> Eq for Due<T> {}

impl<T> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Due<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}
