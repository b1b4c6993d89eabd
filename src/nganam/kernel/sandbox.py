"""Names by which a call of the sandbox is told from one of real data, the same in every process."""

MARK = "-THU"
SUFFIX = ".thu"
HEADER = "x-nganam-sandbox"


def instance_of(instance: str) -> str:
    """Return the instance the sandbox of ``instance`` stands under: ``VN`` gives ``VN-THU``."""
    return instance + MARK


def is_sandbox(instance: str) -> bool:
    """Say whether an instance, as the log tells it, is one of a sandbox."""
    return instance.endswith(MARK)


def twin_of(code: str) -> str:
    """Return the code under which the data server knows the twin of a service; no service of ours has a dot."""
    return code + SUFFIX
