from ansible.module_utils.basic import AnsibleModule
from ..module_utils.parts import twice


def main():
    module = AnsibleModule(argument_spec=dict(text=dict(required=True)))
    module.exit_json(changed=False, twice=twice(module.params['text']), name=module._name)


main()
