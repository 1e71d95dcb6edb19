//! A proxy of a few lines, which knows names that nobody else knows.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// What the proxy does with those who want a connection.
#[derive(Clone)]
pub(super) enum Manners {
    /// Opens one: to the same port of this machine, whatever the name.
    Opens,
    /// Opens one, always to this port of this machine.
    Leads(u16),
    /// Sends this instead.
    Says(&'static str),
}

pub(super) struct Proxy {
    pub(super) port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// With `wants`, only those are let through who send this as their name and password.
    pub(super) async fn start(manners: Manners, wants: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manners, noted) = (manners.clone(), Arc::clone(&noted));
                tokio::spawn(serve(stream, manners, wants, noted));
            }
        });
        Self { port, asked }
    }

    /// The hosts that were asked for, without their ports, each once.
    pub(super) fn hosts(&self) -> Vec<String> {
        let mut hosts = self.asked.lock().unwrap().clone();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }
}

async fn serve(mut client: TcpStream, manners: Manners, wants: Option<&'static str>, noted: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let Some((host, port)) = target.rsplit_once(':') else { return };
    noted.lock().unwrap().push(host.to_owned());
    let known = wants.is_none_or(|wants| head.to_lowercase().contains("proxy-authorization") && head.contains(wants));
    let to = match manners {
        _ if !known => None,
        Manners::Opens => port.parse().ok(),
        Manners::Leads(port) => Some(port),
        Manners::Says(_) => None,
    };
    if let Some(to) = to {
        let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
        return;
    }
    let says = match manners {
        Manners::Says(says) if known => says,
        _ => "407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"office\"",
    };
    let page = "<html><title>Office gateway</title></html>";
    let answer = format!("HTTP/1.1 {says}\r\ncontent-length: {}\r\n\r\n{page}", page.len());
    let _ = client.write_all(answer.as_bytes()).await;
}
