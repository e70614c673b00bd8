//! `abide worker`: runs the processes of a store until it is stopped.

#[cfg(feature = "http")]
use std::fs;
use std::path::Path;

use crate::bytecode::host::HostOp;
use crate::cli::args::WorkerArgs;
use crate::cli::exit::Exit;
use crate::cli::term::Term;
use crate::cli::{stop, store};
use crate::engine::Engine;
use crate::engine::post::{Mailer, Server};
use crate::engine::texts::StoreText;
use crate::mail::folder::Folder;
#[cfg(feature = "http")]
use crate::outside::{Secrets, http::HttpCourier};

pub(in crate::cli) fn run(args: &WorkerArgs, term: &Term) -> Exit {
    work(args, term).unwrap_or_else(|exit| exit)
}

fn work(args: &WorkerArgs, term: &Term) -> Result<Exit, Exit> {
    let stop = stop::on_signals(term)?;
    let path = &args.store.store;
    let mut engine = store::engine(path, term)?;
    let meta = &engine.module().meta;
    term.err(&format!("works on {} {} in `{}`; ctrl-c stops it\n", meta.name, meta.version, path.display()));
    let mailer = mailer(&engine, path, term)?;
    engine.set_mailer(mailer);
    calls(args, &mut engine, term)?;
    let turns = engine.work(&stop, args.until_idle).map_err(|failure| store::failed(term, failure))?;
    term.err(&format!("stopped after {turns} {}\n", if turns == 1 { "turn" } else { "turns" }));
    Ok(Exit::Fine)
}

/// The server that the store names, else a folder beside it.
fn mailer(engine: &Engine, path: &Path, term: &Term) -> Result<Box<dyn Mailer>, Exit> {
    let Some(server) = Server::parse(engine.text(StoreText::MailServer)) else {
        let folder = Folder::beside(path);
        // Most projects send none.
        if engine.module().sites.iter().any(|site| site.op == HostOp::Addresses) {
            let path = folder.path().display();
            term.err(&format!("mails go into `{path}`: this store knows no server for them\n"));
        }
        return Ok(Box::new(folder));
    };
    term.err(&format!("mails go to {}:{}\n", server.host, server.port));
    smtp(engine, &server, term)
}

/// A password is never kept: it comes with the environment.
#[cfg(feature = "mail")]
fn smtp(engine: &Engine, server: &Server, term: &Term) -> Result<Box<dyn Mailer>, Exit> {
    /// Where the password is.
    const PASSWORD: &str = "ABIDE_MAIL_PASSWORD";
    let user = engine.text(StoreText::MailUser);
    let login = match (user.is_empty(), std::env::var(PASSWORD)) {
        (true, _) => None,
        (false, Ok(password)) => Some((user.to_owned(), password)),
        (false, Err(_)) => {
            term.err(&format!(
                "error: `mail.user` is `{user}`, and there is no password\n  help: set {PASSWORD} in the environment of the worker\n"
            ));
            return Err(Exit::Environment);
        }
    };
    match crate::mail::smtp::Smtp::new(server, login) {
        Ok(smtp) => Ok(Box::new(smtp)),
        Err(reason) => {
            term.err(&format!("error: mails cannot go to {}: {reason}\n", server.host));
            Err(Exit::Environment)
        }
    }
}

/// This program was built without the part that speaks to servers.
#[cfg(not(feature = "mail"))]
fn smtp(_: &Engine, server: &Server, term: &Term) -> Result<Box<dyn Mailer>, Exit> {
    term.err(&format!(
        "error: mails cannot go to {}: this program was built without the feature `mail`\n  help: `abide settings \
         --unset mail.server` lets them go into a folder\n",
        server.host
    ));
    Err(Exit::Environment)
}

/// Lets the engine make calls over HTTP.
#[cfg(feature = "http")]
fn calls(args: &WorkerArgs, engine: &mut Engine, term: &Term) -> Result<(), Exit> {
    let Ok(at_once) = usize::try_from(args.calls) else { return Ok(()) };
    if at_once == 0 {
        return Ok(());
    }
    let variables =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut secrets = Secrets::of_variables(variables);
    if let Some(path) = &args.secrets {
        let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error.to_string(), term))?;
        secrets
            .add_lines(&text)
            .map_err(|line| unreadable(path, &format!("line {line} has no `=`: secrets are lines NAME=VALUE"), term))?;
    }
    let roots =
        args.roots.as_ref().map(|path| fs::read(path).map_err(|error| unreadable(path, &error.to_string(), term)));
    let roots = roots.transpose()?;
    let courier = HttpCourier::new(at_once, secrets, roots.as_deref())
        .map_err(|problem| unreadable(args.roots.as_deref().unwrap_or(Path::new("")), &problem, term))?;
    engine.send_with(Box::new(courier));
    Ok(())
}

#[cfg(feature = "http")]
fn unreadable(path: &Path, problem: &str, term: &Term) -> Exit {
    term.err(&format!("error: `{}` cannot be used: {problem}\n", path.display()));
    Exit::Environment
}

/// This program was built without HTTP: such calls wait for another worker.
#[cfg(not(feature = "http"))]
fn calls(args: &WorkerArgs, _: &mut Engine, term: &Term) -> Result<(), Exit> {
    if args.secrets.is_some() || args.roots.is_some() {
        term.err("error: this program was built without HTTP; leave out --secrets and --roots\n");
        return Err(Exit::Usage);
    }
    Ok(())
}
