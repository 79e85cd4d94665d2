"""What operators are told to watch exists, and what exists is told."""

import importlib
import json
import pkgutil
import re
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # ships no types
from prometheus_client import REGISTRY

import tael

OPERATE = Path(__file__).parents[2] / "docs" / "operate"
NAME = re.compile(r"\btael_[a-z_]*[a-z]\b")


def known() -> set[str]:
    """Every metric of the house, by its own name."""
    for found in pkgutil.walk_packages(tael.__path__, "tael."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    return {each.name for each in REGISTRY.collect() if each.name.startswith("tael_")}


def asked(text: str) -> set[str]:
    """The metrics that an expression asks for, without a series' ending."""
    return {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in NAME.findall(text)}


def expressions(node: Any) -> list[str]:  # noqa: ANN401 - a JSON document
    """Every `expr` in a document."""
    if isinstance(node, dict):
        own = [node["expr"]] if "expr" in node else []
        return own + [each for value in node.values() for each in expressions(value)]
    if isinstance(node, list):
        return [each for value in node for each in expressions(value)]
    return []


def test_every_metric_is_documented_and_every_documented_one_exists() -> None:
    table = (OPERATE / "metrics.md").read_text().split("## Alarms")[0]
    assert asked(table) == known()


def test_the_dashboard_asks_for_what_exists() -> None:
    dashboard = json.loads((OPERATE / "grafana.json").read_text())
    wanted = expressions(dashboard)
    assert wanted
    assert asked(" ".join(wanted)) <= known()


def test_every_alarm_asks_for_what_exists_and_is_explained() -> None:
    rules = [
        rule
        for group in yaml.safe_load((OPERATE / "alerts.yaml").read_text())["groups"]
        for rule in group["rules"]
    ]
    assert asked(" ".join(rule["expr"] for rule in rules)) <= known()
    explained = (OPERATE / "metrics.md").read_text().split("## Alarms")[1]
    names = {rule["alert"] for rule in rules}
    assert names == set(re.findall(r"\bTael[A-Z]\w+", explained))
