//! vrrp-net.
