"""coverage.py: docs/coverage.md, and the blocks of it that other pages have."""

import collections
import importlib.metadata
import pathlib
import re
import textwrap

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs" / "coverage.md"
# Which of the page's blocks are in which other page.
COPIES = {"totals": ROOT / "README.md",
          "families": ROOT / "docs" / "teachers.md"}
LIBRARIES = {"timm": "timm", "open_clip": "open_clip_torch",
             "transformers": "transformers"}

VERDICTS = ["right", "announced", "rejected", "wrong"]
# "unclear": rejected without the reason.
WRONG = ["wrong", "unclear"]
# Each part's ways in which a model is named, as the first column.
WAYS = {
    ("timm", "name"): "timm's weights, by their name",
    ("timm", "beside"): "timm's weights, by `config.json`",
    ("open_clip", "beside"): "open_clip's ViT and ConvNeXt towers, by "
                             "`open_clip_config.json`",
    ("hf", "beside"): "transformers' classes and configs, by `config.json`",
    ("logits", "beside"): "outputs: a reduced model of each form, by "
                          "`--model`",
}

INTRO = """\
# Published checkpoints

What `wsel` makes of the checkpoints that timm, open_clip and transformers
publish: look a checkpoint up by its name under [not right](#not-right), a form
of it under [families](#families). All that are not listed are right.

Made by `scripts/golden/coverage.py build/release/wsel --write`, with
{versions}. No weights are
downloaded: each model is built by its library, a file of its tensors' names and
shapes is given to `wsel inspect` and `wsel init --dry-run`, and what they report
is compared with the library's model.

"""

MEANING = """\

| verdict | meaning |
|---|---|
| right | every property is the library's (sizes, heads, block form, activation, epsilon, pooling, positions, image size, mean, std, crop, interpolation), and a student of its form can be selected; for outputs: equal within 1e-5 of the largest |
| announced | a property is another one, and `wsel inspect` says so |
| rejected | an error that names the form that is not supported |
| wrong | none of these |
"""


def source_groups():
    """The program's families: parts of names, and the family of each."""
    source = ROOT / "src" / "pretrained" / "model_groups.cpp"
    rows = re.findall(r'^    \{"(.*)", "(.*)"\},$', source.read_text(), re.M)
    assert len(rows) > 10 and rows[-1][0] == "", rows
    return rows


GROUPS = source_groups()


def family_of(name):
    return next(family for part, family in GROUPS if part in name)


def versions(wsel):
    libraries = [f"{name} {importlib.metadata.version(package)}"
                 for name, package in LIBRARIES.items()]
    return ", ".join([wsel, *libraries])


def block(name, lines):
    """Lines that another page may have, too, between comments."""
    return [f"<!-- coverage: {name} -->", *lines, f"<!-- end of {name} -->"]


def counts_of(rows, way):
    return collections.Counter(
        "wrong" if row["verdicts"][way][0] in WRONG else row["verdicts"][way][0]
        for row in rows)


def totals(found):
    lines = ["| checkpoints | all | " + " | ".join(VERDICTS) + " |",
             "|---|---|" + "---|" * len(VERDICTS)]
    for (part, way), words in WAYS.items():
        rows = found.get(part)
        if not rows:
            continue
        counts = counts_of(rows, way)
        cells = [words, len(rows), *(counts[v] for v in VERDICTS)]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def worst(row):
    """The least good of a row's verdicts."""
    order = ["right", "announced", "rejected", "unclear", "wrong"]
    return max(row["verdicts"].values(), key=lambda v: order.index(v[0]))


def share(rows):
    """"3 of 4": how many are right."""
    right = sum(worst(row)[0] == "right" for row in rows)
    return f"{right} of {len(rows)}" if rows else ""


def families(found):
    """A row per family: how many of its checkpoints are right."""
    parts = [part for part in ("timm", "open_clip") if found.get(part)]
    by_family = {part: collections.defaultdict(list) for part in parts}
    for part in parts:
        for row in found[part]:
            by_family[part][row["family"]].append(row)
    names = sorted({name for part in parts for name in by_family[part]},
                   key=str.lower)
    lines = ["| family | " + " | ".join(f"{p}, right" for p in parts) + " |",
             "|---|" + "---|" * len(parts)]
    for name in names:
        cells = [share(by_family[part].get(name, [])) for part in parts]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return lines


def cell(text):
    return str(text).replace("|", "/").replace("\n", " ")


def not_right(rows):
    """A row per reason, with the checkpoints that it is of."""
    groups = collections.defaultdict(list)
    for row in rows:
        verdict, why = worst(row)
        if verdict != "right":
            groups[verdict, why].append(row["tag"])
    lines = []
    for (verdict, why), tags in sorted(groups.items()):
        listed = ", ".join(f"`{tag}`" for tag in tags)
        shown = "wrong, without the reason" if verdict == "unclear" else verdict
        lines.append(f"| {listed} | {shown} | {cell(why)} |")
    return lines


def right_names(rows):
    """The checkpoints that are right, in lines."""
    names = dict.fromkeys(row["tag"].split()[0] for row in rows
                          if worst(row)[0] == "right")
    listed = ", ".join(f"`{name}`" for name in names)
    return textwrap.wrap(listed, 80, break_long_words=False,
                         break_on_hyphens=False)


def text(found, wsel):
    lines = [INTRO.format(versions=versions(wsel)).rstrip(), ""]
    lines += block("totals", totals(found)) + [MEANING.rstrip("\n")]
    table = families(found)
    if len(table) > 2:
        lines += ["", "## Families", "",
                  "The families are those of `wsel models`.", "",
                  *block("families", table)]
    if found.get("hf"):
        lines += ["", "Of transformers these classes are right:", "",
                  *right_names(found["hf"])]
    lines += ["", "## Not right", ""]
    listed = [line for rows in found.values() for line in not_right(rows)]
    if listed:
        lines += ["| checkpoints | verdict | why |", "|---|---|---|", *listed]
    else:
        lines.append("None.")
    return "\n".join(lines) + "\n"


def between(page_text, name):
    """Where a block's lines are, its comments excluded."""
    start, end = f"<!-- coverage: {name} -->\n", f"<!-- end of {name} -->"
    if start not in page_text or end not in page_text:
        raise SystemExit(f"a page lacks its block {name}: {start.strip()}")
    return page_text.index(start) + len(start), page_text.index(end)


def copy_blocks():
    """Rewrites the blocks of other pages from docs/coverage.md."""
    source = PAGE.read_text()
    for name, page in COPIES.items():
        start, end = between(source, name)
        text_of_page = page.read_text()
        at, to = between(text_of_page, name)
        page.write_text(text_of_page[:at] + source[start:end] +
                        text_of_page[to:])
