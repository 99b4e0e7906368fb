// Threads, a channel, a server and its client, a trait object, a panic that is caught.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

trait Job {
    fn run(&self) -> u32;
}
struct Own;
impl Job for Own {
    fn run(&self) -> u32 {
        std::process::id()
    }
}

fn main() {
    let (to, from) = mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        let mut text = [0; 2];
        peer.read_exact(&mut text).unwrap();
        to.send(text).unwrap();
    });
    TcpStream::connect(address).unwrap().write_all(b"hi").unwrap();
    let text = from.recv_timeout(Duration::from_secs(10)).unwrap();
    server.join().unwrap();
    let jobs: Vec<Box<dyn Job + Send>> = vec![Box::new(Own)];
    let failed = thread::spawn(|| panic!("on purpose")).join().is_err();
    println!("{:?} {} {}", text, jobs[0].run() > 0, failed);
}
