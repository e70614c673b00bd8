//! Calls over HTTP to a real server on this machine.

use std::{
    sync::atomic::AtomicBool,
    time::{Duration, Instant},
};

use abide::{
    engine::{
        Engine, Settings,
        clock::SystemClock,
        jobs::Ticket,
        outbox::{Courier, Piece, Reply, Request},
        store::{Status, sqlite::SqliteStore},
    },
    outside::{Secrets, http::HttpCourier},
};
use tempfile::TempDir;

use super::{
    server::{Asked, CERTIFICATE, Given, Server, closed_port},
    world::{World, compile, text},
};

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.add_lines("key = k-123").unwrap();
    secrets
}

fn courier() -> HttpCourier {
    HttpCourier::new(8, secrets(), Some(CERTIFICATE.as_bytes())).unwrap()
}

fn request(method: &str, url: &str) -> Request {
    Request {
        method: method.to_owned(),
        url: vec![Piece::Text(url.to_owned())],
        host: "localhost".to_owned(),
        headers: vec![(
            "Authorization".to_owned(),
            vec![Piece::Text("Bearer ".to_owned()), Piece::Secret("key".to_owned())],
        )],
        body: (method == "post").then(|| "{\"a\":1}".to_owned()),
        key: "0-1".to_owned(),
        timeout: 2_000_000,
    }
}

fn reply(courier: &mut HttpCourier, request: Request) -> Reply {
    courier.send(Ticket { instance: 1, tries: 1 }, request);
    let mut replies = courier.collect(Duration::from_secs(20));
    let [(ticket, reply)] = std::mem::take(&mut replies).try_into().unwrap();
    assert_eq!((ticket, courier.under_way()), (Ticket { instance: 1, tries: 1 }, 0));
    reply
}

#[test]
fn a_request_is_what_was_declared() {
    let server = Server::new(|_| Given::of(200, "{\"b\": 2}"));
    let url = format!("http://127.0.0.1:{}/a?b=c", server.port);
    assert_eq!(reply(&mut courier(), request("post", &url)), Reply::Answered("{\"b\": 2}".to_owned()));
    assert_eq!(reply(&mut courier(), request("delete", &url)), Reply::Answered("{\"b\": 2}".to_owned()));
    let asked = server.asked();
    let [post, delete] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((post.line.as_str(), post.body.as_str()), ("POST /a?b=c HTTP/1.1", "{\"a\":1}"));
    assert_eq!(post.header("Authorization"), Some("Bearer k-123"));
    assert_eq!(post.header("Idempotency-Key"), Some("0-1"));
    assert_eq!(post.header("Content-Type"), Some("application/json"));
    assert_eq!((delete.line.as_str(), delete.body.as_str()), ("DELETE /a?b=c HTTP/1.1", ""));
}

#[test]
fn failures_say_what_happened_and_whether_it_may_pass() {
    let server = Server::new(|asked| match asked.line.split(' ').nth(1).unwrap() {
        "/busy" => Given { headers: vec![("Retry-After".to_owned(), "7".to_owned())], ..Given::of(429, "not now") },
        "/moved" => Given { headers: vec![("Location".to_owned(), "/busy".to_owned())], ..Given::of(302, "") },
        "/wrong" => Given::of(401, "k-123 is no key"),
        "/slow" => Given { after: Duration::from_secs(5), ..Given::of(200, "{}") },
        "/long" => Given::of(200, &"x".repeat(5 << 20)),
        _ => Given { hangs_up: true, ..Given::default() },
    });
    let mut told = String::new();
    let mut courier = courier();
    for path in ["/busy", "/moved", "/wrong", "/slow", "/long", "/gone"] {
        let mut request = request("post", &format!("http://127.0.0.1:{}{path}", server.port));
        request.timeout = 700_000;
        told.push_str(&format!("{path}: {:?}\n", reply(&mut courier, request)));
    }
    let mut nobody = request("post", &format!("http://127.0.0.1:{}/", closed_port()));
    nobody.timeout = 700_000;
    told.push_str(&format!("nobody: {:?}\n", reply(&mut courier, nobody)));
    let mut unknown = request("get", "http://127.0.0.1/");
    unknown.url = vec![Piece::Secret("other".to_owned())];
    told.push_str(&format!("no secret: {:?}\n", reply(&mut courier, unknown)));
    told.push_str(&format!("no address: {:?}\n", reply(&mut courier, request("get", "no address"))));
    let mut broken = request("get", &format!("http://127.0.0.1:{}/", server.port));
    broken.headers = vec![("A".to_owned(), vec![Piece::Text("b\r\nC: d".to_owned())])];
    told.push_str(&format!("no header: {:?}\n", reply(&mut courier, broken)));
    insta::assert_snapshot!(told);
}

#[test]
fn a_safe_connection_needs_a_certificate_that_is_trusted() {
    let server = Server::with_tls(|_| Given::of(200, "{}"));
    let url = format!("https://localhost:{}/", server.port);
    assert_eq!(reply(&mut courier(), request("get", &url)), Reply::Answered("{}".to_owned()));
    let mut others = HttpCourier::new(1, secrets(), None).unwrap();
    let Reply::Failed { message, may_pass, .. } = reply(&mut others, request("get", &url)) else { panic!() };
    assert!(message.starts_with("no safe connection") && !may_pass, "{message}");
    assert!(HttpCourier::new(1, secrets(), Some(b"no certificate")).is_err());
}

const SOURCE: &str = r#"
config rates: text = ""
activity Rate(n: int) -> (points: int)
    using http post "{config.rates}/rate" timeout 5 seconds retry 3 times after 1 second
workflow Judge(n: int) -> int when on demand {
    let rate = do Rate(n)
    return rate.points
}
"#;

fn double(asked: &Asked) -> Given {
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    Given::of(200, &serde_json::json!({"points": 2 * body["n"].as_i64().unwrap()}).to_string())
}

/// An engine in real time that makes such calls.
fn engine(folder: &TempDir, port: u16) -> Engine {
    let store = Box::new(SqliteStore::open(&folder.path().join("store.db")).unwrap());
    let settings = Settings { clock: Box::new(SystemClock), seed: 1, build: "test".to_owned() };
    let mut engine = Engine::open(store, compile(SOURCE), settings).unwrap();
    engine.configure("rates", text(&format!("http://127.0.0.1:{port}"))).unwrap();
    engine.send_with(Box::new(HttpCourier::new(64, Secrets::default(), None).unwrap()));
    engine
}

#[test]
fn a_worker_makes_many_calls_at_once_and_records_each_answer_once() {
    const CALLS: i64 = 400;
    let server = Server::new(|asked| Given { after: Duration::from_millis(20), ..double(asked) });
    let folder = TempDir::new().unwrap();
    let mut engine = engine(&folder, server.port);
    for n in 0..CALLS {
        engine.start(None, "Judge", &[abide::base::value::Value::Int(n)]).unwrap();
    }
    let began = Instant::now();
    engine.work(&AtomicBool::new(false), true).unwrap();
    assert!(began.elapsed() < Duration::from_secs(6), "one by one they take 8 seconds: {:?}", began.elapsed());
    let mut world = World::of(engine);
    assert!(world.statuses("Judge").iter().all(|status| *status == Status::Succeeded));
    for (n, id) in (0..CALLS).zip(world.instances("Judge")) {
        let result = world.engine.store().instance(id).unwrap().unwrap().result;
        assert_eq!(result, Some(abide::base::value::Value::Int(2 * n)));
    }
    let mut keys: Vec<_> =
        server.asked().iter().map(|asked| asked.header("Idempotency-Key").unwrap().to_owned()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 400);
}
