//! One address for several servers: a connection goes to the next one that takes it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// A balancer, until it is dropped.
pub(super) struct Balancer {
    address: SocketAddr,
    _accepting: AbortOnDropHandle<()>,
}

impl Balancer {
    pub(super) async fn start(ports: Vec<u16>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let next = AtomicUsize::new(0);
        let accepting = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let first = next.fetch_add(1, Ordering::Relaxed);
                let ports = ports.clone();
                tokio::spawn(async move {
                    if let Some(mut server) = connect(&ports, first).await {
                        let _ended = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        Self { address, _accepting: AbortOnDropHandle::new(accepting) }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn connect(ports: &[u16], first: usize) -> Option<TcpStream> {
    for place in 0..ports.len() {
        let port = ports[(first + place) % ports.len()];
        if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
            return Some(server);
        }
    }
    None
}
