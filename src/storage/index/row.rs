//! Rows of the index: keys that sort, values that prove themselves, and what a search looks at.
//!
//! ```text
//! row:   crc32c u32 | machine length u8 | machine | text length u32 | text in lower case | summary as JSON
//! place: crc32c u32 | created at i64 | segments u32 | bytes u64
//! ```
//! The checksum covers the key, too. What a search looks at stands in front, so that a row that is not shown is not parsed.

use hearth_actors::archive::ProfileQuery;
use hearth_actors::model::command::Scope;
use hearth_actors::model::ids::SessionId;
use hearth_actors::model::profile::ProfileSummary;
use hearth_actors::model::time::WallMs;

use crate::storage::catalogue::Fingerprint;
use crate::storage::record::reading::Bytes;
use crate::storage::record::summary::SummaryRecord;
use crate::storage::record::{BadRecord, from_json, to_json};

/// The key of a profile's row: sorts by time, then by id.
pub fn row_key(created_at: WallMs, id: SessionId) -> Vec<u8> {
    let sortable = (created_at.0 as u64) ^ (1 << 63);
    [sortable.to_be_bytes().as_slice(), &id.0.to_be_bytes()].concat()
}

/// The row of a profile.
///
/// # Errors
/// When the summary cannot be written.
pub fn encode(summary: &ProfileSummary) -> Result<Vec<u8>, BadRecord> {
    let machine = summary.machine.as_str();
    let text = searchable(summary);
    let mut payload = vec![u8::try_from(machine.len()).map_err(BadRecord::new)?];
    payload.extend_from_slice(machine.as_bytes());
    payload.extend_from_slice(&u32::try_from(text.len()).map_err(BadRecord::new)?.to_le_bytes());
    payload.extend_from_slice(text.as_bytes());
    payload.extend_from_slice(&to_json(&SummaryRecord::from(summary))?);
    Ok(proven(&row_key(summary.created_at, summary.id), &payload))
}

/// What a search looks through: one line each, so that no word spans two fields.
fn searchable(summary: &ProfileSummary) -> String {
    let label = &summary.label;
    let tags = label.tags.iter().flatten().map(|tag| Some(tag.as_str()));
    let fields = [
        Some(summary.name.as_str()),
        summary.notes.as_deref(),
        summary.bean.as_deref(),
        Some(summary.machine_name.as_str()),
        Some(summary.machine.as_str()),
        label.operator.as_deref(),
        label.batch.as_deref(),
    ];
    fields.into_iter().chain(tags).flatten().collect::<Vec<_>>().join("\n").to_lowercase()
}

/// The profile of a row, whole.
///
/// # Errors
/// When the row is damaged.
pub fn decode(key: &[u8], value: &[u8]) -> Result<ProfileSummary, BadRecord> {
    let (_, _, json) = parts(payload(key, value).ok_or_else(|| BadRecord::new("a row's checksum does not match"))?)
        .ok_or_else(|| BadRecord::new("a row is cut off"))?;
    ProfileSummary::try_from(from_json::<SummaryRecord>(json)?)
}

/// The profile a row belongs to, if the row is sound.
pub fn check(key: &[u8], value: &[u8]) -> Option<SessionId> {
    parts(payload(key, value)?)?;
    let id: [u8; 16] = key.get(8..)?.try_into().ok()?;
    Some(SessionId(u128::from_be_bytes(id)))
}

fn parts(payload: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (len, rest) = payload.split_first()?;
    let (machine, rest) = rest.split_at_checked(usize::from(*len))?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (text, json) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
    Some((machine, text, json))
}

fn proven(key: &[u8], payload: &[u8]) -> Vec<u8> {
    let crc = crc32c::crc32c_append(crc32c::crc32c(key), payload);
    [crc.to_le_bytes().as_slice(), payload].concat()
}

fn payload<'a>(key: &[u8], value: &'a [u8]) -> Option<&'a [u8]> {
    let (crc, payload) = value.split_first_chunk::<4>()?;
    let sound = u32::from_le_bytes(*crc) == crc32c::crc32c_append(crc32c::crc32c(key), payload);
    sound.then_some(payload)
}

/// What a search asks of a row.
pub struct Filter {
    machine: Option<Vec<u8>>,
    scope: Scope,
    words: Vec<String>,
}

impl Filter {
    /// The machines and the words of a query; its times are a matter of keys.
    pub fn new(query: &ProfileQuery) -> Self {
        let text = query.text.as_deref().unwrap_or_default().to_lowercase();
        Self {
            machine: query.machine.as_ref().map(|id| id.as_str().as_bytes().to_vec()),
            scope: query.scope.clone(),
            words: text.split_whitespace().map(str::to_owned).collect(),
        }
    }

    /// Whether a row is of a machine that is wanted and holds each word somewhere. A damaged row does, so that decoding it tells.
    pub fn matches(&self, value: &[u8]) -> bool {
        let Some((machine, text, _)) = value.get(4..).and_then(parts) else { return true };
        let Ok(text) = std::str::from_utf8(text) else { return true };
        self.machine.as_deref().is_none_or(|wanted| wanted == machine)
            && self.sees(machine)
            && self.words.iter().all(|word| text.contains(word.as_str()))
    }

    fn sees(&self, machine: &[u8]) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Only(machines) => machines.iter().any(|wanted| wanted.as_str().as_bytes() == machine),
        }
    }
}

/// When a profile was created, and how its files looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceRow {
    /// Part of its row's key.
    pub created_at: WallMs,
    /// Other figures mean that the row is old.
    pub fingerprint: Fingerprint,
}

impl PlaceRow {
    /// The value of a place.
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = self.created_at.0.to_le_bytes().to_vec();
        payload.extend_from_slice(&self.fingerprint.segments.to_le_bytes());
        payload.extend_from_slice(&self.fingerprint.bytes.to_le_bytes());
        proven(&[], &payload)
    }

    /// A place with its id, if it is sound.
    pub fn decode(key: &[u8], value: &[u8]) -> Option<(SessionId, Self)> {
        let id: [u8; 16] = key.try_into().ok()?;
        let mut bytes = Bytes(payload(&[], value)?);
        let created_at = WallMs(i64::from_le_bytes(bytes.u64().ok()?.to_le_bytes()));
        let fingerprint = Fingerprint { segments: bytes.u32().ok()?, bytes: bytes.u64().ok()? };
        bytes.finish().ok()?;
        Some((SessionId(u128::from_be_bytes(id)), Self { created_at, fingerprint }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_sort_as_time_does(a in any::<i64>(), b in any::<i64>(), ids in any::<(u128, u128)>()) {
            let (first, second) = (row_key(WallMs(a), SessionId(ids.0)), row_key(WallMs(b), SessionId(ids.1)));
            prop_assert_eq!(first.cmp(&second), (a, ids.0).cmp(&(b, ids.1)));
        }

        #[test]
        fn no_bytes_make_a_row_panic(value in proptest::collection::vec(any::<u8>(), 0..64)) {
            let key = row_key(WallMs(1), SessionId(2));
            prop_assert!(decode(&key, &value).is_err());
            Filter::new(&ProfileQuery { text: Some("x".to_owned()), ..Default::default() }).matches(&value);
            PlaceRow::decode(&key[8..], &value);
        }
    }
}
