//! Artisan profiles in and out, with the oddities that real files have.

use hearth_actors::model::ids::SessionId;
use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::profile::{Label, Profile};
use hearth_actors::model::time::WallMs;
use proptest::prelude::*;

use super::{export, import};
use crate::config::faults::Faults;
use crate::http::rest::document::Arrival;
use crate::http::rest::exchange::literal;

const ARRIVAL: Arrival = Arrival { id: SessionId(7), now: WallMs(5000) };

const SMALL: &str = r"{'timeindex': [1, 0, 3, 0, 0, 0, 4, 0], 'mode': 'F', 'version': '3.1.5',
    'timex': [0.5, 2.0, 4.0, 4.0001, 6.25], 'temp1': [212.0, 212.0, -1, 300, 392.0], 'temp2': [302.0, 284.0, -1.0, None, 392.0],
    'title': 'Kenya \\u9178 it\'s', 'beans': 'SL28\\n', 'roastertype': 'Drum 5 kg!', 'weight': [2, 1.7, 'lb'],
    'roastingnotes': 'one\\ntwo', 'cuppingnotes': '', 'roastepoch': 1767225600, 'roastisodate': '2020-01-01',
    'extradevices': [25], 'extraname1': ['{3}'], 'extraname2': ['bt'], 'extratimex': [[]],
    'extratemp1': [[50, 50, 60, 60, 60]], 'extratemp2': [[212, 212, 212, 212, 212]], 'extraNoneTempHint1': [True],
    'etypes': ['Air', 'Drum', 'Damper', 'Burner', '--'], 'computed': {'TP_idx': 2},
    'specialevents': [4, 0, 1, 2], 'specialeventstype': [3, 3, 0, 4], 'specialeventsvalue': [11.0, 6.0, 0.0, 9.0]}";

fn read(text: &str) -> Profile {
    import(text, ARRIVAL).unwrap_or_else(|faults| panic!("{faults}"))
}

fn told(result: Result<Profile, Faults>) -> Vec<String> {
    result.unwrap_err().iter().map(|fault| fault.pointer.clone()).collect()
}

fn faults(from: &str, to: &str) -> Vec<String> {
    assert!(SMALL.contains(from), "{from}");
    told(import(&SMALL.replace(from, to), ARRIVAL))
}

#[test]
fn curves_come_in_as_celsius_with_dropouts_missing_and_rates_left_to_compute() {
    let profile = read(SMALL);
    assert_eq!(profile.series.timestamp_ms, [500, 2000, 4000, 6250]);
    assert_eq!(profile.series.et, [Some(100.0), Some(100.0), None, Some(200.0)]);
    assert_eq!(profile.series.bt, [Some(150.0), Some(140.0), None, Some(200.0)]);
    assert_eq!(profile.series.bt_ror, [None; 4]);
    assert_eq!(profile.duration.0, 6250);
}

#[test]
fn a_batch_and_who_roasted_it_come_in_and_go_out() {
    let profile =
        read(&SMALL.replace("'beans'", "'operator': 'Ada', 'roastbatchprefix': 'K', 'roastbatchnr': 12, 'beans'"));
    assert_eq!((profile.label.operator.as_deref(), profile.label.batch.as_deref()), (Some("Ada"), Some("K12")));
    assert_eq!(read(SMALL).label, Label::default());
    for batch in ["K12", "12", "lot-007", "red", "0", "K99999999999"] {
        let label = Label { batch: Some(batch.to_owned()), ..profile.label.clone() };
        let file = export(&Profile { label: label.clone(), ..profile.clone() });
        assert_eq!(read(&file).label, label, "{batch}");
    }
}

#[test]
fn marks_come_from_row_numbers_and_an_unset_one_is_no_mark_at_the_start() {
    let marks: Vec<_> = read(SMALL).marks.iter().map(|mark| (mark.kind, mark.at.0, mark.bt)).collect();
    let expected = [
        (MarkKind::Charge, 2000, Some(140.0)),
        (MarkKind::FirstCrackStart, 4000, None),
        (MarkKind::TurningPoint, 4000, None),
        (MarkKind::Drop, 6250, Some(200.0)),
    ];
    assert_eq!(marks, expected);
    let charge_first = read(&SMALL.replace("[1, 0, 3, 0", "[0, -1, 3, -1"));
    assert_eq!(charge_first.marks[0].kind, MarkKind::Charge);
    assert_eq!((charge_first.marks[0].at.0, charge_first.marks.len()), (500, 4));
}

