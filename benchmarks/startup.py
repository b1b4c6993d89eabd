"""What it costs a process to be there: CPU until it can answer, and memory, for web, worker and data server.

The floor is bare Django with one template. Compiled modules are there already: this is a restart, not a first start.
"""

import json
import os
import subprocess
import sys

import measure

PROCESSES = {
    "web": "import nganam.site.wsgi",
    "worker": "import django; django.setup(); from django.utils.module_loading import autodiscover_modules as find; "
    "find('tasks'); import nganam.jobs.runner",
    "data server": "import nganam.serving.app",
    "bare Django": "import bare_django",
}
TELL = (
    "; import json, resource, time; told = resource.getrusage(resource.RUSAGE_SELF); "
    "print(json.dumps([time.process_time(), told.ru_maxrss / 1024]))"
)


def run(demo: measure.Platform) -> measure.Result:
    """Start each kind of process in turn."""
    env = {
        **os.environ, "NGANAM_DATA": str(demo.folder), "NGANAM_DEMO": "1", "PYTHONPATH": str(measure.PEERS),
        "DJANGO_SETTINGS_MODULE": "nganam.site.settings",
    }  # fmt: skip

    def start(code: str) -> measure.Figures:
        command = [sys.executable, "-c", code + TELL]
        done = subprocess.run(command, cwd=measure.ROOT, env=env, capture_output=True, text=True, check=True)
        seconds, memory = json.loads(done.stdout.splitlines()[-1])
        return {"cpu_s": seconds, "peak_MB": memory}

    cases = {name: lambda code=code: start(code) for name, code in PROCESSES.items()}
    result = measure.rounds("Starting a process", cases, ratios=[("cpu_s", "web", "bare Django")])
    told = ", ".join(f"{name} {measure.resident_mb(demo.leader(name)):.0f} MB" for name in demo.processes)
    result.notes.append(f"Memory of the running demo (proportional): {told}.")
    return result


if __name__ == "__main__":
    measure.main("startup", run)
