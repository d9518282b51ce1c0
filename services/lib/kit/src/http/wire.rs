//! The bytes below a connection, watched for two things that the HTTP library does not tell: a head
//! that names two lengths, and a head that does not end.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::HEADER_BYTES_MAX;

/// What a client is told whose head did not end in time.
const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 46\r\n\r\n\
    The headers did not arrive within 10 seconds.\n";

/// A connection as the HTTP library reads and writes it.
#[derive(Debug)]
pub(super) struct Wire {
    read: OwnedReadHalf,
    write: Arc<Mutex<OwnedWriteHalf>>,
    head: Head,
}

/// What was read since the last answer, as far as it is the head of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Head(Arc<Mutex<Read>>);

#[derive(Debug, Default)]
struct Read {
    bytes: Vec<u8>,
    /// Whether the empty line after the head was read.
    ended: bool,
}

/// Says the last word on a connection that the HTTP library has given up.
#[derive(Debug)]
pub(super) struct LastWord {
    write: Arc<Mutex<OwnedWriteHalf>>,
    head: Head,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> (Self, Head, LastWord) {
        let (read, write) = stream.into_split();
        let (write, head) = (Arc::new(Mutex::new(write)), Head::default());
        let last_word = LastWord { write: write.clone(), head: head.clone() };
        (Self { read, write, head: head.clone() }, head, last_word)
    }

    fn writing<T>(
        &self,
        write: impl FnOnce(Pin<&mut OwnedWriteHalf>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        write(Pin::new(&mut *locked(&self.write)))
    }

    /// After an answer comes the next head.
    fn answered(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(_))) {
            *locked(&self.head.0) = Read::default();
        }
        written
    }
}

impl Head {
    /// Whether it names a length and a coding: two servers in a row may then disagree about where
    /// the request ends, and what one takes for its body is a request to the other.
    pub(super) fn is_ambiguous(&self) -> bool {
        let read = locked(&self.0);
        let head = read.bytes.split(|byte| *byte == b'\n').skip_while(|line| is_empty(line));
        let names = head
            .take_while(|line| !is_empty(line))
            .filter_map(|line| line.split(|byte| *byte == b':').next().map(<[u8]>::trim_ascii));
        let (mut length, mut coding) = (false, false);
        for name in names {
            length |= name.eq_ignore_ascii_case(b"content-length");
            coding |= name.eq_ignore_ascii_case(b"transfer-encoding");
        }
        length && coding
    }

    fn add(&self, new: &[u8]) {
        let mut read = locked(&self.0);
        let room = HEADER_BYTES_MAX.saturating_sub(read.bytes.len());
        if read.ended || new.is_empty() {
            return;
        }
        // The end may have begun with what was there before.
        let from = read.bytes.len().saturating_sub(2);
        read.bytes.extend_from_slice(&new[..new.len().min(room)]);
        let tail = &read.bytes[from..];
        read.ended =
            tail.windows(2).any(|it| it == b"\n\n") || tail.windows(3).any(|it| it == b"\n\r\n");
    }
}

impl LastWord {
    /// Tells a client whose head did not end; one that has sent nothing is owed nothing.
    pub(super) fn too_slow(self) {
        let read = locked(&self.head.0);
        if !read.bytes.is_empty() && !read.ended {
            // Nobody may be listening any more.
            let _best_effort = locked(&self.write).try_write(TOO_SLOW);
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.read).poll_read(cx, buffer);
        self.head.add(&buffer.filled()[before..]);
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.answered(self.writing(|write| write.poll_write(cx, bytes)))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.answered(self.writing(|write| write.poll_write_vectored(cx, slices)))
    }

    fn is_write_vectored(&self) -> bool {
        locked(&self.write).is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing(|write| write.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing(|write| write.poll_shutdown(cx))
    }
}

fn is_empty(line: &[u8]) -> bool {
    matches!(line, b"" | b"\r")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(parts: &[&str]) -> Head {
        let head = Head::default();
        parts.iter().for_each(|part| head.add(part.as_bytes()));
        head
    }

    #[test]
    fn two_lengths_are_seen_however_they_are_written() {
        let twice = "POST / HTTP/1.1\r\nContent-Length: 5\r\ntransfer-ENCODING: chunked\r\n\r\n";
        assert!(head(&[twice]).is_ambiguous());
        assert!(head(&["\r\n", twice]).is_ambiguous());
        assert!(head(&[&twice.replace('\r', "")]).is_ambiguous());
        let once = twice.replace("Content-Length", "X-Content-Length");
        assert!(!head(&[&once]).is_ambiguous());
        assert!(!head(&[&format!("{once}content-length: 5\r\n")]).is_ambiguous(), "in the body");
    }

    #[test]
    fn the_end_is_seen_in_whatever_pieces_it_comes() {
        for parts in [&["GET / HTTP/1.1\r\n\r\n"][..], &["GET /", "\r\n", "\r", "\n"], &["a\n\n"]] {
            assert!(locked(&head(parts).0).ended, "{parts:?}");
        }
        assert!(!locked(&head(&["GET / HTTP/1.1\r\nhost: x\r\n"]).0).ended);
    }

    #[test]
    fn what_the_client_is_told_has_the_length_that_it_names() {
        let text = String::from_utf8_lossy(TOO_SLOW);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
