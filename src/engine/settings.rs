//! Settings: values that a deployment gives to `config` names. They are kept in the store.

use super::{
    Engine,
    faults::{self, Answer},
    store::codec,
};
use crate::{
    base::value::Value,
    bytecode::types::{ConfigIdx, TypeDef},
};

/// Where the store keeps the value of a setting.
fn key(name: &str) -> String {
    format!("config/{name}")
}

impl Engine {
    /// Gives a setting a value of its type, in this store from now on; a record is given by its key, as a text.
    ///
    /// # Errors
    /// If the store fails, or the build has no such setting.
    pub fn configure(&mut self, name: &str, value: Value) -> Answer<()> {
        if !self.module().configs.iter().any(|config| config.name == name) {
            return Err(faults::unknown_request("a setting of this name"));
        }
        let text = codec::to_json(&value).to_string();
        self.transaction(|engine| Ok(engine.store.set_meta(&key(name), &text)?))?;
        self.settings.insert(name.to_owned(), value);
        Ok(())
    }

    /// What this deployment gives, with the names of the settings.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(super) fn read_settings(&mut self) -> Answer<()> {
        self.settings.clear();
        for (key, text) in self.store.metas(&key(""))? {
            let name = key.split_once('/').map_or(key.as_str(), |(_, name)| name);
            let json = serde_json::from_str(&text).map_err(|_| damaged(name))?;
            self.settings.insert(name.to_owned(), codec::from_json(&json, 0)?);
        }
        Ok(())
    }

    /// The value of a setting.
    pub(super) fn setting(&mut self, config: ConfigIdx) -> Answer<Value> {
        let def = self.module().config(config).ok_or_else(|| faults::unknown_request("a setting"))?;
        let value = self.settings.get(&def.name).or(def.default.as_ref()).cloned();
        let value = value.ok_or_else(|| faults::no_setting(&def.name))?;
        match (super::index::present(self.module(), def.ty), value) {
            (Some(TypeDef::Ref(entity)), Value::Text(key)) => Ok(Value::Ref(self.record_of_key(entity, &key)?)),
            (_, value) => Ok(value),
        }
    }
}

fn damaged(name: &str) -> super::store::StoreError {
    super::store::StoreError::Damaged(format!("the value of the setting `{name}` makes no sense"))
}
