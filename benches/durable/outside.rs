//! What is done outside: calls over HTTP, each recorded once, and a plug-in within a transaction.

use std::{
    io::{BufRead, BufReader, Read, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use abide::{
    base::value::Value,
    engine::{
        Engine, Settings, Write,
        clock::SystemClock,
        store::{InstanceFilter, Status, memory::MemoryStore, sqlite::SqliteStore},
    },
    outside::{Secrets, http::HttpCourier},
    pipeline,
};
use tempfile::TempDir;

use super::world::peak;

const CALLS: u64 = 20_000;

fn engine(source: &str, store: Box<dyn abide::engine::store::Store>) -> Engine {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("p.proc");
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/shop/plugins");
    std::fs::copy(plugins.join("check_digit.wasm"), folder.path().join("check_digit.wasm")).expect("a plug-in");
    std::fs::write(&path, source).expect("a source");
    let program = pipeline::compile_path(&path).unwrap_or_else(|error| panic!("{error}"));
    let settings = Settings::of(&program, Box::new(SystemClock), 1);
    Engine::open(store, program, settings).expect("an engine")
}

/// A server that doubles numbers; gives its port.
fn server(served: &Arc<AtomicU64>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let served = Arc::clone(served);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let served = Arc::clone(&served);
            thread::spawn(move || serve(stream, &served));
        }
    });
    port
}

fn serve(stream: TcpStream, served: &AtomicU64) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(stream);
    loop {
        let (mut length, mut line) = (0, String::new());
        loop {
            line.clear();
            stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        let body: serde_json::Value = serde_json::from_slice(&body).ok()?;
        let answer = format!("{{\"points\":{}}}", 2 * body["n"].as_i64()?);
        served.fetch_add(1, Ordering::Relaxed);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        stream.get_mut().write_all(head.as_bytes()).ok()?;
    }
}

/// Calls over HTTP to a server on this machine, 64 in flight, from their start to their recorded answers.
pub(crate) fn calls(scale: u64) {
    let served = Arc::new(AtomicU64::new(0));
    let port = server(&served);
    let source = format!(
        "activity Rate(n: int) -> (points: int) using http post \"http://127.0.0.1:{port}/rate\" timeout 10 seconds\n\
         workflow Judge(n: int) -> int when on demand {{ let rate = do Rate(n) return rate.points }}"
    );
    let folder = TempDir::new().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("store.db")).expect("a store");
    let mut engine = engine(&source, Box::new(store));
    engine.send_with(Box::new(HttpCourier::new(64, Secrets::default(), None).expect("a courier")));
    let calls = CALLS / scale;
    let all: Vec<Vec<Value>> = (0..calls as i64).map(|n| vec![Value::Int(n)]).collect();
    for some in all.chunks(1_000) {
        engine.start_each(None, "Judge", some).expect("starts");
    }
    let began = Instant::now();
    engine.work(&AtomicBool::new(false), true).expect("work");
    let took = began.elapsed().as_secs_f64();
    let filter = InstanceFilter { process: Some("Judge".to_owned()), ..InstanceFilter::default() };
    let ended = engine.store().instances(&filter).expect("instances");
    let right = ended
        .iter()
        .zip(0..)
        .filter(|(judge, n)| judge.status == Status::Succeeded && judge.result == Some(Value::Int(2 * *n)));
    assert_eq!((right.count() as u64, served.load(Ordering::Relaxed)), (calls, calls));
    println!("calls over HTTP to a server on this machine, 64 in flight, each answer recorded once");
    println!("  {calls} calls: {:.0}/s; peak memory {:.0} MiB, with the server", calls as f64 / took, peak());
}

/// A plug-in that is called by a real-time process, beside the same process without it; the store is in memory.
pub(crate) fn plugin(scale: u64) {
    let rounds = 20_000 / scale;
    let measured = |body: &str| {
        let source = format!(
            "activity CheckDigit(number: text) -> int using wasm \"check_digit.wasm\" timeout 1 second\n\
             entity Card {{ number: text  digit: int = 0 }}\n\
             realtime workflow Check for card: Card before updated(number) {{ {body} }}"
        );
        let mut engine = engine(&source, Box::new(MemoryStore::new()));
        let (entity, def) = engine.module().entity_by_name("Card").expect("an entity");
        let number = def.field_by_name("number").expect("a field").0;
        let write = |n: u64| [Write::set(number, Value::Text(format!("4539 1488 0343 {n:04}")))];
        let card = engine.create(None, entity, &write(0)).expect("a card");
        let mut times = Vec::with_capacity(rounds as usize);
        for n in 0..rounds {
            let began = Instant::now();
            engine.update(None, card, &write(n % 10_000)).expect("an update");
            times.push(began.elapsed());
        }
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e6
    };
    let bare = measured("set card.digit = 1");
    let asked = measured("let digit = do CheckDigit(card.number) set card.digit = digit");
    println!("a plug-in called by a real-time process, p50 of an update in memory");
    println!("  {asked:.1} µs with the call, {bare:.1} µs without: {:.1} µs a call", asked - bare);
}
