//! Tasks and blocks, made up.

use proptest::prelude::*;
use proptest::strategy::Union;
use serde_json::{Map, Value as Json, json};
use std::ops::Range;

/// A list of tasks and blocks.
pub fn tasks(many: Range<usize>) -> BoxedStrategy<Vec<Json>> {
    let inner = prop::collection::vec(task(), 1..3).boxed();
    let deeper = Union::new_weighted(vec![(4, task()), (1, block(inner))]);
    let outer = prop::collection::vec(deeper, 1..3).boxed();
    prop::collection::vec(Union::new_weighted(vec![(6, task()), (2, block(outer))]), many).boxed()
}

/// A task that needs no module on a host: quick under real Ansible.
pub fn task() -> BoxedStrategy<Json> {
    let keywords: Vec<BoxedStrategy<Vec<(String, Json)>>> = vec![
        some(
            &[
                json!({"when": "own == 'a'"}),
                json!({"when": "own != 'b'"}),
                json!({"when": ["level is defined", "inventory_hostname in groups['g1']"]}),
                json!({"when": "r1 is failed"}),
                json!({"when": "r1 is defined and r1 is changed"}),
                json!({"when": "not_there"}),
                json!({"when": false}),
                json!({"when": "ansible_failed_task is defined"}),
                json!({"when": "item | default(1) != 2"}),
            ],
            5,
        ),
        some(
            &[
                json!({"loop": [1, 2]}),
                json!({"loop": "{{ names }}", "loop_control": {"label": "<{{ item }}>", "index_var": "i"}}),
                json!({"with_items": [[1, 2], 3]}),
                json!({"loop": []}),
                json!({"with_dict": {"a": 1, "b": 2}}),
                json!({"loop": [{"k": 1}, {"k": 2}], "loop_control": {"loop_var": "each", "extended": true}}),
                json!({"with_nested": [[1, 2], ["x"]]}),
                json!({"loop": "{{ not_there_either }}"}),
                json!({"loop": "{{ r1.results | default(['none']) }}", "loop_control": {"label": "x"}}),
                json!({"loop": [1, 2, 3], "loop_control": {"break_when": "item == 2"}}),
                json!({"loop": [1, 2], "until": "item == 2 or own == 'a'", "retries": 1, "delay": 0}),
                json!({"loop": "text"}),
                json!({"with_together": [["a", "b"], [1]]}),
                json!({"with_sequence": "start=1 end=3 format=n%d"}),
                json!({"with_indexed_items": ["x", "y"]}),
                json!({"with_subelements": [[{"n": 1, "l": ["p", "q"]}, {"n": 2}], "l", {"skip_missing": true}]}),
                json!({"with_flattened": [[1, [2]], 3]}),
                json!({"with_random_choice": ["only"]}),
                json!({"with_first_found": [{"files": ["nowhere.yml", "more.yml"], "skip": true}]}),
                json!({"loop": "{{ query('dict', {'x': own}) }}", "loop_control": {"label": "{{ item.key }}"}}),
                json!({"loop": [1, 2], "loop_control": {"label": "{{ not_there }}"}}),
                json!({"loop": [1, 2], "loop_control": {"extended": true, "extended_allitems": false, "pause": 0}}),
                json!({"loop": [1, 2, 3], "loop_control": {"loop_var": "own"}}),
                json!({"loop": [{"a": 1}, "b"], "loop_control": {"break_when": ["item == 'b'", "own == 'a'"]}}),
            ],
            5,
        ),
        some(&[json!({"register": "r1"}), json!({"register": "r2"})], 4),
        some(&[json!({"ignore_errors": true}), json!({"ignore_errors": "{{ own == 'a' }}"})], 6),
        some(
            &[
                json!({"changed_when": true}),
                json!({"changed_when": "own == 'a'"}),
                json!({"failed_when": "own == 'c'"}),
                json!({"failed_when": false}),
                json!({"changed_when": true, "notify": "first"}),
                json!({"changed_when": true, "notify": ["told", "made up"]}),
                json!({"changed_when": true, "notify": "nobody listens"}),
                json!({"changed_when": true, "notify": ["one told", "one : listening"]}),
                json!({"changed_when": true, "notify": "{{ 'told' if own == 'a' else 'first' }}"}),
                json!({"failed_when": ["own == 'b'", "r1 is defined"]}),
                json!({"changed_when": "not_there"}),
                json!({"failed_when": "not_there"}),
            ],
            4,
        ),
        some(&[json!({"tags": "t1"}), json!({"tags": ["t2", "never"]}), json!({"tags": "always"})], 6),
        some(&[json!({"vars": {"own": "task"}}), json!({"vars": {"passed": "{{ own }}", "level": "v"}})], 8),
        some(
            &[
                json!({"run_once": true}),
                json!({"delegate_to": "h3"}),
                json!({"delegate_to": "h1", "delegate_facts": true}),
                json!({"throttle": 1}),
                json!({"any_errors_fatal": true}),
                json!({"no_log": true}),
                json!({"check_mode": true}),
                json!({"until": "own != 'b'", "retries": 1, "delay": 0}),
                json!({"until": "r1 is not failed", "register": "r1", "retries": 2, "delay": 0}),
                json!({"retries": 1, "delay": 0}),
                json!({"ignore_unreachable": true}),
                json!({"module_defaults": {"debug": {"msg": "by the task's default"}}}),
                json!({"check_mode": false}),
                json!({"diff": true}),
                json!({"environment": {"WORD": "{{ own }}"}}),
                json!({"delegate_to": "{{ own }}"}),
                json!({"delegate_to": "{{ groups['g1'][0] }}", "run_once": true}),
                json!({"delegate_to": "{{ item | default('h2') }}"}),
                json!({"run_once": "{{ own == 'a' }}"}),
                json!({"run_once": true, "ignore_errors": true}),
                json!({"timeout": 20}),
                json!({"environment": {"WORD": "{{ not_there }}"}}),
                json!({"until": ["own != 'b'", "true"], "retries": "{{ 1 }}", "delay": 0, "register": "r2"}),
                json!({"throttle": "{{ 1 }}"}),
                json!({"debugger": "never"}),
                json!({"any_errors_fatal": "{{ own == 'b' }}"}),
                json!({"become": "{{ false }}"}),
                json!({"no_log": "{{ own == 'c' }}"}),
            ],
            6,
        ),
        some(
            &[json!({"name": "named"}), json!({"name": "of {{ inventory_hostname }}"}), json!({"name": ""})],
            3,
        ),
    ];
    (action(), keywords)
        .prop_map(|(action, keywords)| {
            let mut task = Map::new();
            task.extend(keywords.into_iter().flatten());
            // Imports and meta actions take few keywords.
            let only = ["name", "when", "tags", "vars"];
            if ["import_tasks", "import_role", "meta"].iter().any(|k| action.get(k).is_some()) {
                task.retain(|k, _| only.contains(&k.as_str()));
            }
            if ["include_tasks", "include_role"].iter().any(|k| action.get(k).is_some()) {
                let more = ["loop", "loop_control", "register", "ignore_errors", "run_once", "with_items"];
                task.retain(|k, _| only.contains(&k.as_str()) || more.contains(&k.as_str()));
            }
            task.extend(action.as_object().unwrap().clone());
            Json::Object(task)
        })
        .boxed()
}

