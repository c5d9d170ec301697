//! What monitoring sees: Debian's Prometheus scrapes three daemons, and every query that is
//! shipped finds something there.
#![forbid(unsafe_code)]

mod dashboards;
mod openmetrics;
mod prometheus;
mod rules;
