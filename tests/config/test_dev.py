"""The script `dev` and its relatives."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.plugins.services import ROOT


def run(*arguments, cwd=ROOT):
    return subprocess.run(
        [str(ROOT / "dev"), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("script", ["dev", "docker/create-roles.sh", ".ci/run"])
def test_scripts_are_executable_and_have_no_syntax_errors(script):
    path = ROOT / script
    assert os.access(path, os.X_OK)
    shell = "bash" if "bash" in path.read_text().splitlines()[0] else "sh"
    assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0


def test_help_is_printed_from_anywhere(tmp_path):
    for arguments in ((), ("help",), ("--help",)):
        done = run(*arguments, cwd=tmp_path)
        assert done.returncode == 0
        for command in ("up", "test", "check", "shell", "bench"):
            assert f"\n  {command} " in done.stdout


def test_an_unknown_command_is_refused_with_the_help():
    done = run("dance")
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("dev: There is no command dance.")
