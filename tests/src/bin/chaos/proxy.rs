//! A TCP proxy on loopback that can be told to misbehave.

mod connection;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{broadcast, watch},
    task::AbortHandle,
};

use crate::plan::Draw;

/// A direction through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toward {
    Server,
    Client,
}

/// How a link is disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disturbance {
    /// Connections break and new ones are refused.
    Cut,
    /// Nothing arrives until it is over; then everything does. One direction, or both.
    Silent(Option<Toward>),
    /// Everything arrives later.
    Delayed(Duration),
    /// One byte a second.
    Trickle,
    /// The server's side of the connections is gone and the client's side never hears of it, not
    /// even when it is over. New connections are good.
    HalfOpen,
}

impl Disturbance {
    pub(crate) fn draw(draw: &mut Draw) -> Self {
        let by = draw.between(Duration::from_millis(20), Duration::from_millis(700));
        let direction = draw.pick(&[None, Some(Toward::Server), Some(Toward::Client)]);
        draw.weighted(&[
            (4, Self::Cut),
            (4, Self::Silent(direction)),
            (3, Self::Delayed(by)),
            (2, Self::Trickle),
            (3, Self::HalfOpen),
        ])
    }

    /// What it is called in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Silent(_) => "silent",
            Self::Delayed(_) => "delayed",
            Self::Trickle => "1 byte a second",
            Self::HalfOpen => "half-open",
        }
    }
}

/// What happens to the connections that are open at a moment.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Break,
    ForgetServer,
}

/// A running proxy.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    mode: Arc<watch::Sender<Option<Disturbance>>>,
    blows: broadcast::Sender<Blow>,
    accepting: AbortHandle,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        let _nobody_may_listen = self.blows.send(Blow::Break);
    }
}

impl Proxy {
    /// Starts a proxy in front of servers that are tried in turns.
    pub(crate) async fn start(servers: Vec<SocketAddr>) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mode = Arc::new(watch::Sender::new(None));
        let (blows, _) = broadcast::channel(16);
        let (modes, heard) = (mode.clone(), blows.clone());
        let next = AtomicUsize::new(0);
        let accepting = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                };
                if *modes.borrow() == Some(Disturbance::Cut) {
                    connection::reset(&client);
                    continue;
                }
                let first = next.fetch_add(1, Ordering::Relaxed);
                let servers = in_turns(&servers, first);
                let (mode, blows) = (modes.subscribe(), heard.subscribe());
                tokio::spawn(async move {
                    match connect(&servers).await {
                        Some(server) => connection::carry(client, server, mode, blows).await,
                        None => connection::reset(&client),
                    }
                });
            }
        });
        Ok(Self { address, mode, blows, accepting: accepting.abort_handle() })
    }

    /// Where to connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Disturbs the link until it is healed.
    pub(crate) fn disturb(&self, how: Disturbance) {
        let blow = match how {
            Disturbance::Cut => Some(Blow::Break),
            Disturbance::HalfOpen => Some(Blow::ForgetServer),
            _ => None,
        };
        self.mode.send_replace(Some(how));
        if let Some(blow) = blow {
            let _nobody_may_listen = self.blows.send(blow);
        }
    }

    /// The link works again; connections that were half-open stay so.
    pub(crate) fn heal(&self) {
        self.mode.send_replace(None);
    }
}

fn in_turns(servers: &[SocketAddr], first: usize) -> Vec<SocketAddr> {
    let mut servers = servers.to_vec();
    let by = first % servers.len().max(1);
    servers.rotate_left(by);
    servers
}

async fn connect(servers: &[SocketAddr]) -> Option<TcpStream> {
    for server in servers {
        if let Ok(stream) = TcpStream::connect(server).await {
            return Some(stream);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A proxy before a server that sends everything back, and a connection through it.
    async fn through() -> (Proxy, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ended = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        let proxy = Proxy::start(vec![server]).await.unwrap();
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(answer(&mut stream).await, Some(7));
        (proxy, stream)
    }

    async fn answer(stream: &mut TcpStream) -> Option<u8> {
        stream.write_all(&[7]).await.ok()?;
        let read = tokio::time::timeout(Duration::from_millis(300), stream.read_u8());
        read.await.ok()?.ok()
    }

    #[tokio::test]
    async fn silence_ends_with_everything_that_was_said() {
        let (proxy, mut stream) = through().await;
        proxy.disturb(Disturbance::Silent(Some(Toward::Client)));
        assert_eq!(answer(&mut stream).await, None);
        proxy.heal();
        assert_eq!(stream.read_u8().await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_cut_breaks_what_is_open_and_refuses_what_comes() {
        let (proxy, mut stream) = through().await;
        proxy.disturb(Disturbance::Cut);
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or_default(), 0);
        let mut next = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(answer(&mut next).await, None);
    }

    #[tokio::test]
    async fn half_open_stays_dead_and_the_next_connection_is_good() {
        let (proxy, mut stream) = through().await;
        proxy.disturb(Disturbance::HalfOpen);
        proxy.heal();
        assert_eq!(answer(&mut stream).await, None);
        let mut next = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(answer(&mut next).await, Some(7));
    }
}
