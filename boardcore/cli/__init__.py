"""The `boardcore` command."""

from boardcore.cli._main import main as main
