//! Mails of a real store: into a folder, to a server, and what is told of one that failed.

use super::{Call, fine};
use crate::mail::server::TestServer;

const PROJECT: &str = r#"
entity Deal { title: text(100) email: text? }
email Told(deal: Deal) { subject "About {deal.title}" body "See {url(deal)}" }
workflow Tell for deal: Deal when created {
    let mail = send email Told(deal) to deal
    wait until mail.status == sent
}
"#;

fn deployed() -> Call {
    let call = Call::new().file("p.proc", PROJECT);
    fine(&call, &["deploy", "p.proc", "--activate", "--store", "s.db"]);
    call
}

fn tell(call: &Call, address: &str) -> String {
    let email = format!("email={address}");
    fine(call, &["record", "create", "Deal", "title=Wheels", &email, "--store", "s.db"]);
    fine(call, &["worker", "--until-idle", "--store", "s.db"]).err
}

#[test]
fn without_a_server_mails_are_files_beside_the_store() {
    let call = deployed();
    fine(&call, &["settings", "url.base=https://crm.example.com/", "--store", "s.db"]);
    let told = tell(&call, "ann@example.com");
    assert!(told.contains("mails go into `s.db.mail`"), "{told}");
    let files: Vec<_> = std::fs::read_dir(call.path("s.db.mail")).unwrap().map(|file| file.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    let mail = std::fs::read_to_string(file).unwrap();
    assert!(mail.contains("To: ann@example.com\r\n") && mail.contains("Subject: About Wheels\r\n"), "{mail}");
    let found = fine(&call, &["record", "find", "Email", "--json", "--store", "s.db"]).out;
    assert!(found.contains("sent") && found.contains("https://crm.example.com/deal/"), "{found}");
}

#[test]
fn a_server_gets_mails_and_what_it_refuses_is_told() {
    let (call, server) = (deployed(), TestServer::begin(None));
    let setting = format!("mail.server=smtp+plain://127.0.0.1:{}", server.port);
    fine(&call, &["settings", &setting, "mail.sender=office@example.com", "--store", "s.db"]);
    tell(&call, "ann@example.com");
    tell(&call, "refused@example.com");
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].from.as_str(), mails[0].to.join(" ").as_str()), ("office@example.com", "ann@example.com"));
    let doctor = call.run(&["doctor", "--store", "s.db"]);
    assert_eq!(doctor.code, 1);
    assert!(
        doctor.out.contains("\"About Wheels\" could not be sent") && doctor.out.contains("no such user"),
        "{doctor:?}"
    );
    let waiting = fine(&call, &["list", "Tell", "--json", "--store", "s.db"]).out;
    let waiting: serde_json::Value = serde_json::from_str(&waiting).unwrap();
    let id = waiting["instances"][0]["id"].to_string();
    let why = fine(&call, &["why", &id, "--store", "s.db"]).out;
    assert!(why.contains("could not be sent") && why.contains("no such user"), "{why}");
    let log = fine(&call, &["log", "--store", "s.db"]).out;
    assert!(log.contains("pending_send → failed") || log.contains("Pending send → Failed"), "{log}");
}

#[test]
fn settings_of_mails_are_checked() {
    let call = deployed();
    for wrong in ["mail.server=mail.example.com", "mail.sender=office", "url.base=crm.example.com", "mail.user=a b"] {
        let outcome = call.run(&["settings", wrong, "--store", "s.db"]);
        assert_eq!(outcome.code, 1, "{wrong}: {outcome:?}");
    }
    fine(&call, &["settings", "mail.server=smtp+plain://127.0.0.1:9", "mail.user=sales", "--store", "s.db"]);
    let outcome = call.run(&["worker", "--until-idle", "--store", "s.db"]);
    assert!(outcome.code == 3 && outcome.err.contains("ABIDE_MAIL_PASSWORD"), "{outcome:?}");
    fine(&call, &["settings", "--unset", "mail.server", "--unset", "mail.user", "--store", "s.db"]);
    fine(&call, &["worker", "--until-idle", "--store", "s.db"]);
}
