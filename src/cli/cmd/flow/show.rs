//! `abide flow show`: the stages of a run as a bar, and the steps of each.

use serde_json::{Value as Json, json};

use super::run_of;
use crate::base::value::{Duration, RecordRef, Value};
use crate::bytecode::module::StepRequired;
use crate::cli::args::FlowShowArgs;
use crate::cli::cmd::record::fields;
use crate::cli::exit::Exit;
use crate::cli::store;
use crate::cli::term::Term;
use crate::data::show::{self, Show};
use crate::data::write;
use crate::engine::flow_view::{FlowView, StagePlace, StageView, StepView};
use crate::simulation::{Simulation, json as lines};

/// Nobody reads parts of a minute of a run that lasts for days.
const MINUTE: i64 = 60_000_000;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

pub(super) fn show(args: &FlowShowArgs, term: &Term) -> Result<Exit, Exit> {
    let mut simulation = store::simulation(&args.store.store, term)?;
    let record = fields::record(simulation.engine.module(), &args.run, term)?;
    let run = run_of(&mut simulation.engine, &args.run, term)?;
    let view = simulation.engine.flow_view(run).map_err(|failure| store::refused(term, failure))?;
    let about = if record == run { view.about } else { record };
    let others = simulation.engine.flow_runs(about).map_err(|failure| store::failed(term, failure))?;
    let mut other_views = Vec::new();
    for other in others.into_iter().filter(|other| *other != run) {
        other_views.push(simulation.engine.flow_view(other).map_err(|failure| store::refused(term, failure))?);
    }
    let mentioned = view.stages.iter().flat_map(|stage| {
        let values = stage.steps.iter().filter_map(|step| match step.value {
            Some((_, Value::Ref(record))) => Some(record),
            _ => None,
        });
        stage.record.into_iter().chain(values)
    });
    let mentioned: Vec<RecordRef> = mentioned.chain([view.about]).collect();
    let Simulation { engine, recorder, .. } = &mut simulation;
    recorder.learn(engine, mentioned).map_err(|error| store::failed(term, error))?;
    if args.json {
        let others: Vec<Json> = other_views.iter().map(|other| brief(&simulation, other)).collect();
        let mut object = whole(&simulation, &view);
        if let Json::Object(object) = &mut object {
            object.insert("version".to_owned(), json!(1));
            object.insert("others".to_owned(), json!(others));
        }
        term.out(&format!("{object:#}\n"));
    } else {
        let page = Page { simulation: &simulation, show: Show::new(simulation.engine.module(), false) };
        term.out(&page.text(&view, &other_views, term.colour_out()));
    }
    Ok(Exit::Fine)
}

fn brief(simulation: &Simulation<'_>, view: &FlowView) -> Json {
    let here = view.stages.iter().find(|stage| stage.place == StagePlace::Here).map(|stage| stage.name.clone());
    json!({
        "run": simulation.engine.identity(view.run),
        "flow": view.flow,
        "state": view.state,
        "stage": here,
    })
}

fn whole(simulation: &Simulation<'_>, view: &FlowView) -> Json {
    let module = simulation.engine.module();
    let step = |step: &StepView| {
        let value = step.value.as_ref().filter(|_| !step.private);
        json!({
            "title": step.title,
            "field": step.field,
            "value": value.map(|(ty, value)| write::to_json(module, *ty, value)),
            "private": step.private,
            "required": match step.required {
                StepRequired::Never => "never",
                StepRequired::Sometimes => "sometimes",
                StepRequired::Always => "always",
            },
            "missing": step.missing,
        })
    };
    let stage = |stage: &StageView| {
        json!({
            "stage": stage.name,
            "title": stage.title,
            "category": stage.category,
            "place": stage.place.word(),
            "record": stage.record.map(|record| module.identity(record)),
            "steps": stage.steps.iter().map(step).collect::<Vec<Json>>(),
            "buttons": stage.buttons,
        })
    };
    json!({
        "run": module.identity(view.run),
        "flow": view.flow,
        "about": module.identity(view.about),
        "state": view.state,
        "stage_since": lines::moment(view.since),
        "seconds": view.spent / 1_000_000,
        "seconds_in_stage": view.in_stage.map(|time| time / 1_000_000),
        "stages": view.stages.iter().map(stage).collect::<Vec<Json>>(),
    })
}

