//! Mailboxes: the signals that instances have not taken.

use rusqlite::params;

use crate::engine::store::{Mail, Result, StoreError, codec};

use super::SqliteStore;

fn mail_of(row: &rusqlite::Row<'_>) -> Result<Mail> {
    let key: i64 = row.get(0)?;
    let text: String = row.get(3)?;
    let damaged = || StoreError::Damaged(format!("the signal {key} of a mailbox"));
    let json = serde_json::from_str(&text).map_err(|_| damaged())?;
    Ok(Mail { key, instance: row.get(1)?, signal: row.get(2)?, value: codec::from_json(&json, 0)? })
}

impl SqliteStore {
    pub(super) fn write_mail(&self, mail: &Mail) -> Result<()> {
        let sql = "INSERT INTO abide_mail (key, instance, signal, value) VALUES (?1, ?2, ?3, ?4)";
        let value = codec::to_json(&mail.value).to_string();
        self.connection.prepare_cached(sql)?.execute(params![mail.key, mail.instance, mail.signal, value])?;
        Ok(())
    }

    pub(super) fn find_mail(&self, instance: i64, signal: &str, after: i64) -> Result<Option<Mail>> {
        let sql = "SELECT key, instance, signal, value FROM abide_mail \
                   WHERE instance = ?1 AND signal = ?2 AND key > ?3 ORDER BY key LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![instance, signal, after])?;
        rows.next()?.map(mail_of).transpose()
    }

    pub(super) fn read_mailbox(&self, instance: i64) -> Result<Vec<Mail>> {
        let sql = "SELECT key, instance, signal, value FROM abide_mail WHERE instance = ?1 ORDER BY key";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([instance])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(mail_of(row)?);
        }
        Ok(found)
    }

    pub(super) fn count_mail(&self, instance: i64) -> Result<usize> {
        let sql = "SELECT count(*) FROM abide_mail WHERE instance = ?1";
        let count: i64 = self.connection.prepare_cached(sql)?.query_row([instance], |row| row.get(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }
}
