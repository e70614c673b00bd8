//! What an answer over HTTP means: a result, a failure that may pass, or one that will not.

use std::{io::ErrorKind, time::SystemTime};

use ureq::{Error, http::StatusCode};

use crate::engine::outbox::Reply;

/// Characters of an answer that are told when it is no good.
const QUOTED: usize = 200;

/// What an answer with this status means.
pub(super) fn of_status(status: StatusCode, body: String, after: Option<i64>) -> Reply {
    if status.is_success() {
        return Reply::Answered(body);
    }
    let reason = status.canonical_reason().map_or(String::new(), |reason| format!(" {reason}"));
    let quoted: String = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(QUOTED).collect();
    let quoted = if quoted.is_empty() { quoted } else { format!(": {quoted}") };
    let message = format!("{}{reason}{quoted}", status.as_u16());
    let may_pass = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
    Reply::Failed { message, may_pass, after: after.filter(|_| may_pass) }
}

/// What it means that there is no answer. No address is told: a secret may stand in it.
pub(super) fn of_error(error: &Error) -> Reply {
    let (message, may_pass) = match error {
        Error::Timeout(_) => ("no answer within the time limit".to_owned(), true),
        Error::HostNotFound => ("the host is not found".to_owned(), true),
        Error::ConnectionFailed => ("no connection".to_owned(), true),
        Error::Io(error) if error.kind() == ErrorKind::InvalidData => (format!("no safe connection: {error}"), false),
        Error::Io(error) => (format!("the connection failed: {error}"), true),
        Error::Protocol(_) => ("the other side does not speak HTTP".to_owned(), true),
        Error::Rustls(error) => (format!("no safe connection: {error}"), false),
        Error::Tls(problem) => (format!("no safe connection: {problem}"), false),
        Error::BodyExceedsLimit(max) => (format!("the answer is longer than {max} bytes"), false),
        Error::BadUri(_) | Error::Http(_) => {
            ("what is asked makes no request: see the address and the headers".to_owned(), false)
        }
        _ => ("the call failed".to_owned(), false),
    };
    Reply::Failed { message, may_pass, after: None }
}

/// What `Retry-After` asks for, in microseconds: a number of seconds, or a moment.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<i64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<i64>() {
        return (seconds >= 0).then(|| seconds.saturating_mul(1_000_000));
    }
    let moment = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let now = jiff::Timestamp::try_from(now).ok()?;
    Some(moment.as_microsecond().saturating_sub(now.as_microsecond()).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_pass(status: u16) -> bool {
        match of_status(StatusCode::from_u16(status).unwrap(), String::new(), Some(7)) {
            Reply::Failed { may_pass, after, .. } => {
                assert_eq!(after, may_pass.then_some(7));
                may_pass
            }
            Reply::Answered(_) => panic!("{status} is no result"),
        }
    }

    #[test]
    fn what_may_pass_is_what_the_other_side_cannot_do_now() {
        assert!([408, 429, 500, 502, 503, 504].into_iter().all(may_pass));
        assert!(![301, 304, 400, 401, 403, 404, 409, 422].into_iter().any(may_pass));
        assert_eq!(of_status(StatusCode::CREATED, "{}".to_owned(), None), Reply::Answered("{}".to_owned()));
    }

    #[test]
    fn a_failure_is_quoted_on_one_line() {
        let Reply::Failed { message, .. } = of_status(StatusCode::NOT_FOUND, "no\n  such".to_owned(), None) else {
            panic!()
        };
        assert_eq!(message, "404 Not Found: no such");
    }

    #[test]
    fn retry_after_is_a_time_or_a_moment() {
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_767_603_600);
        assert_eq!(retry_after("120", now), Some(120_000_000));
        assert_eq!(retry_after("Mon, 05 Jan 2026 09:00:30 GMT", now), Some(30_000_000));
        assert_eq!(retry_after("Mon, 05 Jan 2026 08:00:00 GMT", now), Some(0));
        assert_eq!([retry_after("-1", now), retry_after("soon", now)], [None, None]);
    }
}
