"""The filters of addresses under the names that they had when Ansible brought them itself."""

from ansible_collections.ansible.utils.plugins.filter.ipaddr import FilterModule as Ipaddr
from ansible_collections.ansible.utils.plugins.filter.nthhost import FilterModule as Nthhost


class FilterModule:
    def filters(self):
        return {**Ipaddr().filters(), **Nthhost().filters()}
