//! One request and its answer, many requests in one call, and whole listings.

use futures_util::StreamExt;
use rtnetlink::packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::sys::SocketAddr;

use super::Netlink;
use super::error::{Failure, Refusal};

/// Requests in one call to the kernel, so that their answers fit its buffer.
const BATCH: usize = 64;

/// A listing that changed while it was read is read again, at most this often.
const LISTING_ATTEMPTS: usize = 5;

/// The kernel.
fn kernel() -> SocketAddr {
    SocketAddr::new(0, 0)
}

impl Netlink {
    /// Sends a request with `flags` and waits until the kernel has carried it out.
    pub(super) async fn acknowledged(
        &self,
        message: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<(), Failure> {
        self.all_acknowledged([message], flags)
            .await
            .pop()
            .unwrap_or(Err(Failure::Closed))
    }

    /// Sends requests with `flags`, many in one call; the results are in the same order.
    pub(super) async fn all_acknowledged(
        &self,
        messages: impl IntoIterator<Item = RouteNetlinkMessage>,
        flags: u16,
    ) -> Vec<Result<(), Failure>> {
        let mut messages = messages
            .into_iter()
            .map(|message| {
                let mut message = NetlinkMessage::from(message);
                message.header.flags = flags;
                message
            })
            .peekable();
        let mut results = Vec::with_capacity(messages.size_hint().0);
        while messages.peek().is_some() {
            let batch: Vec<_> = messages.by_ref().take(BATCH).collect();
            let expected = results.len() + batch.len();
            if let Ok(mut answers) = self.handle.request_batch(batch, kernel()) {
                // The kernel answers in the order it was asked, each request once.
                while let Some(answer) = answers.next().await {
                    if let NetlinkPayload::Error(error) = &answer.payload {
                        let refusal = Refusal::read(answer.header.flags, error);
                        results.push(refusal.map_or(Ok(()), |text| Err(Failure::Kernel(text))));
                    }
                }
            }
            results.resize(expected, Err(Failure::Closed));
        }
        results
    }

    /// Sends a query and collects every answer; with `NLM_F_DUMP` in `flags`, a listing that
    /// is consistent in itself.
    pub(super) async fn answers(
        &self,
        query: RouteNetlinkMessage,
        flags: u16,
    ) -> Result<Vec<RouteNetlinkMessage>, Failure> {
        let mut message = NetlinkMessage::from(query);
        message.header.flags = NLM_F_REQUEST | flags;
        let mut collected = Vec::new();
        for _ in 0..LISTING_ATTEMPTS {
            collected.clear();
            let mut interrupted = false;
            let mut answers = self
                .handle
                .request(message.clone(), kernel())
                .map_err(|_| Failure::Closed)?;
            let mut answered = false;
            while let Some(answer) = answers.next().await {
                answered = true;
                interrupted |= answer.header.flags & NLM_F_DUMP_INTR != 0;
                match answer.payload {
                    NetlinkPayload::InnerMessage(inner) => collected.push(inner),
                    NetlinkPayload::Error(error) => {
                        if let Some(refusal) = Refusal::read(answer.header.flags, &error) {
                            return Err(Failure::Kernel(refusal));
                        }
                    }
                    NetlinkPayload::Overrun(_) => interrupted = true,
                    _ => {}
                }
            }
            // A single answer always comes; an empty listing is none.
            if !answered && flags & NLM_F_DUMP == 0 {
                return Err(Failure::Closed);
            }
            if !interrupted {
                break;
            }
        }
        Ok(collected)
    }
}
