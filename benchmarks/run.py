"""``./nganam bench [name…]``: run the named benchmarks, or all, each in a process of its own, on one demo."""

import os
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import measure

HERE = Path(__file__).parent
WITHOUT_DEMO = {"cases", "lgsp/filtering", "lgsp/gateways", "lgsp/snapshots", "lgsp/soak"}
"""What builds a province, or a gateway, of its own."""
WHEN_NAMED = {"lgsp/soak", "warehouse/growth"}
"""What takes an hour, or as long as it is asked to grow."""
BESIDE = {"measure", "run"}


def main() -> int:
    """Return 0 when every benchmark could be run and kept its bar."""
    options = measure.options(sys.argv[1:])
    known = {path.stem: path for path in sorted(HERE.glob("*.py")) if path.stem not in BESIDE}
    for room in ("lgsp", "warehouse"):
        known |= {f"{room}/{path.stem}": path for path in sorted(HERE.glob(f"{room}/*.py"))}
    unknown = [name for name in options.names if name not in known]
    if unknown or options.list:
        print(
            "\n".join(known) if options.list else f"Không có phép đo {', '.join(unknown)}. Đang có: {', '.join(known)}"
        )
        return 2 if unknown else 0
    began = time.monotonic()
    failed = []
    names = options.names or [name for name in known if name not in WHEN_NAMED]
    with nullcontext() if set(names) <= WITHOUT_DEMO else measure.running(options.data.resolve()):
        for name in names:
            print(f"== {name}  (load average {os.getloadavg()[0]:.1f})", flush=True)
            command = [sys.executable, str(known[name]), "--data", str(options.data)]
            command += [f"--database={options.database}"] if options.database else []
            if subprocess.run(command, cwd=measure.ROOT, check=False).returncode:
                failed.append(name)
    print(f"{time.monotonic() - began:.0f} s. {f'Hỏng: {failed}' if failed else measure.RESULTS}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
