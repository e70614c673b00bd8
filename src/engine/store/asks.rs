//! What an instance asks people: forms in inboxes, and the session of a dialog with the pages that lie behind it.

use serde_json::{Value as Json, json};

use crate::base::value::{RecordRef, Value};

use super::codec;

/// What an instance asks people. Nearly all ask nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asks {
    /// Forms that it waits for, by id.
    pub forms: Vec<i64>,
    /// Of a dialog: its session.
    pub session: Option<RecordRef>,
    /// Of a dialog: pages that it may go back to, the newest last.
    pub earlier: Vec<EarlierPage>,
}

/// A page that was answered: a dialog goes back to it by standing there again.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlierPage {
    /// The name of its suspension point.
    pub point: String,
    /// The machine that rested there.
    pub snapshot: Vec<u8>,
    /// The page as it was shown, as JSON.
    pub shown: String,
    /// How many answers the session had before.
    pub answers: usize,
}

impl Asks {
    /// Whether it asks nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty() && self.session.is_none() && self.earlier.is_empty()
    }

    /// As text for a store.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let page = |page: &EarlierPage| json!([page.point, to_hex(&page.snapshot), page.shown, page.answers]);
        json!({
            "forms": self.forms,
            "session": self.session.map(|record| codec::to_json(&Value::Ref(record))),
            "earlier": self.earlier.iter().map(page).collect::<Vec<_>>(),
        })
    }

    /// Reads [`Self::to_json`].
    #[must_use]
    pub fn from_json(json: &Json) -> Option<Self> {
        let session = match json.get("session")? {
            Json::Null => None,
            session => match codec::from_json(session, 0).ok()? {
                Value::Ref(record) => Some(record),
                _ => return None,
            },
        };
        let page = |page: &Json| {
            Some(EarlierPage {
                point: page.get(0)?.as_str()?.to_owned(),
                snapshot: from_hex(page.get(1)?.as_str()?)?,
                shown: page.get(2)?.as_str()?.to_owned(),
                answers: usize::try_from(page.get(3)?.as_u64()?).ok()?,
            })
        };
        Some(Self {
            forms: json.get("forms")?.as_array()?.iter().map(Json::as_i64).collect::<Option<_>>()?,
            session,
            earlier: json.get("earlier")?.as_array()?.iter().map(page).collect::<Option<_>>()?,
        })
    }
}

/// Bytes as text.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads [`to_hex`].
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let pair = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::value::EntityIdx;

    #[test]
    fn what_is_asked_comes_back() {
        let page =
            EarlierPage { point: "Q/page A/1".into(), snapshot: vec![0, 255, 16], shown: "{}".into(), answers: 2 };
        let session = Some(RecordRef { entity: EntityIdx(3), id: 42 });
        let asks = Asks { forms: vec![7, 9], session, earlier: vec![page] };
        assert_eq!(Asks::from_json(&asks.to_json()), Some(asks));
        assert_eq!(Asks::from_json(&json!({"forms": ["x"], "session": null, "earlier": []})), None);
    }
}
