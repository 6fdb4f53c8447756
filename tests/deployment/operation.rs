//! Alarms, logs and the dashboard of the template.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use yaml_rust2::{Yaml, YamlLoader};

use crate::support::{Value, repository};

pub(crate) fn template() -> Yaml {
    let text = std::fs::read_to_string(repository("template.yaml")).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

/// Returns the template's resources of a type, by name.
pub(crate) fn resources(template: &Yaml, kind: &str) -> BTreeMap<String, Yaml> {
    let resources = template["Resources"].as_hash().unwrap().iter();
    let of_kind = resources.filter(|(_, resource)| resource["Type"].as_str() == Some(kind));
    of_kind.map(|(name, resource)| (name.as_str().unwrap().to_owned(), resource.clone())).collect()
}

pub(crate) fn text(yaml: &Yaml) -> String {
    yaml.as_str().unwrap_or_else(|| panic!("not a string: {yaml:?}")).to_owned()
}

/// A metric of an alarm, of the dashboard or of a log line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Metric {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// The values of the dimensions.
    pub(crate) dimensions: BTreeMap<String, String>,
}

impl Metric {
    fn from_template(yaml: &Yaml) -> Self {
        let dimensions = yaml["Dimensions"].as_vec().into_iter().flatten();
        Self {
            namespace: text(&yaml["Namespace"]),
            name: text(&yaml["MetricName"]),
            dimensions: dimensions.map(|it| (text(&it["Name"]), text(&it["Value"]))).collect(),
        }
    }
}

/// Returns the metrics that an alarm watches.
pub(crate) fn watched(alarm: &Yaml) -> Vec<Metric> {
    match alarm["Properties"]["Metrics"].as_vec() {
        Some(metrics) => metrics
            .iter()
            .map(|metric| &metric["MetricStat"]["Metric"])
            .filter(|it| !it.is_badvalue())
            .map(Metric::from_template)
            .collect(),
        None => vec![Metric::from_template(&alarm["Properties"])],
    }
}

/// Returns the functions that the metrics with a name are about.
fn functions_of(metrics: &[Metric], name: &str) -> BTreeSet<String> {
    metrics
        .iter()
        .filter(|metric| metric.name == name)
        .map(|metric| metric.dimensions["FunctionName"].clone())
        .collect()
}

/// Returns the widgets of the dashboard of a stack with or without the optional alarms.
fn widgets(template: &Yaml, optional: bool) -> Vec<Value> {
    let body = &template["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    let mut json = text(&body[0]);
    for (name, value) in body[1].as_hash().unwrap() {
        json = json.replace(&format!("${{{}}}", text(name)), &text(&value[if optional { 1 } else { 2 }]));
    }
    let dashboard: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    dashboard["widgets"].as_array().unwrap().clone()
}

/// Returns the metrics on the dashboard. A row can repeat fields of the row before: `.` repeats one field, `...`
/// repeats all fields up to those that follow it.
pub(crate) fn shown(template: &Yaml) -> Vec<Metric> {
    let mut shown = Vec::new();
    for widget in widgets(template, true) {
        let mut before: Vec<String> = Vec::new();
        for row in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            let row: Vec<_> = row.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let mut metric = match row.split_first() {
                Some((&"...", rest)) => before[..before.len() - rest.len()]
                    .iter()
                    .cloned()
                    .chain(rest.iter().map(|it| it.to_string()))
                    .collect(),
                _ => row.iter().map(|it| it.to_string()).collect::<Vec<_>>(),
            };
            for (field, before) in metric.iter_mut().zip(&before).filter(|(field, _)| *field == ".") {
                field.clone_from(before);
            }
            before.clone_from(&metric);
            let metric: Vec<_> = metric.iter().map(|it| it.trim_start_matches("${").trim_end_matches('}')).collect();
            let [namespace, name, dimensions @ ..] = metric.as_slice() else { panic!("{metric:?}") };
            let dimensions = dimensions.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
            shown.push(Metric { namespace: (*namespace).to_owned(), name: (*name).to_owned(), dimensions });
        }
    }
    shown
}