/// `2 days 3 hours`, to the minute.
fn time(micros: i64) -> String {
    let whole = micros.saturating_sub(micros.rem_euclid(MINUTE));
    if whole <= 0 {
        return "less than a minute".to_owned();
    }
    let days = i32::try_from(whole / DAY).unwrap_or(i32::MAX);
    show::duration(Duration { months: 0, days, micros: whole % DAY })
}

struct Page<'a> {
    simulation: &'a Simulation<'a>,
    show: Show<'a>,
}

impl Page<'_> {
    fn record(&self, record: RecordRef) -> String {
        let name = |record| self.simulation.recorder.names.get(&record).cloned();
        self.show.record(record, &name)
    }

    fn text(&self, view: &FlowView, others: &[FlowView], is_drawn: bool) -> String {
        let run = self.simulation.engine.identity(view.run);
        let about = self.record(view.about);
        let mut text = format!("{run}  {} of {about}: {}, {}", view.flow, view.state, time(view.spent));
        if let Some(in_stage) = view.in_stage {
            text += &format!(", in this stage {}", time(in_stage));
        }
        text += &format!("\n\n  {}\n", bar(&view.stages, is_drawn));
        for stage in view.stages.iter().filter(|stage| stage.place != StagePlace::Aside) {
            text += &self.stage(stage);
        }
        let aside: Vec<&str> = view
            .stages
            .iter()
            .filter(|stage| stage.place == StagePlace::Aside)
            .map(|stage| stage.title.as_str())
            .collect();
        if !aside.is_empty() {
            text += &format!("\n  not on the way, as things stand: {}\n", aside.join(", "));
        }
        if !others.is_empty() {
            text += "\n  other runs:\n";
        }
        for other in others {
            let here = other.stages.iter().find(|stage| stage.place == StagePlace::Here);
            let here = here.map(|stage| stage.title.as_str()).unwrap_or_default();
            let run = self.simulation.engine.identity(other.run);
            text += &format!("    {run}  {}: {}, at {here}\n", other.flow, other.state);
        }
        text
    }

    fn stage(&self, stage: &StageView) -> String {
        let record = stage.record.map_or_else(String::new, |record| format!(", {}", self.record(record)));
        let mut text = format!("\n  {} ({}){record}\n", stage.title, stage.place.word());
        let name = |record| self.simulation.recorder.names.get(&record).cloned();
        let width = stage.steps.iter().map(|step| step.title.chars().count()).max().unwrap_or(0);
        for step in &stage.steps {
            let value = match &step.value {
                Some((_, value)) if step.private && !value.is_none() => "(private)".to_owned(),
                Some((ty, value)) if !value.is_none() => self.show.value(*ty, value, &name),
                _ => "—".to_owned(),
            };
            let mark = if step.missing { "!" } else { " " };
            let note = match step.required {
                _ if step.missing => "  required",
                StepRequired::Always => "  (required)",
                _ => "",
            };
            text += &format!("  {mark} {:width$}  {value}{note}\n", step.title);
        }
        for button in &stage.buttons {
            text += &format!("    button \"{button}\"\n");
        }
        text
    }
}

/// The stages in a row: drawn on a terminal, in words elsewhere.
fn bar(stages: &[StageView], is_drawn: bool) -> String {
    let on_the_way = stages.iter().filter(|stage| stage.place != StagePlace::Aside);
    if !is_drawn {
        let words = on_the_way.map(|stage| match stage.place {
            StagePlace::Done => format!("[x] {}", stage.title),
            StagePlace::Here => format!("[>] {}", stage.title),
            _ => format!("[ ] {}", stage.title),
        });
        return words.collect::<Vec<String>>().join(" -- ");
    }
    let drawn = on_the_way.map(|stage| match stage.place {
        StagePlace::Done => format!("\x1b[32m●\x1b[0m {}", stage.title),
        StagePlace::Here => format!("\x1b[36;1m◉ {}\x1b[0m", stage.title),
        _ => format!("\x1b[2m○ {}\x1b[0m", stage.title),
    });
    drawn.collect::<Vec<String>>().join(" \x1b[2m───\x1b[0m ")
}
