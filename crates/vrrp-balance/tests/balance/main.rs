//! Load balancing by real kernels, over real TCP, in network namespaces. Needs root.

mod admission;
mod adoption;
mod distribution;
mod failure;
mod firewall;
mod idle;
mod own_host;
mod persistence;
mod repair;
mod requirements;
mod scene;
mod takeover;
mod traffic;
mod usage;
