"""Hatchling's build hook for ``src/native/``: extension modules where a C compiler is at hand, and a warning where it is not.

The modules are top-level ones (``ingest_text``, ``ingest_tree``), so that they lie in the wheel of an editable install as well, which
has no other place for compiled files. Without them the package does the same in Python.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.errors import BaseError, CompileError, LinkError


class NativeBuildHook(BuildHookInterface):
    """Compiles into a folder of its own, from which the wheel takes the modules."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and add what came of it to the wheel (``version`` is ``standard`` or ``editable``)."""
        self.scratch = Path(tempfile.mkdtemp(prefix="news-ingest-native-"))
        try:
            modules = self._compiled()
        except (CompileError, LinkError, BaseError) as error:
            self.app.display_warning(f"No C compiler that works: extraction will run in Python, at half its speed. {error}")
            return
        included = "force_include_editable" if version == "editable" else "force_include"
        build_data[included] |= {str(module): module.name for module in modules}
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  # hatchling's signature
        """Let go of the compiled files: the wheel has them."""
        shutil.rmtree(self.scratch)

    def _compiled(self) -> list[Path]:
        sources = sorted((Path(self.root) / "src" / "native").glob("*.pyx"))
        extensions = [Extension(source.stem, [str(source)], extra_compile_args=["-O3"]) for source in sources]
        distribution = Distribution({"ext_modules": cythonize(extensions, build_dir=str(self.scratch / "c"), quiet=True)})
        command: Any = distribution.get_command_obj("build_ext")
        command.build_lib, command.build_temp = str(self.scratch / "lib"), str(self.scratch / "temp")
        command.ensure_finalized()
        command.run()
        return sorted((self.scratch / "lib").iterdir())
