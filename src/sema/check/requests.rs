//! What an activity asks over HTTP: an address and headers, in which secrets may stand.
//!
//! A secret never becomes a value of the program. The texts around it are made by a function of the record and the inputs;
//! the secret itself is put between them by who sends the request.

use super::{
    Effects,
    checker::{Checker, Host},
};
use crate::{
    base::span::Span,
    sema::{
        context::Context,
        errors::activities as errors,
        hir::{Condition, Expr, ExprKind, Piece, Request},
        names::Def,
        schema::ProcessHead,
        ty::Ty,
    },
    syntax::ast::{self, TextLiteral, TextPart, Using},
};

/// Headers that the engine writes itself.
const OWN_HEADERS: [&str; 6] =
    ["content-length", "content-type", "host", "idempotency-key", "transfer-encoding", "connection"];

/// The request of an activity that is done `using http`.
pub(super) fn request(
    context: &mut Context<'_>,
    effects: &Effects,
    head: &ProcessHead,
    using: &Using,
) -> Option<Request> {
    let method = using.method.as_ref()?;
    let mut checker = Checker::new(context, effects, Host::OnlyIf(head));
    checker.primary(head);
    head.params.iter().for_each(|param| checker.parameter(param));
    let mut texts = Vec::new();
    let url = using.target.as_ref().map(|target| checker.pieces(target, true, &mut texts)).unwrap_or_default();
    let mut headers: Vec<(String, Vec<Piece>)> = Vec::new();
    for (name, value) in &using.headers {
        let pieces = checker.pieces(value, false, &mut texts);
        if let Some(name) = checker.header_name(name, &headers) {
            headers.push((name, pieces));
        }
    }
    let ty = Ty::List(Box::new(Ty::Text));
    let value = Expr { kind: ExprKind::List(texts), ty, span: using.span };
    let texts = Condition { locals: std::mem::take(&mut checker.locals), value, captures: Vec::new() };
    checker.hand_over(context);
    Some(Request { method: method.name.clone(), texts, url, headers })
}

impl Checker<'_> {
    /// The pieces of a text; each that is no secret is one of `texts`.
    fn pieces(&mut self, written: &ast::Expr, is_address: bool, texts: &mut Vec<Expr>) -> Vec<Piece> {
        let ast::ExprKind::Text(text) = &written.kind else {
            texts.push(self.expr_as(written, &Ty::Text, None));
            return vec![Piece::Plain];
        };
        let (mut pieces, mut run) = (Vec::new(), Vec::new());
        for (place, part) in text.parts.iter().enumerate() {
            match self.piece_of(part, is_address && place > 0) {
                Piece::Plain => run.push(part.clone()),
                piece => {
                    self.end_run(&mut run, written.span, &mut pieces, texts);
                    if piece == Piece::Escaped {
                        texts.push(self.text(&TextLiteral { parts: vec![part.clone()] }, written.span));
                    }
                    pieces.push(piece);
                }
            }
        }
        self.end_run(&mut run, written.span, &mut pieces, texts);
        pieces
    }

    fn end_run(&mut self, run: &mut Vec<TextPart>, span: Span, pieces: &mut Vec<Piece>, texts: &mut Vec<Expr>) {
        if !run.is_empty() {
            texts.push(self.text(&TextLiteral { parts: std::mem::take(run) }, span));
            pieces.push(Piece::Plain);
        }
    }

    /// What a part of a text is. What comes from outside must not change what an address means; a setting may, and what
    /// the address begins with.
    fn piece_of(&self, part: &TextPart, is_escaped: bool) -> Piece {
        let TextPart::Slot { value, .. } = part else { return Piece::Plain };
        let ast::ExprKind::Member { base, name, .. } = &value.kind else {
            return if is_escaped { Piece::Escaped } else { Piece::Plain };
        };
        let of = match &base.kind {
            ast::ExprKind::Name(of) => of.name.as_str(),
            _ => "",
        };
        let is_secret = || {
            let found = self.names.get(self.file, &format!("secret.{}", name.name));
            matches!(found.map(|entry| &entry.def), Some(Def::Secret))
        };
        match of {
            "secret" if is_secret() => Piece::Secret(name.name.clone()),
            "config" | "secret" => Piece::Plain,
            _ if is_escaped => Piece::Escaped,
            _ => Piece::Plain,
        }
    }

    /// The name of a header; `None` after a message.
    fn header_name(&mut self, written: &ast::Expr, known: &[(String, Vec<Piece>)]) -> Option<String> {
        let plain = match &written.kind {
            ast::ExprKind::Text(text) => match text.parts.as_slice() {
                [TextPart::Plain(name)] => Some(name),
                _ => None,
            },
            _ => None,
        };
        let is_token = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
        };
        let Some(name) = plain.filter(|name| is_token(name)) else {
            self.report(errors::header_name(written.span));
            return None;
        };
        if OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            self.report(errors::own_header(name, written.span));
            return None;
        }
        if known.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            self.report(errors::header_twice(name, written.span));
            return None;
        }
        Some(name.clone())
    }
}
