//! What dynamic includes pass on, as ansible-core does.

use super::{Modules, Templates};
use std::path::Path;
use std::sync::Arc;
use warp::play::{IncludedTasks, Loader, Plan, RoleRequest, Step, Task};
use warp::template::Engine;
use warp::value::{Text, Value, Vars};

const PLAYBOOK: &str = r#"
- hosts: all
  become: true
  tasks:
    - block:
        - include_tasks:
            file: sub/inner.yml
            apply: {tags: applied, become: false}
          vars: {own: 1}
          tags: mine
          when: condition
        - include_role: {name: outer, defaults_from: other}
          vars: {entry: 1}
      when: around
      tags: block
"#;

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn tasks(steps: &[Step]) -> Vec<Arc<Task>> {
    let of = |step: &Step| match step {
        Step::Task(task) => vec![Arc::clone(task)],
        Step::Block(block) => tasks(&block.steps),
        Step::FlushHandlers => Vec::new(),
    };
    steps.iter().flat_map(of).collect()
}

fn json(values: &[Value]) -> String {
    serde_json::Value::from(&Value::list(values.to_vec())).to_string()
}

fn names(layers: &[Arc<Vars>]) -> Vec<&str> {
    layers.iter().flat_map(|l| l.keys().map(|k| &**k)).collect()
}

#[test]
fn includes_pass_on_what_surrounds_them_and_apply_but_not_their_own_keywords() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "site.yml", PLAYBOOK);
    write(folder.path(), "sub/inner.yml", "- command: 'true'\n  tags: inner\n- import_tasks: more.yml\n");
    write(folder.path(), "sub/more.yml", "- command: 'true'\n");
    write(folder.path(), "roles/outer/meta/main.yml", "dependencies: [{role: inner, par: 1}]\n");
    write(folder.path(), "roles/outer/defaults/main.yml", "wrong: 1\n");
    write(folder.path(), "roles/outer/defaults/other.yml", "right: 1\nshared: outer\n");
    write(folder.path(), "roles/outer/tasks/main.yml", "- command: 'true'\n");
    write(folder.path(), "roles/outer/handlers/main.yml", "- name: told\n  command: 'true'\n");
    write(folder.path(), "roles/inner/defaults/main.yml", "shared: inner\n");
    write(folder.path(), "roles/inner/vars/main.yml", "deep: 1\n");
    write(folder.path(), "roles/inner/tasks/main.yml", "- command: 'true'\n");

    let templates = Templates(Engine::new());
    let loader = Loader {
        catalogue: &Modules,
        render: &templates,
        search: warp::play::Search::default(),
        early: true,
        private_role_vars: None,
    };
    let plan: Plan = loader.playbook(&folder.path().join("site.yml")).unwrap().value;
    let play = &plan.plays[0];
    let includers = tasks(&play.sections[1]);

    let item = Vars::from_iter([(Arc::from("item"), Value::Int(7))]);
    let included: IncludedTasks =
        loader.include_tasks(play, &includers[0], "sub/inner.yml", item).unwrap().value;
    let inner = tasks(&included.steps);
    assert_eq!(inner.len(), 2);
    let keywords = &inner[0].keywords;
    assert_eq!(json(&keywords.when), r#"["around"]"#);
    assert_eq!(json(&keywords.tags), r#"["block","applied","inner"]"#);
    assert_eq!(keywords.become_, Some(Value::Bool(false)));
    assert_eq!(names(&keywords.vars), ["own", "item"]);
    assert_eq!(names(&keywords.include_params), ["own", "item"]);
    // Without the hash of the include's content: what is edited of it leaves what it includes as it was.
    let (includer, _) = includers[0].id.rsplit_once('@').unwrap();
    assert!(inner[0].id.starts_with(&format!("{includer}/")), "{}", inner[0].id);

    let args = &includers[1].action.args;
    let request = RoleRequest::from_args(args, &Text::data("include_role")).unwrap();
    let role = loader.include_role(play, &includers[1], request, Vars::new()).unwrap().value;
    let steps = tasks(&role.steps);
    let told = |task: &Task| {
        let role = task.role.as_ref().unwrap();
        let value = |vars: &Vars, name: &str| vars.get(name).map(|v| serde_json::Value::from(v).to_string());
        format!(
            "{} shared={:?} right={:?} wrong={:?} deep={:?} par={:?}",
            role.name,
            value(&role.defaults, "shared"),
            value(&role.defaults, "right"),
            value(&role.defaults, "wrong"),
            value(&role.vars, "deep"),
            value(&role.params, "par"),
        )
    };
    let told: Vec<String> = steps.iter().map(|t| told(t)).collect();
    assert_eq!(
        told,
        [
            "inner shared=Some(\"\\\"inner\\\"\") right=Some(\"1\") wrong=None deep=Some(\"1\") par=Some(\"1\")",
            "outer shared=Some(\"\\\"outer\\\"\") right=Some(\"1\") wrong=None deep=Some(\"1\") par=None",
        ]
    );
    assert!(!role.role.public && role.role.allow_duplicates);
    assert_eq!(role.handlers.len(), 1);
    assert_eq!(json(&steps[1].keywords.tags), r#"["block"]"#);
}
