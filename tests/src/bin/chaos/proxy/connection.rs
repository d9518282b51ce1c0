//! One connection through a proxy.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{broadcast, watch},
};

use super::{Blow, Disturbance, Toward};

type Mode = watch::Receiver<Option<Disturbance>>;

/// Bytes read at once.
const CHUNK: usize = 16 * 1024;

/// Carries bytes both ways until both sides have ended or the connection is struck.
pub(super) async fn carry(
    client: TcpStream,
    server: TcpStream,
    mode: Mode,
    mut blows: broadcast::Receiver<Blow>,
) {
    let _slower_without = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let struck = {
        let there = pump(&mut from_client, &mut to_server, Toward::Server, mode.clone());
        let back = pump(&mut from_server, &mut to_client, Toward::Client, mode);
        let both = async { tokio::try_join!(there, back) };
        tokio::select! {
            _ended = both => None,
            blow = blows.recv() => blow.ok(),
        }
    };
    match struck {
        None => {}
        Some(Blow::Break) => {
            reset(from_client.as_ref());
            reset(from_server.as_ref());
        }
        Some(Blow::ForgetServer) => {
            drop((from_server, to_server));
            let mut unread = vec![0; CHUNK];
            while matches!(from_client.read(&mut unread).await, Ok(1..)) {}
        }
    }
}

/// Ends a connection by a reset when it is dropped.
pub(super) fn reset(stream: &TcpStream) {
    let _orderly_otherwise = stream.set_zero_linger();
}

async fn pump(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    toward: Toward,
    mut mode: Mode,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        let mut left = &chunk[..read];
        while !left.is_empty() {
            let now = *mode.borrow_and_update();
            match now {
                Some(Disturbance::Silent(only)) if only.is_none_or(|only| only == toward) => {
                    // An error means that the proxy is gone.
                    mode.changed().await.map_err(io::Error::other)?;
                }
                Some(Disturbance::Trickle) => {
                    to.write_all(&left[..1]).await?;
                    left = &left[1..];
                    let second = Duration::from_secs(1);
                    let _sooner = tokio::time::timeout(second, mode.changed()).await;
                }
                other => {
                    if let Some(Disturbance::Delayed(by)) = other {
                        tokio::time::sleep(by).await;
                    }
                    to.write_all(left).await?;
                    left = &[];
                }
            }
        }
    }
}
