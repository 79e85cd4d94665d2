"""What the person at the terminal sees: the row that runs, how far it is, what failed."""

from rich.console import Console
from rich.table import Table


class Progress:
    """One line for the row that runs, rewritten; on a pipe, a line now and then."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._row = ""
        self._told = -1

    def begin(self, row: str, goal: str) -> None:
        """A row begins."""
        self._row, self._told = row, -1
        self._console.print(f"[bold]{row}[/]  {goal}")

    def advance(self, done: int, wanted: int, failures: int) -> None:
        """So many attempts are over."""
        tenth = done * 10 // max(wanted, 1)
        if tenth == self._told and done != wanted:
            return
        self._told = tenth
        tail = f", [red]{failures} failed[/]" if failures else ""
        self._console.print(f"[dim]  {self._row}: {done} of {wanted}{tail}[/]")

    def say(self, line: str) -> None:
        """Something worth a line of its own."""
        self._console.print(f"[red]{line}[/]")

    def show(self, table: Table) -> None:
        """The summary."""
        self._console.print(table)
