#!/usr/bin/python
"""Says what it was given, does what it is told with files and programs."""
import os

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible.module_utils._text import to_native
from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict, dict_merge, recursive_diff
from ansible.module_utils.common.text.formatters import bytes_to_human
from ansible.module_utils.compat.version import LooseVersion
from ansible.module_utils.own_helpers.words import (
    loud,  # a helper of the play's own
    quiet as soft,
)
from ansible.module_utils.six import iteritems, string_types
from ansible.module_utils.six.moves.urllib.parse import urlparse
from ansible_collections.own.things.plugins.module_utils import shared


def main():
    module = AnsibleModule(
        argument_spec=dict(
            name=dict(required=True, aliases=['title']),
            state=dict(choices=['present', 'absent'], default='present'),
            count=dict(type='int', default=1),
            flag=dict(type='bool'),
            items=dict(type='list', elements='int'),
            options=dict(type='dict', options=dict(a=dict(type='int', required=True), b=dict(default='bee'))),
            secret=dict(no_log=True),
            size=dict(type='bytes'),
            home=dict(fallback=(env_fallback, ['OWN_HOME'])),
            path=dict(type='path'),
            command=dict(type='raw'),
            data=dict(),
            fail=dict(type='bool', default=False),
            crash=dict(type='bool', default=False),
            forget=dict(type='bool', default=False),
        ),
        mutually_exclusive=[('command', 'path')],
        required_by=dict(data='command'),
        required_if=[('state', 'absent', ['path'])],
        add_file_common_args=True,
        supports_check_mode=True,
    )
    params = module.params
    result = dict(changed=False, given=dict((k, v) for k, v in iteritems(params)), check=module.check_mode)
    result['words'] = [loud(params['name']), soft(params['name']), shared.both(params['name'])]
    result['merged'] = dict_merge({'a': {'b': 1}}, {'a': {'c': 2}})
    result['snake'] = camel_dict_to_snake_dict({'targetGroupARNs': [{'HTTPPort': 1}]})
    result['diffs'] = recursive_diff({'a': 1, 'b': {'c': 2}}, {'b': {'c': 3}})
    result['human'] = [bytes_to_human(1500000), module.human_to_bytes('2K')]
    result['newer'] = LooseVersion('1.10') > LooseVersion('1.9')
    result['host'] = urlparse('http://h.example/x').hostname
    result['text'] = isinstance(to_native(b'x'), string_types)
    if params['secret']:
        module.warn('the secret is %s long' % len(params['secret']))
        result['leak'] = 'it is %s!' % params['secret']
    if params['fail']:
        module.fail_json(msg='told to fail', name=params['name'])
    if params['crash']:
        raise RuntimeError('told to crash')
    if params['command']:
        rc, out, err = module.run_command(params['command'], data=params['data'], environ_update={'OWN': 'yes'},
                                          use_unsafe_shell=isinstance(params['command'], str) and '|' in params['command'])
        result.update(rc=rc, out=out, err=err)
    if params['path'] and params['state'] == 'present':
        content = params['name'] + '\n'
        before = module.sha1(params['path'])
        if before is None or open(params['path']).read() != content:
            result['changed'] = True
            if not module.check_mode:
                draft = os.path.join(module.tmpdir, 'draft')
                with open(draft, 'w') as file:
                    file.write(content)
                module.atomic_move(draft, params['path'])
        arguments = module.load_file_common_arguments(params)
        result['changed'] = module.set_fs_attributes_if_different(arguments, result['changed'])
        result['sha1'], result['sha256'] = module.sha1(params['path']), module.sha256(params['path'])
    elif params['path']:
        module.cleanup(params['path'])
    if not params['forget']:
        module.exit_json(ansible_facts=dict(own_python_fact=params['name']), **result)


if __name__ == '__main__':
    main()
