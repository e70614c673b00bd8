//! Mails as they leave: their bytes, files in a folder, and a real server.

pub(crate) mod server;

use abide::{
    engine::post::{Enclosure, Letter, MailError, Mailer, Protection, Server},
    mail::{compose, folder::Folder, smtp::Smtp},
};

use server::TestServer;

fn letter() -> Letter {
    Letter {
        id: 7,
        message_id: "<7.1@abide>".to_owned(),
        at: 1_767_603_600_000_000,
        from: "desk@example.com".to_owned(),
        to: vec!["ann@example.com".to_owned(), "bo@example.com".to_owned()],
        cc: vec!["cy@example.com".to_owned()],
        bcc: vec!["hidden@example.com".to_owned()],
        subject: "Grüße über ein Angebot, das länger ist, als eine Zeile fassen kann".to_owned(),
        body: "Hello,\n.\nä\n".to_owned(),
        is_html: false,
        enclosures: Vec::new(),
    }
}

fn on(server: &TestServer) -> Server {
    Server { host: "127.0.0.1".to_owned(), port: server.port, protection: Protection::None }
}

#[test]
fn a_mail_reads_as_readers_of_mail_expect() {
    let enclosure = |name: &str, media_type: &str, content: &str, is_base64| Enclosure {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        content: content.to_owned(),
        is_base64,
    };
    let enclosures = vec![
        enclosure("Blatt ä.txt", "text/plain", "1 turbine", false),
        enclosure("dot.png", "image/png", "aGVs\nbG8=", true),
    ];
    let bytes = compose(&Letter { enclosures, ..letter() });
    assert!(bytes.is_ascii() && !String::from_utf8_lossy(&bytes).contains("hidden"));
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap().replace("\r\n", "\n"));
}

#[test]
fn a_second_copy_takes_the_place_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut mailer = Folder::beside(&folder.path().join("sales.db"));
    mailer.send(&letter()).unwrap();
    mailer.send(&letter()).unwrap();
    let files: Vec<_> = std::fs::read_dir(mailer.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["7.eml"]);
    assert_eq!(std::fs::read(mailer.path().join("7.eml")).unwrap(), compose(&letter()));
}

#[test]
fn a_server_gets_the_mail_and_everybody_who_shall_have_it() {
    let server = TestServer::begin(None);
    let mut mailer = Smtp::new(&on(&server), None).unwrap();
    mailer.send(&letter()).unwrap();
    mailer.send(&Letter { id: 8, ..letter() }).unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].from, "desk@example.com");
    assert_eq!(mails[0].to, ["ann@example.com", "bo@example.com", "cy@example.com", "hidden@example.com"]);
    assert_eq!(mails[0].data, String::from_utf8(compose(&letter())).unwrap());
}

#[test]
fn what_is_refused_for_good_is_told_from_what_may_pass() {
    let server = TestServer::begin(None);
    let mut mailer = Smtp::new(&on(&server), None).unwrap();
    let to = |address: &str| Letter { to: vec![address.to_owned()], ..letter() };
    let refused = mailer.send(&to("refused@example.com"));
    assert!(matches!(&refused, Err(MailError::Refused(why)) if why.contains("no such user")), "{refused:?}");
    let later = mailer.send(&to("later@example.com"));
    assert!(matches!(&later, Err(MailError::Passing(why)) if why.contains("try again")), "{later:?}");
    let mut nobody = Smtp::new(&Server { port: 1, ..on(&server) }, None).unwrap();
    assert!(matches!(nobody.send(&letter()), Err(MailError::Passing(_))));
    assert!(server.mails().is_empty());
}

#[test]
fn a_server_that_asks_for_a_password_gets_it() {
    let server = TestServer::begin(Some(("sales", "geheim")));
    let login = |password: &str| Some(("sales".to_owned(), password.to_owned()));
    let wrong = Smtp::new(&on(&server), login("falsch")).unwrap().send(&letter());
    assert!(matches!(wrong, Err(MailError::Passing(_))), "somebody can mend it: {wrong:?}");
    Smtp::new(&on(&server), login("geheim")).unwrap().send(&letter()).unwrap();
    assert_eq!(server.mails().len(), 1);
}

#[test]
fn nothing_is_sent_unprotected_where_protection_is_asked_for() {
    let server = TestServer::begin(None);
    let protected = Server { protection: Protection::StartTls, ..on(&server) };
    let answer = Smtp::new(&protected, None).unwrap().send(&letter());
    assert!(matches!(answer, Err(MailError::Passing(_))), "{answer:?}");
    assert!(server.mails().is_empty());
}

#[test]
fn servers_are_named_by_their_address() {
    let parsed = |text| Server::parse(text).map(|server| (server.host, server.port, server.protection));
    assert_eq!(parsed("smtp://mail.example.com"), Some(("mail.example.com".to_owned(), 587, Protection::StartTls)));
    assert_eq!(parsed("smtps://mail.example.com"), Some(("mail.example.com".to_owned(), 465, Protection::Tls)));
    assert_eq!(parsed("smtp+plain://127.0.0.1:2525"), Some(("127.0.0.1".to_owned(), 2525, Protection::None)));
    for wrong in ["", "mail.example.com", "http://x", "smtp://", "smtp://a:b", "smtp://a b", "smtp://u@host"] {
        assert_eq!(parsed(wrong), None, "{wrong}");
    }
}
