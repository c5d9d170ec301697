//! Every order of a bounded set of happenings for a small group.