#[test]
fn a_row_that_stands_for_seconds_is_told_by_lying_outside() {
    let seconds = read(&SMALL.replace("[1, 0, 3, 0, 0, 0, 4, 0]", "[2, 3, 0, 0, 0, 0, 6, 0]"));
    let times: Vec<_> = seconds.marks.iter().map(|mark| (mark.kind, mark.at.0)).collect();
    assert!(times.contains(&(MarkKind::Charge, 2000)) && times.contains(&(MarkKind::Drop, 6000)), "{times:?}");
    assert_eq!(faults("[1, 0, 3, 0, 0, 0, 4, 0]", "[1, 0, 0, 0, 0, 0, 7, 0]"), ["/timeindex/6"]);
    assert_eq!(faults("[1, 0, 3, 0, 0, 0, 4, 0]", "[1, 0, 0, 0, 0, 0, 2.5, 7]"), ["/timeindex/6", "/timeindex/7"]);
}

#[test]
fn control_moves_are_the_special_events_of_the_four_kinds() {
    let controls = read(SMALL).controls;
    assert_eq!(controls["burner"], [(500, 0.5), (6250, 1.0)]);
    assert_eq!(controls["air"], [(2000, 0.0)]);
    assert_eq!(controls.len(), 2);
}

#[test]
fn curves_of_extra_devices_keep_their_unit_and_never_take_a_taken_name() {
    let extra = read(SMALL).series.extra;
    assert_eq!(extra["Burner"], [Some(50.0), Some(50.0), Some(60.0), Some(60.0)]);
    assert_eq!(extra["bt_2"][0], Some(100.0));
    assert_eq!(extra.len(), 2);
}

#[test]
fn what_people_wrote_is_unescaped_and_weights_are_grams() {
    let profile = read(SMALL);
    assert_eq!((profile.name.as_str(), profile.bean.as_deref()), ("Kenya 酸 it's", Some("SL28")));
    assert_eq!(profile.notes.as_deref(), Some("one\ntwo"));
    assert_eq!((profile.machine.as_str(), profile.machine_name.as_str()), ("drum-5-kg", "Drum 5 kg!"));
    assert_eq!(profile.created_at, WallMs(1_767_225_600_000));
    assert!((profile.green_weight_g.unwrap() - 907.184_74).abs() < 1e-6);
    assert_eq!(read(&SMALL.replace("[2, 1.7, 'lb']", "[0, 0, 'Kg']")).green_weight_g, None);
}

