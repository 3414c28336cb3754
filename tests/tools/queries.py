#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""queries.py - the queries of the Grafana dashboard and of the alert rules

    queries.py rules DASHBOARD      prints them as a rules file, for promtool
    queries.py names FILE...        standard input is the output of "nat46ctl metrics": is every metric there that the
                                    files ask for, and every value of a label
"""
import json
import re
import sys

# of the node exporter, Prometheus and Grafana
NOT_OURS = {"instance", "job", "file"}


def queries(tree):
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == "expr":
                yield value
            elif key == "query" and isinstance(value, str) and value.startswith("label_values("):
                yield value[len("label_values(") :].split(",")[0]
            else:
                yield from queries(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from queries(value)


def text_of(name):
    """All queries of a file; of the rules, whatever is in it"""
    with open(name, encoding="utf-8") as file:
        return "\n".join(queries(json.load(file))) if name.endswith(".json") else file.read()


def rules(name):
    with open(name, encoding="utf-8") as file:
        found = list(queries(json.load(file)))
    assert len(found) > 20, found
    exprs = [re.sub(r"\$__rate_interval", "5m", expr) for expr in found]
    groups = [{"name": "dashboard", "rules": [{"record": f"q{i}", "expr": expr} for i, expr in enumerate(exprs)]}]
    print(json.dumps({"groups": groups}))


def matchers(text):
    """Each metric with each of its labels and the values that are asked for"""
    for metric, labels in re.findall(r"\b(nat46_\w+)\{([^}]*)\}", text):
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', labels):
            if label not in NOT_OURS and "$" not in values:
                yield from ((metric, f'{label}="{value}"') for value in values.split("|"))


def names(files):
    metrics = sys.stdin.read()
    there = set(re.findall(r"^nat46_\w+", metrics, re.MULTILINE))
    missing = []
    for name in files:
        text = text_of(name)
        asked = set(re.findall(r"\bnat46_\w+", text))
        assert len(asked) > 10, asked
        missing += [f"{name}: {metric}" for metric in asked - there]
        missing += [
            f"{name}: {metric} with {label}"
            for metric, label in matchers(text)
            if not re.search(rf"^{metric}\{{.*\b{label}", metrics, re.MULTILINE)
        ]
    if missing:
        sys.exit("\n".join(sorted(missing)))


if sys.argv[1] == "rules":
    rules(sys.argv[2])
else:
    names(sys.argv[2:])