#[test]
fn every_function_has_alarms_and_dashboard_metrics() {
    let template = template();
    let functions: BTreeSet<String> = resources(&template, "AWS::Serverless::Function").into_keys().collect();
    assert!(functions.len() > 5, "{functions:?}");
    assert_eq!(functions_of(&watched(&template["Resources"]["ErrorsAlarm"]), "Errors"), functions);
    assert_eq!(functions_of(&shown(&template), "ConcurrentExecutions"), functions);
    // Functions with routes have a latency.
    let with_routes = resources(&template, "AWS::Serverless::Function").into_iter();
    let with_routes = with_routes.filter(|(_, function)| !function["Properties"]["Events"].is_badvalue());
    assert_eq!(functions_of(&shown(&template), "Duration"), with_routes.map(|(name, _)| name).collect());
}

#[test]
fn every_alarm_is_on_dashboard_and_notifies_topic() {
    let template = template();
    for (optional, count) in [(true, 13), (false, 10)] {
        let alarms = resources(&template, "AWS::CloudWatch::Alarm").into_iter();
        let alarms = alarms.filter(|(_, alarm)| optional || alarm["Condition"].is_badvalue());
        let mut names = BTreeSet::new();
        for (name, alarm) in alarms {
            assert_eq!(alarm["Properties"]["AlarmActions"][0].as_str(), Some("AlarmTopic"), "{name}");
            // "ignore" would disable the alarm in a clinic with few requests.
            assert!(alarm["Properties"]["EvaluateLowSampleCountPercentile"].is_badvalue(), "{name}");
            names.insert(format!("${{{name}.Arn}}"));
        }
        let widget = widgets(&template, optional).into_iter().find(|widget| widget["type"] == "alarm").unwrap();
        let listed = widget["properties"]["alarms"].as_array().unwrap().iter();
        assert_eq!(listed.map(|arn| arn.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), names);
        assert_eq!(names.len(), count);
    }
}

/// Evaluates the alarm's expression with Python.
#[test]
fn latency_alarm_works_at_any_request_rate() {
    let template = template();
    let metrics = &template["Resources"]["LatencyAlarm"]["Properties"]["Metrics"];
    let metric = |id: &str| metrics.as_vec().unwrap().iter().find(|metric| metric["Id"].as_str() == Some(id)).unwrap();
    assert_eq!(text(&metric("requests")["MetricStat"]["Stat"]), "SampleCount");
    assert_eq!(text(&metric("fast")["MetricStat"]["Stat"]), "PR(:${SlowMilliseconds})");
    let expression = text(&metric("slow")["Expression"]).replace("IF(", "iff(").replace(" AND ", " and ");
    let cases = [
        // Requests in five minutes, the slow ones among them, and whether the alarm goes off.
        (15, 0, 0),
        (15, 2, 0),
        (15, 3, 1),
        (7, 3, 1),
        (3, 3, 1),
        (1, 1, 0),
        (200, 3, 1),
        (1_000, 3, 0),
        (10_000, 100, 0),
        (10_000, 101, 1),
    ];
    let program = format!(
        "iff = lambda condition, yes, no: yes if condition else no\n\
         for requests, slow in {:?}:\n fast = 100 * (requests - slow) / requests\n print({expression})",
        cases.map(|(requests, slow, _)| (requests, slow))
    );
    let output = Command::new("python3").args(["-c", &program]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().collect::<Vec<_>>(), cases.map(|(_, _, breaches)| breaches.to_string()));
}

