#!/usr/bin/python
from ansible.module_utils.basic import *

module = AnsibleModule(argument_spec=dict(missing=dict(type='list', default=[])))
module.fail_on_missing_params(module.params['missing'])
module.exit_json(changed=True, program=os.path.basename(module.get_bin_path('sh', True)), truth=module.boolean('on'))
