//! Circuit breakers: a host whose calls fail in a row is left in peace for a while. One call then tries whether it is
//! back, at growing distances.

use crate::base::limits::{CIRCUIT_FAILURES, CIRCUIT_LONGEST_MICROS, CIRCUIT_MICROS};

use super::{Engine, faults::Answer, log::Line, store::Instance};

/// What the settings of a store begin with that tell of a host whose calls fail.
const CIRCUIT: &str = "circuit/";

/// What is known of a host whose last call has failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circuit {
    /// Failures in a row.
    pub failures: u32,
    /// Calls that tried whether it is back.
    pub trials: u32,
    /// Until when its calls are held back; of no meaning before there are enough failures.
    pub until: i64,
}

impl Circuit {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let circuit = Self {
            failures: words.next()?.parse().ok()?,
            trials: words.next()?.parse().ok()?,
            until: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(circuit)
    }

    /// Whether calls are held back.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.failures >= CIRCUIT_FAILURES
    }

    /// How long calls are held back after so many trials.
    fn pause(trials: u32) -> i64 {
        CIRCUIT_MICROS.saturating_mul(2_i64.saturating_pow(trials)).min(CIRCUIT_LONGEST_MICROS)
    }
}

impl Engine {
    /// The hosts whose calls are held back.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn open_circuits(&mut self) -> Answer<Vec<(String, Circuit)>> {
        let all = self.store.metas(CIRCUIT)?;
        let known = all
            .into_iter()
            .filter_map(|(key, text)| Some((key.strip_prefix(CIRCUIT)?.to_owned(), Circuit::parse(&text)?)));
        Ok(known.filter(|(_, circuit)| circuit.is_open()).collect())
    }

    fn circuit(&mut self, host: &str) -> Answer<Option<Circuit>> {
        Ok(self.store.meta(&format!("{CIRCUIT}{host}"))?.and_then(|text| Circuit::parse(&text)))
    }

    fn put_circuit(&mut self, host: &str, circuit: Circuit) -> Answer<()> {
        let Circuit { failures, trials, until } = circuit;
        Ok(self.store.set_meta(&format!("{CIRCUIT}{host}"), &format!("{failures} {trials} {until}"))?)
    }

    /// Until when a call of a host is held back. If its time has come, this one tries whether it is back, and the others
    /// wait for how it goes.
    pub(crate) fn held_back(&mut self, host: &str) -> Answer<Option<i64>> {
        let Some(mut circuit) = self.circuit(host)?.filter(|circuit| circuit.is_open()) else { return Ok(None) };
        if self.now < circuit.until {
            return Ok(Some(circuit.until));
        }
        circuit.trials = circuit.trials.saturating_add(1);
        circuit.until = self.now.saturating_add(Circuit::pause(circuit.trials));
        self.put_circuit(host, circuit)?;
        Ok(None)
    }

    /// A call was answered, whatever the answer.
    pub(crate) fn call_went_well(&mut self, host: &str, call: &Instance) -> Answer<()> {
        let Some(circuit) = self.circuit(host)? else { return Ok(()) };
        self.store.remove_meta(&format!("{CIRCUIT}{host}"))?;
        if circuit.is_open() {
            self.log(Line { message: format!("calls of {host} are made again"), ..Line::of(call) })?;
        }
        Ok(())
    }

    /// A call has failed in a way that says something about its host.
    pub(crate) fn call_went_wrong(&mut self, host: &str, call: &Instance) -> Answer<()> {
        let mut circuit = self.circuit(host)?.unwrap_or_default();
        if circuit.is_open() {
            // Others were under way when it opened.
            return Ok(());
        }
        circuit.failures += 1;
        if circuit.is_open() {
            circuit.until = self.now.saturating_add(Circuit::pause(0));
            let until = self.showing().moment(circuit.until);
            let message =
                format!("calls of {host} are held back until {until}, after {CIRCUIT_FAILURES} failures in a row");
            self.log(Line { message, ..Line::of(call) })?;
        }
        self.put_circuit(host, circuit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        assert_eq!([0, 1, 2].map(Circuit::pause), [CIRCUIT_MICROS, 2 * CIRCUIT_MICROS, 4 * CIRCUIT_MICROS]);
        assert_eq!(Circuit::pause(u32::MAX), CIRCUIT_LONGEST_MICROS);
    }

    #[test]
    fn what_is_no_circuit_is_none() {
        assert_eq!(Circuit::parse("10 0 5"), Some(Circuit { failures: 10, trials: 0, until: 5 }));
        assert_eq!(["", "10", "10 0", "10 0 5 6", "a b c"].map(Circuit::parse), [None; 5]);
    }
}
