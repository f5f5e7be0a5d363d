"""JSON of what modules return."""
import datetime
import json
from collections.abc import Mapping, Sequence, Set


class AnsibleJSONEncoder(json.JSONEncoder):
    """Knows sets, bytes, dates and other containers too."""

    def default(self, o):
        if isinstance(o, bytes):
            return o.decode('utf-8', 'surrogateescape')
        if isinstance(o, (datetime.date, datetime.time)):
            return o.isoformat()
        if isinstance(o, Mapping):
            return dict(o)
        if isinstance(o, (Set, Sequence)):
            return list(o)
        return super().default(o)
