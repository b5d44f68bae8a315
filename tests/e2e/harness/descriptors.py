"""How many descriptors the tests may have open. What is usual is 1,024 with leave to ask for more, and some tests are both
ends of more connections than that."""
import resource

ENOUGH = 65536  # for any test; an "unlimited" limit cannot be asked for everywhere


def raise_descriptors():
    """Asks for as many as this user may have; returns how many there are now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return ENOUGH if soft == resource.RLIM_INFINITY else soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError):  # a system that says less than it means: what there is has to do
        return soft
    return most


DESCRIPTORS = raise_descriptors()
