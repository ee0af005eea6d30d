"""`import tempsampling` is cheap."""

import subprocess
import sys


def test_importing_the_package_loads_neither_model_nor_widgets_nor_plots():
    code = "import sys, tempsampling; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    loaded = set(result.stdout.split())
    assert "numpy" in loaded
    assert not loaded & {"gguf", "tokenizers", "ipywidgets", "matplotlib", "IPython", "tqdm"}
