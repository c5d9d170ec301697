//! Names of the kernel's objects: after addresses and ports, so that they stay the same whatever
//! the services are called and in whichever order they come.

use std::net::{IpAddr, SocketAddr};

use crate::service::Service;

/// `10.0.50.20_6443`, `fd00-50--20_6443`: nft's names have no colons.
fn place(address: IpAddr, port: u16) -> String {
    let address = match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let groups = address.segments().map(|group| format!("{group:x}"));
            match address.to_ipv4_mapped() {
                // Their usual form has dots and could be mistaken for another's.
                Some(_) => groups.join("-"),
                None => address.to_string().replace(':', "-"),
            }
        }
    };
    format!("{address}_{port}")
}

/// The names that belong to a service.
pub(crate) struct Names {
    service: String,
}

impl Names {
    pub(crate) fn new(service: &Service) -> Self {
        Self {
            service: place(service.address, service.port),
        }
    }

    /// The chain that judges whether a connection may begin.
    pub(crate) fn admit(&self) -> String {
        format!("admit_{}", self.service)
    }

    /// The chain that chooses a backend.
    pub(crate) fn select(&self) -> String {
        format!("select_{}", self.service)
    }

    /// The chain that sends a connection to a backend.
    pub(crate) fn to(&self, backend: SocketAddr) -> String {
        self.of("to", backend)
    }

    /// The chain that goes on remembering a backend's client.
    pub(crate) fn keep(&self, backend: SocketAddr) -> String {
        self.of("keep", backend)
    }

    /// The clients that a backend keeps.
    pub(crate) fn clients(&self, backend: SocketAddr) -> String {
        self.of("clients", backend)
    }

    fn of(&self, what: &str, backend: SocketAddr) -> String {
        format!(
            "{what}_{}_{}",
            self.service,
            place(backend.ip(), backend.port())
        )
    }
}

/// The counter of connections to a backend.
pub(crate) fn connections_counter(service: &Service, backend: SocketAddr) -> String {
    Names::new(service).of("connections", backend)
}

/// The counter of what connections to a backend carry.
pub(crate) fn data_counter(service: &Service, backend: SocketAddr) -> String {
    Names::new(service).of("data", backend)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn each_address_has_a_name_of_its_own_without_colons() {
        let of = |address: &str| place(address.parse().expect("an address"), 1);
        assert_eq!(of("10.0.50.20"), "10.0.50.20_1");
        assert_eq!(of("fd00:50::20"), "fd00-50--20_1");
        assert_eq!(of("::"), "--_1");
        assert_eq!(of("::ffff:10.0.50.20"), "0-0-0-0-0-ffff-a00-3214_1");
    }
}
