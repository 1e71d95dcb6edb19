#!/usr/bin/env python3
"""Makes the pictures in this folder: runs `crosspull demo` in a terminal, and draws what it shows as SVG.

usage: assets/screens/make.py        (needs tmux; builds crosspull first)
"""

import html, os, re, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "real"))
from terminal import Terminal  # noqa: E402

COLUMNS, ROWS = 100, 26
WIDE, HIGH, EDGE = 8.4, 18, 12
GROUND, TEXT = "#16181d", "#c9ccd1"
# The sixteen colours of the terminal in the picture.
COLOURS = [
    "#1d1f21", "#cc6666", "#b5bd68", "#f0c674", "#81a2be", "#b294bb", "#8abeb7", "#c9ccd1",
    "#7f8587", "#ff7373", "#d0dc78", "#ffdd8a", "#9cc4e8", "#d3aee0", "#9fe0d8", "#ffffff",
]


def styles(codes, style):
    """The style behind a sequence of SGR codes."""
    style, rest = dict(style), [int(code or 0) for code in codes.split(";")]
    while rest:
        code = rest.pop(0)
        if code in (38, 48) and rest[:1] == [5]:
            if code == 38:
                style["colour"] = COLOURS[rest[1]]
            del rest[:2]
        elif code == 0:
            style = {}
        elif code in (1, 2, 4, 7):
            style[code] = True
        elif code in (22, 24, 27):
            for gone in {22: (1, 2), 24: (4,), 27: (7,)}[code]:
                style.pop(gone, None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style["colour"] = COLOURS[code - 30 if code < 40 else code - 82]
        elif code == 39:
            style.pop("colour", None)
    return style


def runs(screen):
    """The pieces of the screen: row, column, text, style. A style goes on in the next line."""
    row, column, style, text = 0, 0, {}, ""
    for sequence, char in re.findall(r"\x1b\[([0-9;]*)m|(.|\n)", screen):
        if char and char != "\n":
            text += char
            continue
        if text:
            yield row, column, text, style
            column, text = column + len(text), ""
        if char:
            row, column = row + 1, 0
        else:
            style = styles(sequence, style)
    if text:
        yield row, column, text, style


def svg(screen):
    width, height = COLUMNS * WIDE + 2 * EDGE, ROWS * HIGH + 2 * EDGE
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, '
        f'\'DejaVu Sans Mono\', monospace" font-size="14">',
        f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>',
    ]
    for row, column, text, style in runs(screen):
        if not text.strip() and 7 not in style:
            continue
        x, y, long = EDGE + column * WIDE, EDGE + row * HIGH, len(text) * WIDE
        colour = style.get("colour", TEXT)
        if 7 in style:
            out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{long:.1f}" height="{HIGH}" fill="{colour}"/>')
            colour = GROUND
        look = ' font-weight="bold"' if 1 in style else ""
        look += ' opacity="0.6"' if 2 in style else ""
        look += ' text-decoration="underline"' if 4 in style else ""
        out.append(
            f'<text x="{x:.1f}" y="{y + 13.5:.1f}" textLength="{long:.1f}" fill="{colour}"{look} '
            f'xml:space="preserve">{html.escape(text, quote=False)}</text>'
        )
    return "\n".join(out) + "\n</svg>\n"


def main():
    subprocess.run(["cargo", "build", "--quiet"], cwd=ROOT, check=True)
    binary = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "debug", "crosspull")
    wizard = Terminal([binary, "demo"], {}, size=(COLUMNS, ROWS))

    def picture(name):
        with open(os.path.join(HERE, name + ".svg"), "w") as file:
            file.write(svg(wizard.colours()))

    try:
        wizard.to_plan()
        picture("plan")
        wizard.start()
        picture("consent")
        wizard.press("o")
        wizard.wait("WAITS FOR YOUR YES")
        wizard.press("Enter")
        wizard.wait("Replace every node?")
        picture("nodes")
        wizard.call("send-keys", "-t", "w", "-l", "shop-prod")
        wizard.press("Enter")
        wizard.wait("PROVEN")
        picture("proof")
    finally:
        wizard.end()


main()
