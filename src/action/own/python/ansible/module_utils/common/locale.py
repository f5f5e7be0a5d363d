"""A locale in which programs speak English."""

_PREFERRED = ('C.utf8', 'C.UTF-8', 'en_US.utf8', 'en_US.UTF-8', 'C', 'POSIX')


def get_best_parsable_locale(module, preferences=None, raise_on_locale=False):
    """The first of the preferred ones that is here; `C` where that cannot be found out."""
    try:
        program = module.get_bin_path('locale')
        if not program:
            raise RuntimeWarning("Could not find 'locale' tool")
        rc, out, err = module.run_command([program, '-a'])
        if rc != 0:
            raise RuntimeWarning('Unable to get locale information, rc=%s: %s' % (rc, err))
        if not out:
            raise RuntimeWarning('No output from locale, rc=%s: %s' % (rc, err))
    except RuntimeWarning:
        if raise_on_locale:
            raise
        return 'C'
    available = out.split()
    return next((name for name in preferences or _PREFERRED if name in available), 'C')
