"""Several results of the tool as one: rounds of the same case one after the other, as if they had been taken in one
run."""

import json

import tables
from figures import Run
from matrix import Case
from process import ToolError


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def joined(documents):
    """A document of all rounds. They must be of the same versions, machine and length of load; ratios stay within their
    round."""
    first = documents[0]
    for document in documents[1:]:
        for key in ("schema", "versions", "machine", "load_s", "log_in_memory", "settings"):
            if document.get(key) != first.get(key):
                raise ToolError(f"results of different {key}: {first.get(key)} and {document.get(key)}")
    results = {}
    for document in documents:
        for case in document["cases"]:
            tools = results.setdefault(_case(case), {each["tool"]: [] for each in case["tools"]})
            if list(tools) != [each["tool"] for each in case["tools"]]:
                raise ToolError(f"{case['name']}: results of different tools")
            rounds = max(len(runs) for runs in tools.values())
            for each in case["tools"]:
                tools[each["tool"]] += [Run(**{**run, "round": rounds + run["round"]}) for run in each["runs"]]
    about = {key: first[key] for key in ("versions", "load_s", "log_in_memory", "settings", "interval") if key in first}
    rounds = max(len(runs) for tools in results.values() for runs in tools.values())
    return tables.document(results, {**about, "rounds": rounds})


def _case(case):
    # A result of before a field was there has its default.
    return Case(**{name: case[name] for name in Case.__dataclass_fields__ if name in case})
