"""The kill matrix as one HTML page that needs nothing else: what fails first, then each task and its entries."""

from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: light-dark(#555, #aaa); --bad: light-dark(#b3261e, #ff8a80);
  --good: light-dark(#1b6e3c, #7bd69a); --cell: light-dark(#d9dde2, #3a3f46); --card: light-dark(#f6f7f9, #1d2024); }
* { box-sizing: border-box; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 72rem;
  background: light-dark(#fff, #121416); color: light-dark(#1a1c1e, #e4e6e9); }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
code, .mono { font: .85em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.soft { color: var(--soft); } .bad { color: var(--bad); } .good { color: var(--good); }
a { color: inherit; } .wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
.entry { background: var(--card); border-radius: .5rem; padding: .6rem .8rem; margin: .5rem 0; }
.entry p { margin: .15rem 0; } .entry.fails { border-left: .3rem solid var(--bad); }
.cells { display: flex; flex-wrap: wrap; gap: 3px; margin: .35rem 0; }
.cells i { width: .85rem; height: .85rem; border-radius: 2px; background: var(--cell); }
.cells i.k { background: var(--good); } .right .cells i.k { background: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .6rem; margin: .3rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
"""


def render(data: dict[str, Any]) -> str:
    """The page of what `Report.as_dict` gives."""
    title = f"{data['title']}: the kill matrix"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        *_summary(data),
        *_failures(data),
        "<h2>By task</h2>",
        '<p class="soft">Wrong answers killed, those killed by public tests alone, right ones accepted.</p>',
        *_tasks(data),
        "<h2>By entry</h2>",
        '<p class="soft">Each square is a test; a filled one refuses the entry.</p>',
        *(part for task in data["tasks"] for part in _entries(data, task)),
        *_never_alone(data),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _summary(data: dict[str, Any]) -> Iterator[str]:
    totals, style = data["totals"], "good" if data["holds"] else "bad"
    yield f'<p><strong class="{style}">{escape(data["last_line"])}</strong></p>'
    yield (
        f'<p class="soft">Public tests alone kill {totals["killed_by_public"]} of {totals["wrong"]}; '
        f"{totals['proven']} of {totals['wrong']} are shown to answer otherwise than the reference; "
        f"seed {data['seed']}.</p>"
    )


def _failures(data: dict[str, Any]) -> Iterator[str]:
    entries = {entry["id"]: entry for entry in data["entries"]}
    for word, names in data["failures"].items():
        if names:
            yield f'<h2 class="bad">{escape(word)} ({len(names)})</h2>'
            yield from (_card(entries[name], fails=True) for name in names)


def _tasks(data: dict[str, Any]) -> Iterator[str]:
    yield '<div class="wide"><table><tr><th>task</th><th class="n">killed</th><th class="n">public</th>'
    yield '<th class="n">right</th></tr>'
    for task in data["tasks"]:
        whole = task["killed"] == task["wrong"] and task["accepted"] == task["right"]
        style = "" if whole else ' class="bad"'
        yield (
            f'<tr{style}><td><a href="#{escape(task["id"])}"><code>{_name(task["id"])}</code></a> '
            f'<span class="soft">{escape(task["question"])}</span></td>'
            f'<td class="n">{task["killed"]}/{task["wrong"]}</td><td class="n">{task["killed_by_public"]}</td>'
            f'<td class="n">{task["accepted"]}/{task["right"]}</td></tr>'
        )
    yield "</table></div>"


def _entries(data: dict[str, Any], task: dict[str, Any]) -> Iterator[str]:
    mine = [entry for entry in data["entries"] if entry["task"] == task["id"]]
    yield f"<details><summary><code>{_name(task['id'])}</code> "
    yield f'<span class="soft">{task["wrong"]} wrong, {task["right"]} right</span></summary>'
    yield f'<div id="{escape(task["id"])}">'  # whoever jumps to something inside a closed part has it opened
    failing = {name for names in data["failures"].values() for name in names}
    yield from (_card(entry, fails=entry["id"] in failing) for entry in mine)
    yield "</div></details>"


def _card(entry: dict[str, Any], *, fails: bool) -> str:
    names = "entry" + (" fails" if fails else "") + ("" if entry["wrong"] else " right")
    outcomes = entry["tests"].values()
    killers = sum(outcome != "PASSED" for outcome in outcomes)
    if entry["wrong"]:
        facts = f"{entry['failure']}, {entry['common']}; {killers} of {len(outcomes)} tests refuse it"
        facts += "" if entry["killed_by_public"] else ", none of them public"
    else:
        facts = f"a right answer of another make; {killers} of {len(outcomes)} tests refuse it"
    cells = "".join(_cell(test, outcome) for test, outcome in entry["tests"].items())
    return (
        f'<div class="{names}"><p><code>{_name(entry["id"])}</code></p><p>{escape(entry["says"])}</p>'
        f'<p class="soft">{escape(facts)}</p><div class="cells">{cells}</div>{_difference(entry)}</div>'
    )


def _name(identifier: str) -> str:
    """A long name that may break where one would pause in reading it."""
    return escape(identifier).replace(".", ".<wbr>").replace("_", "_<wbr>")


def _cell(test: str, outcome: str) -> str:
    style = "" if outcome == "PASSED" else " class=k"
    return f'<i{style} title="{escape(test.rpartition("::")[2])}: {escape(outcome)}"></i>'


def _difference(entry: dict[str, Any]) -> str:
    found = entry["difference"]
    if found is None:
        return ""
    differs = found["what"] + (" (random: other draws from the same generator)" if found["drawn"] else "")
    rows = {
        "call": f"{found['call']}({found['arguments']})",
        "differs in": differs,
        "right": found["right"],
        "this one": found["reply"],
        "test": found["test"],
    }
    lines = "".join(f'<dt>{name}</dt><dd class="mono">{escape(text)}</dd>' for name, text in rows.items())
    return f'<details><summary class="soft">where it differs</summary><dl>{lines}</dl></details>'


def _never_alone(data: dict[str, Any]) -> Iterator[str]:
    yield f"<h2>Tests that kill nothing alone ({len(data['never_alone'])} of {len(data['kills'])})</h2>"
    yield '<details><summary class="soft">Another test kills each entry that one of these kills.</summary>'
    yield '<ul class="mono">'
    for test in data["never_alone"]:
        yield f"<li>{escape(test)}: kills {data['kills'][test]}</li>"
    yield "</ul></details>"