#[test]
fn only_functions_with_secrets_have_the_extension() {
    let template = template();
    assert!(template["Globals"]["Function"]["Layers"].is_badvalue());
    let common = template["Globals"]["Function"]["Environment"]["Variables"].as_hash().unwrap();
    assert_eq!(common.keys().map(text).collect::<Vec<_>>(), ["STACK"]);
    let mut with = 0;
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        let properties = &function["Properties"];
        let none = Default::default();
        let variables = properties["Environment"]["Variables"].as_hash().unwrap_or(&none);
        let reads = variables.keys().any(|name| text(name).ends_with("_SECRET"));
        let extension = format!("{:?}", properties["Layers"]).contains("aws-parameters-and-secrets-lambda-extension");
        let (role, _) = properties["Role"].as_str().unwrap().split_once('.').unwrap();
        let may = format!("{:?}", template["Resources"][role]).contains("secretsmanager:GetSecretValue");
        assert_eq!((extension, may), (reads, reads), "{name}");
        let settings = variables.keys().filter(|name| text(name).starts_with("PARAMETERS_SECRETS_EXTENSION")).count();
        assert_eq!(settings, if reads { 2 } else { 0 }, "{name}");
        // Every function with a database has the database's token as a secret.
        assert_eq!(reads, variables.keys().any(|name| text(name) == "DATABASE_URL"), "{name}");
        with += usize::from(reads);
    }
    assert!(with > 4, "{with}");
}

#[test]
fn logs_are_kept_for_a_year_and_after_stack_deletion() {
    let template = template();
    assert_eq!(template["Parameters"]["LogRetentionDays"]["Default"].as_i64(), Some(365));
    let groups = resources(&template, "AWS::Logs::LogGroup");
    for (name, group) in &groups {
        assert_eq!(group["Properties"]["RetentionInDays"].as_str(), Some("LogRetentionDays"), "{name}");
        assert_eq!(group["DeletionPolicy"].as_str(), Some("RetainExceptOnCreate"), "{name}");
        assert_eq!(group["UpdateReplacePolicy"].as_str(), Some("Retain"), "{name}");
    }
    let mut written = BTreeSet::from(["ApiLog".to_owned()]);
    for function in resources(&template, "AWS::Serverless::Function").values() {
        written.insert(text(&function["Properties"]["LoggingConfig"]["LogGroup"]));
    }
    assert_eq!(groups.into_keys().collect::<BTreeSet<_>>(), written);
}

#[test]
fn gateway_log_has_request_id_of_function_log() {
    let settings = &template()["Resources"]["Api"]["Properties"]["AccessLogSettings"];
    let format: Value = serde_json::from_str(&text(&settings["Format"])).unwrap();
    // The id of the invocation, which Lambda returns to the gateway.
    assert_eq!(format["request_id"], "$context.integration.requestId");
    assert_eq!(format["gateway_request_id"], "$context.requestId");
    assert!(!format.to_string().contains("$context.path"), "{format}");
}

/// CodeDeploy compares the alarms with the requests that reached the new version in some minutes, so the alarms have to go
/// off within minutes. None may depend on the API, which depends on the functions.
#[test]
fn alarms_that_roll_back_are_fast() {
    let template = template();
    let preference = &template["Globals"]["Function"]["DeploymentPreference"];
    assert_eq!(preference["Alarms"][0].as_str(), Some("RollsBackOnAlarms"));
    let alarms = preference["Alarms"][1].as_vec().unwrap();
    assert!(alarms.len() > 2, "{alarms:?}");
    for alarm in alarms {
        let alarm = &template["Resources"][alarm.as_str().unwrap()];
        assert!(alarm["Condition"].is_badvalue() && !format!("{alarm:?}").contains("ApiId"), "{alarm:?}");
        let metrics = alarm["Properties"]["Metrics"].as_vec().into_iter().flatten();
        let periods = metrics.map(|metric| &metric["MetricStat"]["Period"]).chain([&alarm["Properties"]["Period"]]);
        assert!(periods.filter_map(Yaml::as_i64).all(|period| period == 60), "{alarm:?}");
    }
}
