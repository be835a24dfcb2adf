import importlib
import subprocess
import sys

import typer
from typer.testing import CliRunner

from callscope.cli import main
from callscope.core.errors import CallscopeError

run = CliRunner()


def test_every_command_file_is_mounted() -> None:
    names = main.command_files()
    assert "callscope.cli.analyze" in names
    assert main.PROGRAM not in names
    for name in names:
        assert isinstance(importlib.import_module(name).app, typer.Typer)


def test_help_names_the_commands() -> None:
    shown = run.invoke(main.app, ["--help"])
    assert shown.exit_code == 0
    assert "analyze" in shown.output


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    program = (
        "import sys\n"
        "import callscope.cli.main\n"
        "heavy = {'numpy', 'onnxruntime', 'av', 'sqlalchemy', 'fastapi', 'procrastinate', 'faster_whisper'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_expected_failure_is_one_sentence_without_a_traceback() -> None:
    program = main.build_app()

    @program.command("fail")
    def _fail() -> None:
        raise CallscopeError("The disk is full; make room and start again.")

    failed = run.invoke(program, ["fail"])
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr == "callscope: The disk is full; make room and start again.\n"


def test_an_unexpected_failure_is_not_hidden() -> None:
    program = main.build_app()

    @program.command("fail")
    def _fail() -> None:
        raise ZeroDivisionError

    assert isinstance(run.invoke(program, ["fail"]).exception, ZeroDivisionError)
