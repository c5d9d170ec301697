//! A host's further interfaces, each on a network segment of its own where other hosts are too.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::Host;
use crate::error::Result;
use crate::switch::Cable;

/// The kernel may take up to a second for each.
const CONNECTED_WITHIN: Duration = Duration::from_secs(30);

impl Host {
    /// Makes `count` further interfaces: `seg0` on the first further segment with 10.62.0.N/24,
    /// and so on, where N is the last number of this host's own address. Returns their names.
    ///
    /// # Errors
    /// The kernel refuses, or they are not connected in time.
    pub fn add_segments(&self, count: u8) -> Result<Vec<String>> {
        let [.., c, d] = self.mac();
        let mut names = Vec::new();
        for number in 0..count {
            let name = format!("seg{number}");
            let port = self.segment_port(number);
            let cable = Cable {
                host: self.name(),
                interface: &name,
                mac: [0x02, 2, 0, number, c, d],
                namespace: self.namespace(),
            };
            let bridge = format!("segment{number}");
            self.inner.switch.connect_to(&bridge, &port, &cable)?;
            let address = Ipv4Addr::new(10, 62, number, d);
            self.add_address_to(&name, address.into(), 24)?;
            self.set_link_up(&name, true)?;
            names.push(name);
        }
        let since = Instant::now();
        for (name, number) in names.iter().zip(0..count) {
            let port = self.segment_port(number);
            self.wait_cable(name, &port, since, CONNECTED_WITHIN)?;
        }
        Ok(names)
    }

    /// Stops all frames from and to this host on its first `count` further segments, as
    /// [`Host::cut`] does on the first one. Returns the moment the last was gone.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn cut_segments(&self, count: u8) -> Result<Instant> {
        for number in 0..count {
            self.inner.switch.isolate(&self.segment_port(number))?;
        }
        Ok(Instant::now())
    }

    fn segment_port(&self, number: u8) -> String {
        format!("s{number}-{}", self.name())
    }
}
