use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::test::TestRequest;
use actix_web::{App, web};
use socket2::{Domain, Type};

use super::*;

const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

fn call(lines: &Lines, from: Option<IpAddr>) -> Option<Line> {
    lines.take(from, A, Socket::new(Domain::IPV4, Type::STREAM, None).unwrap()).ok()
}

#[test]
fn no_client_takes_the_lines_of_all_and_a_line_is_free_again_once_it_ends() {
    let lines = Lines::new(Most { in_all: 3, per_client: 2 });
    let (first, second) = (call(&lines, Some(A)), call(&lines, Some(A)));
    assert!(first.is_some() && second.is_some() && call(&lines, Some(A)).is_none());
    let other = call(&lines, Some(B));
    assert!(other.is_some() && call(&lines, Some(B)).is_none(), "three in all");
    drop(first);
    assert!(call(&lines, Some(A)).is_some());
    drop((second, other));
    assert_eq!((lines.open(), lines.lock().from.len()), (0, 0));
}

#[test]
fn a_proxy_has_as_many_as_there_are() {
    let lines = Lines::new(Most { in_all: 3, per_client: 1 });
    let taken: Vec<_> = (0..4).map(|_| call(&lines, None)).collect();
    assert_eq!(taken.iter().flatten().count(), 3);
}

#[test]
fn a_line_is_idle_but_while_an_answer_is_under_way() {
    let lines = Lines::new(Most { in_all: 1, per_client: 1 });
    let line = call(&lines, Some(A)).unwrap();
    let is_idle = || lines.lock().open[&line.number].idle_since.is_some();
    assert!(is_idle());
    let body = Tended { body: BoxBody::new("answer"), _busy: Some(line.busy()) };
    assert!(!is_idle());
    drop(body);
    assert!(is_idle());
}

#[tokio::test(start_paused = true)]
async fn a_line_on_which_nothing_is_under_way_is_hung_up_and_a_busy_one_never() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let connect = || std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let lines = Lines::new(Most { in_all: 2, per_client: 2 });
    let (ours, theirs): (Vec<_>, Vec<_>) = (0..2).map(|_| (connect(), listener.accept().unwrap().0)).unzip();
    let taken: Vec<Line> =
        theirs.iter().map(|stream| lines.take(None, A, stream.try_clone().unwrap().into()).unwrap()).collect();
    let busy = taken[1].busy();
    let keeping = tokio::spawn(lines.clone().keep());
    tokio::time::sleep(IDLE_MAX + 2 * LOOK_EVERY).await;
    let ended = |mut stream: &std::net::TcpStream| {
        stream.set_nonblocking(true).unwrap();
        stream.read(&mut [0]).ok()
    };
    assert_eq!((ended(&ours[0]), ended(&ours[1])), (Some(0), None));
    drop(busy);
    tokio::time::sleep(IDLE_MAX + 2 * LOOK_EVERY).await;
    assert_eq!(ended(&ours[1]), Some(0));
    keeping.abort();
}

#[test]
fn descriptors_are_kept_for_what_is_no_connection() {
    let limits = LimitsConfig::default();
    assert_eq!(Most::of(&limits, 1024, 2), Most { in_all: 256, per_client: 128 });
    assert_eq!(Most::of(&limits, 512, 2), Most { in_all: 85, per_client: 42 });
    assert_eq!(Most::of(&limits, 64, 2).in_all, CONNECTIONS_LEAST);
}

#[test]
fn two_clients_together_leave_most_of_the_lines_to_others() {
    let limits = LimitsConfig::default();
    assert_eq!(Most::of(&limits, 1 << 20, 2), Most { in_all: 1024, per_client: 128 });
    let many = LimitsConfig { sockets: 1000, ..limits.clone() };
    assert_eq!(Most::of(&many, 1 << 20, 2), Most { in_all: 2000, per_client: 128 });
    let few = LimitsConfig { sockets: 10, ..limits };
    assert_eq!(Most::of(&few, 1 << 20, 2), Most { in_all: 592, per_client: 74 });
}

#[actix_rt::test]
async fn what_came_on_a_line_that_was_hung_up_is_not_done() {
    let is_done = Arc::new(AtomicBool::new(false));
    let deed = Arc::clone(&is_done);
    let handler = move || {
        deed.store(true, Ordering::Relaxed);
        std::future::ready(HttpResponse::Ok().finish())
    };
    let app = App::new().wrap(from_fn(tend)).default_service(web::to(handler));
    let app = actix_web::test::init_service(app).await;
    let answer = actix_web::test::call_service(&app, TestRequest::post().to_request()).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!is_done.load(Ordering::Relaxed));
}