#[test]
fn a_profile_as_json_with_hardly_any_keys_is_read_too() {
    let profile = read(r#"{"timex": [1, 2], "temp2": [20.5, null], "title": "酸"}"#);
    assert_eq!(profile.series.bt, [Some(20.5), None]);
    assert_eq!(profile.series.et, [None, None]);
    assert_eq!((profile.name.as_str(), profile.machine.as_str()), ("酸", "imported"));
    assert_eq!(profile.created_at, ARRIVAL.now);
    assert!(profile.marks.is_empty());
}

#[test]
fn what_cannot_be_is_refused_with_its_key() {
    assert_eq!(faults("[0.5, 2.0, 4.0, 4.0001, 6.25]", "[]"), ["/timex"]);
    assert_eq!(faults("[0.5, 2.0, 4.0, 4.0001, 6.25]", "[0.5, 2.0, 1.0, 4.0, 6.25]"), ["/timex/2"]);
    assert_eq!(faults("[0.5, 2.0,", "[-0.5, 2.0,"), ["/timex/0"]);
    assert_eq!(faults("[0.5, 2.0,", "[0.5, nan,"), ["/timex/1"]);
    assert_eq!(faults("[0.5, 2.0,", "[0.5, 'x',"), ["/timex/1"]);
    assert_eq!(faults("4.0001, 6.25]", "4.0001, 1e9]"), ["/timex/4"]);
    assert_eq!(faults("[302.0, 284.0,", "[302.0, inf,"), ["/temp2/1"]);
    assert_eq!(faults("[302.0, 284.0,", "[302.0,"), ["/temp2"]);
    assert_eq!(faults("[[50, 50,", "[[50,"), ["/extratemp1/0"]);
    assert_eq!(faults("[4, 0, 1, 2]", "[4, 0, 1]"), ["/specialevents"]);
    assert_eq!(faults("[4, 0, 1, 2]", "[4, 0, 99, 2]"), ["/specialevents/2"]);
    assert_eq!(faults("'mode': 'F'", "'mode': 'K'"), ["/mode"]);
    assert_eq!(faults("'mode': 'F'", "'mode' 'F'"), ["line 1"]);
    assert_eq!(told(import("[1, 2]", ARRIVAL)), ["line 1"]);
    assert_eq!(told(import("", ARRIVAL)), ["line 1"]);
}

#[test]
fn several_faults_are_told_at_once() {
    let text = SMALL.replace("[302.0, 284.0,", "[302.0, inf,").replace("[[50, 50,", "[[50,");
    assert_eq!(told(import(&text, ARRIVAL)), ["/temp2/1", "/extratemp1/0"]);
}

#[test]
fn a_profile_reads_back_what_it_wrote() {
    let profile = read(SMALL);
    let again = read(&export(&profile));
    assert_eq!(again.series, profile.series);
    assert_eq!(again.marks, profile.marks);
    assert_eq!(again.controls, profile.controls);
    assert_eq!((again.name, again.bean, again.notes), (profile.name, profile.bean, profile.notes));
    assert_eq!((again.machine_name, again.created_at), (profile.machine_name, profile.created_at));
    assert_eq!(again.green_weight_g, profile.green_weight_g);
}

#[test]
fn the_file_itself_is_what_artisan_opens_without_a_signature() {
    let file = literal::parse(&export(&read(SMALL))).unwrap();
    assert_eq!(file.get("version").unwrap().text(), Some("4.0.2"));
    assert_eq!(file.get("mode").unwrap().text(), Some("C"));
    assert_eq!(file.get("signature"), None);
    let etypes: Vec<&str> = file.get("etypes").unwrap().list().unwrap().iter().filter_map(|v| v.text()).collect();
    assert_eq!(etypes, ["air", "Drum", "Damper", "burner", "--"]);
    assert_eq!(file.get("title").unwrap().text(), Some("Kenya \\u9178 it's"));
    let timeindex: Vec<f64> =
        file.get("timeindex").unwrap().list().unwrap().iter().filter_map(|v| v.number()).collect();
    assert_eq!(timeindex, [1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0, 0.0]);
    for key in ["extradevices", "extraname1", "extraname2", "extratimex", "extratemp1", "extratemp2"] {
        assert_eq!(file.get(key).unwrap().list().unwrap().len(), 1, "{key}");
    }
}

#[test]
fn a_fifth_control_is_kept_as_a_curve() {
    let mut profile = read(SMALL);
    profile.series.extra.clear();
    profile.controls = ["a", "b", "c", "d", "e"].map(|id| (id.to_owned(), vec![(2000, 0.25)])).into();
    let again = read(&export(&profile));
    assert_eq!(again.controls.keys().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(again.series.extra["e"], [None, Some(25.0), Some(25.0), Some(25.0)]);
}

proptest! {
    #[test]
    fn any_text_people_write_comes_back(name in "[^\\s\\p{C}]{1,40}", notes in "[a-z'\"\\\\ \n酸😀]{0,40}[a-z]") {
        let mut profile = read(SMALL);
        profile.name = name.clone();
        profile.notes = Some(notes.trim().to_owned());
        let again = read(&export(&profile));
        prop_assert_eq!(again.name, name);
        prop_assert_eq!(again.notes, profile.notes);
    }

    #[test]
    fn importing_never_panics(
        timex in "[0-9.,\\- naif]{0,40}", index in "[0-9.,\\-]{0,20}", events in "[0-9.,\\-]{0,20}",
    ) {
        let text = format!(
            "{{'timex': [{timex}], 'temp2': [{timex}], 'timeindex': [{index}], 'specialevents': [{events}], \
             'specialeventstype': [{events}], 'specialeventsvalue': [{events}], 'computed': {{'TP_idx': {index}}}}}"
        );
        let _ = import(&text, ARRIVAL);
        let _ = import(&format!("{{'timex': [0, 1, 2], 'timeindex': [{index}], 'specialevents': [{events}], \
            'specialeventstype': [{events}], 'specialeventsvalue': [{events}]}}"), ARRIVAL);
    }
}
