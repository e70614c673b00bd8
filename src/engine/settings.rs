//! Settings: values that a deployment gives to `config` names. They are kept in the store, and hold at once for all that
//! work on it.

use std::collections::BTreeMap;

use super::{
    Engine,
    faults::{self, Answer},
    store::{Store, StoreError, codec},
    texts::StoreText,
    tunables::Tunable,
};
use crate::{
    base::value::Value,
    bytecode::{
        module::{ConfigDef, Module},
        types::{ConfigIdx, TypeDef},
        verify,
    },
};

/// What the settings of a store begin with that are values of `config` names.
const KEY: &str = "config/";

/// Something that a deployment says for itself, or no longer.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The value of a setting; without one, its default holds again.
    Config(String, Option<Value>),
    /// A number of the engine; without one, what all stores have.
    Tune(Tunable, Option<i64>),
    /// A text of the store; without one, what all stores have.
    Text(StoreText, Option<String>),
}

/// Whether a setting can have this value; a record is given by its key, as a text.
#[must_use]
pub fn takes(module: &Module, config: &ConfigDef, value: &Value) -> bool {
    let is_reference = matches!(super::index::present(module, config.ty), Some(TypeDef::Ref(_)));
    match value {
        Value::Text(_) if is_reference => true,
        Value::Text(text) if config.text_max.is_some_and(|max| text.chars().count() > max as usize) => false,
        value => verify::fits(module, value, config.ty),
    }
}

/// The settings of a build that neither it nor the store gives a value of their type.
#[must_use]
pub fn without_value<'m>(module: &'m Module, given: &BTreeMap<String, Value>) -> Vec<&'m str> {
    let lacks = |config: &&ConfigDef| match given.get(&config.name) {
        Some(value) => !takes(module, config, value),
        None => config.default.is_none(),
    };
    module.configs.iter().filter(lacks).map(|config| config.name.as_str()).collect()
}

/// Changes settings of a store: all, or none.
///
/// # Errors
/// If the store fails.
pub fn keep(store: &mut dyn Store, changes: &[Change]) -> Answer<()> {
    store.begin()?;
    let kept = changes.iter().try_for_each(|change| match change {
        Change::Config(name, Some(value)) => {
            store.set_meta(&format!("{KEY}{name}"), &codec::to_json(value).to_string())
        }
        Change::Config(name, None) => store.remove_meta(&format!("{KEY}{name}")),
        Change::Tune(tunable, Some(value)) => store.set_meta(&tunable.key(), &value.to_string()),
        Change::Tune(tunable, None) => store.remove_meta(&tunable.key()),
        Change::Text(text, Some(value)) => store.set_meta(&text.key(), value),
        Change::Text(text, None) => store.remove_meta(&text.key()),
    });
    match kept {
        Ok(()) => Ok(store.commit()?),
        Err(error) => {
            // The error that led here is the one to tell.
            let _ = store.rollback();
            Err(error.into())
        }
    }
}

/// The values that a store gives, by the names of the settings.
///
/// # Errors
/// If the store cannot be read.
pub fn given(store: &mut dyn Store) -> Answer<BTreeMap<String, Value>> {
    let mut found = BTreeMap::new();
    for (key, text) in store.metas(KEY)? {
        let name = key.strip_prefix(KEY).unwrap_or(&key);
        let json = serde_json::from_str(&text).map_err(|_| damaged(name))?;
        found.insert(name.to_owned(), codec::from_json(&json, 0)?);
    }
    Ok(found)
}

fn damaged(name: &str) -> StoreError {
    StoreError::Damaged(format!("the value of the setting `{name}` makes no sense"))
}

impl Engine {
    /// Gives a setting a value of its type, in this store from now on; a record is given by its key, as a text.
    ///
    /// # Errors
    /// If the store fails, the build has no such setting, or it is of another type.
    pub fn configure(&mut self, name: &str, value: Value) -> Answer<()> {
        let Some(config) = self.module().configs.iter().find(|config| config.name == name) else {
            return Err(faults::unknown_request("a setting of this name"));
        };
        if !takes(self.module(), config, &value) {
            return Err(faults::setting_of_other_type(name));
        }
        let text = codec::to_json(&value).to_string();
        self.transaction(|engine| Ok(engine.store.set_meta(&format!("{KEY}{name}"), &text)?))?;
        self.settings.insert(name.to_owned(), value);
        Ok(())
    }

    /// What this deployment gives, with the names of the settings.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(super) fn read_settings(&mut self) -> Answer<()> {
        self.settings = given(&mut *self.store)?;
        Ok(())
    }

    /// The settings of the build that neither it nor the store gives a value of their type.
    #[must_use]
    pub fn settings_without_value(&self) -> Vec<&str> {
        without_value(self.module(), &self.settings)
    }

    /// The value of a setting.
    pub(super) fn setting(&mut self, config: ConfigIdx) -> Answer<Value> {
        let def = self.module().config(config).ok_or_else(|| faults::unknown_request("a setting"))?;
        let value = match self.settings.get(&def.name) {
            // An earlier build may have declared it with another type.
            Some(value) if !takes(self.module(), def, value) => return Err(faults::setting_of_other_type(&def.name)),
            Some(value) => value.clone(),
            None => def.default.clone().ok_or_else(|| faults::no_setting(&def.name))?,
        };
        match (super::index::present(self.module(), def.ty), value) {
            (Some(TypeDef::Ref(entity)), Value::Text(key)) => Ok(Value::Ref(self.record_of_key(entity, &key)?)),
            (_, value) => Ok(value),
        }
    }
}
