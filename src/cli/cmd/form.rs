//! `abide form`: a record as a form, with what the rules say of each field. Nothing is written.

use serde_json::{Value as Json, json};

use super::record::{self, fields, show};
use crate::base::value::{RecordRef, Value};
use crate::bytecode::module::FieldDef;
use crate::cli::args::FormArgs;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::Show;
use crate::data::write;
use crate::engine::form::{Form, FormField, Message, Subject};
use crate::simulation::Simulation;

pub(in crate::cli) fn run(args: &FormArgs, term: &Term) -> Exit {
    form(args, term).unwrap_or_else(|exit| exit)
}

fn form(args: &FormArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.write.store.store, term)?;
    let user = record::acting(&mut simulation.engine, args.write.user.as_deref(), term)?;
    let subject = if args.subject.contains(':') {
        Subject::Record(fields::record(simulation.engine.module(), &args.subject, term)?)
    } else {
        Subject::New(fields::entity(simulation.engine.module(), &args.subject, term)?)
    };
    let entity = match subject {
        Subject::New(entity) => entity,
        Subject::Record(record) => record.entity,
    };
    let writes = fields::writes(&mut simulation.engine, entity, &args.fields, term)?;
    let form = simulation.engine.form(user, subject, &writes).map_err(|failure| store::refused(term, failure))?;
    let values = form.fields.iter().flat_map(|field| {
        let recommended = field.recommendations.iter().map(|recommendation| &recommendation.value);
        recommended.chain([&field.value]).chain(&field.default)
    });
    let own = match subject {
        Subject::New(_) => None,
        Subject::Record(record) => Some(record),
    };
    let mentioned = values.filter_map(|value| match value {
        Value::Ref(record) => Some(*record),
        _ => None,
    });
    let mentioned: Vec<RecordRef> = mentioned.chain(own).collect();
    show::learn(&mut simulation, mentioned, term)?;
    let view = View { simulation: &simulation, form: &form };
    if args.write.json {
        term.out(&format!("{:#}\n", view.json()));
    } else {
        term.out(&view.text());
    }
    Ok(Exit::Fine)
}

/// A form with the names of what it mentions.
struct View<'v> {
    simulation: &'v Simulation<'static>,
    form: &'v Form,
}

impl View<'_> {
    fn entity(&self) -> &str {
        let entity = match self.form.subject {
            Subject::New(entity) => entity,
            Subject::Record(record) => record.entity,
        };
        self.simulation.engine.module().entity(entity).map_or("", |def| def.name.as_str())
    }

    /// The fields with their declarations.
    fn fields(&self) -> impl Iterator<Item = (&FieldDef, &FormField)> {
        let entity = match self.form.subject {
            Subject::New(entity) => entity,
            Subject::Record(record) => record.entity,
        };
        let def = self.simulation.engine.module().entity(entity);
        self.form.fields.iter().filter_map(move |field| Some((def?.fields.get(field.field.index())?, field)))
    }

    fn shown(&self, def: &FieldDef, value: &Value) -> String {
        let show = Show::new(self.simulation.engine.module(), false);
        match value {
            _ if def.private => show::PRIVATE.to_owned(),
            Value::None => "none".to_owned(),
            Value::Text(text) => format!("\"{text}\""),
            value => show.value(def.ty, value, &|record| self.simulation.recorder.names.get(&record).cloned()),
        }
    }

    /// A line a field, and below it what is said of it.
    fn text(&self) -> String {
        let show = Show::new(self.simulation.engine.module(), false);
        let mut text = match self.form.subject {
            Subject::New(_) => format!("a new {}\n", self.entity()),
            Subject::Record(record) => {
                let name = |record| self.simulation.recorder.names.get(&record).cloned();
                format!("{}\n", show.record(record, &name))
            }
        };
        let width = self.fields().map(|(def, _)| def.name.chars().count()).max().unwrap_or(0);
        for (def, field) in self.fields().filter(|(_, field)| !field.hidden) {
            let marks = [(field.required, "required"), (field.locked, "locked")];
            let marks: Vec<&str> = marks.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect();
            let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
            text.push_str(&format!("  {:width$} {}{marks}\n", def.name, self.shown(def, &field.value)));
            for message in &field.messages {
                text.push_str(&format!("  {:width$} ! {}\n", "", message.text));
            }
            for recommended in &field.recommendations {
                let value = self.shown(def, &recommended.value);
                text.push_str(&format!("  {:width$} ? {}: {value}\n", "", recommended.title));
                if !recommended.details.is_empty() {
                    text.push_str(&format!("  {:width$}   {}\n", "", recommended.details));
                }
            }
        }
        for message in &self.form.messages {
            text.push_str(&format!("! {}\n", message.text));
        }
        text
    }

    fn value(&self, def: &FieldDef, value: &Value) -> Json {
        if def.private { Json::Null } else { write::to_json(self.simulation.engine.module(), def.ty, value) }
    }

    fn json(&self) -> Json {
        let module = self.simulation.engine.module();
        let record = match self.form.subject {
            Subject::New(_) => None,
            Subject::Record(record) => Some(module.identity(record)),
        };
        let fields: Vec<Json> = self
            .fields()
            .map(|(def, field)| {
                let recommendations: Vec<Json> = field
                    .recommendations
                    .iter()
                    .map(|one| {
                        let value = self.value(def, &one.value);
                        json!({"rule": one.rule, "value": value, "title": one.title, "details": one.details})
                    })
                    .collect();
                json!({
                    "name": def.name,
                    "value": self.value(def, &field.value),
                    "private": def.private,
                    "required": field.required,
                    "locked": field.locked,
                    "hidden": field.hidden,
                    "default": field.default.as_ref().map(|value| self.value(def, value)),
                    "messages": messages(&field.messages),
                    "recommendations": recommendations,
                })
            })
            .collect();
        let all = messages(&self.form.messages);
        json!({"version": 1, "entity": self.entity(), "record": record, "fields": fields, "messages": all})
    }
}

fn messages(all: &[Message]) -> Vec<Json> {
    all.iter().map(|message| json!({"rule": message.rule, "text": message.text})).collect()
}