fn action() -> BoxedStrategy<Json> {
    let often = vec![
        json!({"debug": {"msg": "{{ own }} {{ level }}"}}),
        json!({"debug": {"var": "count"}}),
        json!({"debug": {"msg": ["{{ item | default('no item') }}", "{{ r1 | default({}) | type_debug }}"]}}),
        json!({"set_fact": {"own": "{{ own ~ '+' }}"}}),
        json!({"set_fact": {"level": "fact", "cacheable": false}}),
        json!({"fail": {"msg": "no {{ own }}"}}),
        json!({"assert": {"that": ["own != 'b'", "level is defined"]}}),
        json!({"debug": {"var": "r1.msg"}}),
        json!({"debug": null}),
    ];
    let sometimes = vec![
        json!({"include_tasks": "inner.yml"}),
        json!({"include_tasks": "failing.yml"}),
        json!({"import_tasks": "inner.yml"}),
        json!({"import_tasks": "failing.yml"}),
        json!({"include_role": {"name": "one"}}),
        json!({"include_role": {"name": "two", "public": true}}),
        json!({"import_role": {"name": "one", "tasks_from": "other"}}),
        json!({"include_tasks": {"file": "inner.yml", "apply": {"tags": ["applied", "t1"]}}}),
        json!({"include_vars": "more.yml"}),
        json!({"include_tasks": "{{own | replace('b', 'failing') | replace('a', 'inner')}}.yml"}),
        json!({"meta": "flush_handlers"}),
        json!({"meta": "clear_host_errors"}),
        json!({"meta": "end_host"}),
        json!({"meta": "end_play"}),
        json!({"meta": "noop"}),
        json!({"meta": "end_batch"}),
        json!({"group_by": {"key": "made_{{ own }}"}}),
        json!({"add_host": {"name": "new_{{ own }}", "groups": "added"}}),
        json!({"set_stats": {"data": {"k": "{{ own }}"}}}),
        json!({"debug": {"msg": "{{ undefined_thing }}"}}),
        json!({"assert": {"that": "own == 'a'", "fail_msg": "it is {{ own }}", "quiet": true}}),
        json!({"debug": {"msg": "{{ hostvars['h3'].own | default('none') }} {{ ansible_play_hosts }}"}}),
        json!({"debug": {"msg": "quiet", "verbosity": 1}}),
        json!({"debug": {"msg": 1, "unknown": 2}}),
        json!({"command": "echo {{ own }}"}),
        json!({"command": "false"}),
        json!({"shell": "echo $WORD; test {{ own }} != b"}),
        json!({"copy": {"content": "of {{ own }} {{ level }}\n", "dest": "{{ playbook_dir }}/out/{{ inventory_hostname }}"}}),
        json!({"copy": {"content": "by all\n", "dest": "{{ playbook_dir }}/out/all", "mode": "0600"}}),
        json!({"debug": {"msg": "{{ ansible_failed_task.name | default('-') }}: {{ ansible_failed_result.msg | default('-') }}"}}),
        json!({"debug": {"msg": "{{ group_names }} {{ groups.all }} {{ groups.made_a | default([]) }} {{ groups.added | default([]) }}"}}),
        json!({"debug": {"msg": "{{ ansible_play_batch }} {{ ansible_play_hosts_all }} {{ play_hosts }}"}}),
        json!({"debug": {"msg": "{{ of_group | default('-') }} {{ of_host | default('-') }} {{ of_role | default('-') }}"}}),
        json!({"set_fact": {"from_{{ inventory_hostname }}": "{{ level }}", "of_host": "a fact"}}),
        json!({"set_fact": {"own": "{{ item | default('z') }}"}}),
        json!({"include_role": {"name": "one", "apply": {"tags": ["t1"], "vars": {"passed": "applied"}}}}),
        json!({"include_role": {"name": "three", "tasks_from": "blocks"}}),
        json!({"include_role": {"name": "three", "defaults_from": "other", "vars_from": "other"}}),
        json!({"import_role": {"name": "three"}}),
        json!({"import_role": {"name": "two", "allow_duplicates": false}}),
        json!({"include_tasks": {"file": "failing.yml", "apply": {"ignore_errors": true}}}),
        json!({"include_tasks": "blocks.yml"}),
        json!({"import_tasks": "blocks.yml"}),
        json!({"include_tasks": "looped.yml"}),
        json!({"include_vars": {"file": "more.yml", "name": "named"}}),
        json!({"include_vars": "none.yml"}),
        json!({"meta": "end_role"}),
        json!({"meta": "clear_facts"}),
        json!({"meta": "refresh_inventory"}),
        json!({"set_stats": {"data": {"n": 1}, "per_host": true}}),
        json!({"set_stats": {"data": {"n": [1]}, "aggregate": false}}),
        json!({"ping": null}),
        json!({"fail": null}),
        json!({"fail": {"msg": ["a", 1, null]}}),
        json!({"assert": {"that": ["own == 'a'", "own is string"], "success_msg": "well, {{ own }}"}}),
        json!({"assert": {"that": "{{ own == 'a' }}"}}),
        json!({"assert": {"that": []}}),
        json!({"group_by": {"key": "by_{{ level }}", "parents": ["above", "over"]}}),
        json!({"add_host": {"name": "new_{{ own }}", "groups": ["added", "g1"], "level": "of a new host"}}),
        json!({"set_stats": {"data": {"list": ["{{ own }}"]}, "aggregate": true, "per_host": "yes"}}),
        json!({"meta": "end_role"}),
        json!({"include_role": {"name": "one", "tasks_from": "nowhere"}}),
        json!({"include_role": {"name": "nobody"}}),
        json!({"include_role": {"name": "{{ 'one' if own == 'a' else 'three' }}", "public": true}}),
        json!({"include_role": {"name": "two", "apply": {"ignore_errors": true, "when": "own != 'c'"}}}),
        json!({"include_role": {"name": "one", "handlers_from": "main", "rolespec_validate": false}}),
        json!({"include_tasks": {"file": "inner.yml", "apply": {"vars": {"passed": "applied"}, "run_once": true}}}),
        json!({"include_tasks": {"file": "looped.yml", "apply": {"delegate_to": "h1"}}}),
        json!({"include_tasks": "nowhere.yml"}),
        json!({"include_vars": {"file": "more.yml", "hash_behaviour": "merge"}}),
        json!({"include_vars": {"dir": "group_vars", "extensions": ["yml"], "name": "named"}}),
        json!({"stat": {"path": "{{ playbook_dir }}/hosts", "get_checksum": true}, "register": "r2"}),
        json!({"file": {"path": "{{ playbook_dir }}/out/{{ inventory_hostname }}.d", "state": "touch", "mode": "0640"}}),
        json!({"lineinfile": {"path": "{{ playbook_dir }}/out/lines", "line": "of {{ own }}", "create": true}}),
        json!({"tempfile": {"state": "nothing"}}),
        json!({"command": {"argv": ["echo", "{{ own }}"], "creates": "{{ playbook_dir }}/out/all"}}),
        json!({"debug": {"msg": "{{ ansible_loop | default({}) | dict2items | map(attribute='key') | list }}"}}),
        json!({"debug": {"msg": "{{ hostvars[inventory_hostname].level }} {{ hostvars.h1.deep.x | default('-') }}"}}),
        json!({"debug": {"var": "vars.own"}}),
        json!({"debug": {"var": "deep['x'][5]"}}),
    ];
    prop_oneof![3 => prop::sample::select(often), 2 => prop::sample::select(sometimes)].boxed()
}

