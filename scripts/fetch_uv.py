"""Put uv's executable into FOLDER/bin with nothing but Python's standard library.

For machines whose Python has neither venv nor pip. usage: fetch_uv.py FOLDER
"""

import hashlib
import io
import json
import platform
import sys
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import urljoin

INDEX = "https://pypi.org/pypi/uv/json"
SYSTEMS = {"Linux": ("manylinux", "musllinux"), "Darwin": ("macosx",)}


def main(folder: Path) -> None:
    """Find this platform's wheel, check its SHA-256, and unpack the executable."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    names = {machine, "arm64"} if machine == "aarch64" else {machine}
    with urllib.request.urlopen(INDEX, timeout=60) as response:  # a constant https address
        base, files = response.geturl(), json.load(response)["urls"]
    wheels = [
        f
        for prefix in SYSTEMS.get(platform.system(), ())
        for f in files
        if f["filename"].endswith(".whl") and f"-{prefix}" in f["filename"] and any(f["filename"].endswith(f"{n}.whl") for n in names)
    ]
    if not wheels:
        sys.exit(f"There is no uv for {platform.system()} on {machine}: install uv (https://docs.astral.sh/uv) and try again.")
    with urllib.request.urlopen(urljoin(base, wheels[0]["url"]), timeout=300) as response:  # noqa: S310  # as the index names it
        wheel = response.read()
    if hashlib.sha256(wheel).hexdigest() != wheels[0]["digests"]["sha256"]:
        sys.exit("The download of uv is damaged: try again.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        member = next(n for n in archive.namelist() if n.endswith("/scripts/uv"))
        target = folder / "bin" / "uv"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(member))
        target.chmod(0o755)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
