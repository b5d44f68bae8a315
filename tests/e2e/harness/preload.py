"""Libraries that a process of ours is to load before all others."""


def preload(library, folder):
    """What LD_PRELOAD is to be. It parts names at blanks and colons and knows no way to write either: where the clone's own
    folder has one, the library gets a link in `folder`, which has none."""
    if not set(str(library)) & set(" :"):
        return str(library)
    link = folder / library.name
    if not link.is_symlink():
        link.symlink_to(library)
    return str(link)