fn block(inner: BoxedStrategy<Vec<Json>>) -> BoxedStrategy<Json> {
    let part = |one_in: u32| prop_oneof![one_in - 1 => Just(None), 1 => inner.clone().prop_map(Some)];
    let keywords = vec![
        some(&[json!({"when": "own != 'b'"}), json!({"when": "own == 'a'"})], 6),
        some(&[json!({"tags": "t1"}), json!({"tags": "never"})], 8),
        some(&[json!({"vars": {"level": "block"}})], 6),
        some(&[json!({"ignore_errors": true}), json!({"any_errors_fatal": true})], 10),
        some(&[json!({"delegate_to": "h2"}), json!({"run_once": true}), json!({"no_log": false})], 12),
        some(&[json!({"name": "a block"})], 3),
        some(&[json!({"notify": "first"})], 10),
        some(&[json!({"notify": ["told", "made up"]}), json!({"notify": "{{ 'first' }}"})], 14),
        some(
            &[json!({"check_mode": true}), json!({"diff": true}), json!({"environment": {"WORD": "block"}})],
            14,
        ),
        some(
            &[
                json!({"ignore_unreachable": true}),
                json!({"module_defaults": {"debug": {"msg": "by the block's default"}}}),
                json!({"throttle": 1}),
            ],
            14,
        ),
    ];
    (inner.clone(), part(2), part(2), keywords)
        .prop_map(|(body, rescue, always, keywords)| {
            let mut block = Map::new();
            block.extend(keywords.into_iter().flatten());
            block.insert("block".into(), json!(body));
            block.extend(rescue.map(|tasks| ("rescue".to_owned(), json!(tasks))));
            block.extend(always.map(|tasks| ("always".to_owned(), json!(tasks))));
            Json::Object(block)
        })
        .boxed()
}

/// One of these sets of keywords, one time in so many.
fn some(of: &[Json], one_in: u32) -> BoxedStrategy<Vec<(String, Json)>> {
    let sets: Vec<Vec<(String, Json)>> = of
        .iter()
        .map(|set| set.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.clone())).collect())
        .collect();
    prop_oneof![one_in - 1 => Just(Vec::new()), 1 => prop::sample::select(sets)].boxed()
}
