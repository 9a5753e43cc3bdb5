"""Converts Markdown: to HTML, Markdown and LaTeX with pandoc, to PDF with pandoc and Typst. A warning is an error."""

import importlib.util
import re
import subprocess
from importlib import resources

from autograder.errors import HarnessError, InputError
from autograder.release.handout import font

_TEMPLATES = resources.files(__package__) / "templates"
_TOOLS = {"pypandoc": "pypandoc_binary", "typst": "typst", "fontTools": "fonttools", "ziamath": "ziamath"}
# Markdown for any editor, without what only pandoc understands.
_PLAIN = "markdown-fenced_divs-native_divs-bracketed_spans-native_spans-header_attributes-link_attributes-raw_attribute"

# Pandoc puts combining accents over letters, and browsers show them next to the letter.
_ACCENTS = {"\u0302": "\u02c6", "\u0303": "\u02dc"}
# Browsers show the sign for "applied to" like a plus, and leave no space after a name without brackets.
_APPLIED = "<mo>\u2061</mo>", '<mo lspace="0" rspace="0">\u2061</mo>'
_NAME = re.compile(
    rf'(?<!<msub>)(?<!<msub><mrow>)(?<!<munder><mrow>)(<mi mathvariant="normal">\w{{2,}}</mi>(?:{_APPLIED[1]})?)'
    r"(?=(?:</mrow>)?<m(?!o|row><mo))"
)


def check_tools() -> None:
    """Checks that all tools are installed.

    Raises:
        InputError: some are not; the message names them.
    """
    missing = [package for module, package in _TOOLS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise InputError(
            f"the handout is built with {', '.join(missing)}; install what is missing with: make setup"
        )


def html(text: str, title: str) -> str:
    """One page that needs no other file; formulas are MathML."""
    with resources.as_file(_TEMPLATES) as folder:
        options = [
            "--mathml",
            "--standalone",
            "--embed-resources",
            "--toc",
            "--toc-depth=2",
            "--section-divs",
        ]
        style = [f"--template={folder}/page.html", f"--css={folder}/style.css"]
        page = _pandoc(text, "html5", title, *options, *style)
    for combining, alone in _ACCENTS.items():
        page = page.replace(
            f'<mo accent="true">{combining}</mo>', f'<mo accent="true" stretchy="false">{alone}</mo>'
        )
    page = _NAME.sub(r'<mrow>\1<mspace width="0.167em"></mspace></mrow>', page.replace(*_APPLIED))
    return page.replace("</head>", font.style(page) + "</head>", 1)


def markdown(text: str, title: str) -> str:
    """Plain Markdown with formulas between dollar signs, for students to write in."""
    return f"# {title}: written answers\n\n" + _pandoc(text, _PLAIN, title, "--wrap=preserve")


def latex(text: str, title: str) -> str:
    """A LaTeX document, for students to write in."""
    settings = [
        "--variable=geometry:margin=25mm",
        "--variable=colorlinks=true",
        r"--variable=header-includes:\sloppy",
    ]
    return _pandoc(text, "latex", f"{title}: written answers", "--standalone", "--wrap=preserve", *settings)


def pdf(text: str, title: str, kind: str) -> bytes:
    """A PDF with the fonts of Typst; the bytes are the same on every machine.

    Raises:
        InputError: Typst reports a warning or an error.
    """
    import typst

    body = _pandoc(text, "typst", title, "--syntax-highlighting=none")
    source = (_TEMPLATES / "paper.typ").read_text(encoding="utf-8") + body
    compiler = typst.Compiler(
        source.encode(), ignore_system_fonts=True, sys_inputs={"title": title, "kind": kind}
    )
    try:
        made, warnings = compiler.compile_with_warnings(format="pdf", timestamp=0)
    except typst.TypstError as error:
        raise InputError(f"Typst cannot typeset {kind}: {error.message}\n{error.diagnostic}") from error
    if warnings:
        raise InputError(
            f"Typst reports a warning for {kind}: "
            + "\n".join(f"{w.message}\n{w.diagnostic}" for w in warnings)
        )
    if not isinstance(made, bytes):
        raise HarnessError(f"Typst made no PDF of {kind}")
    return made


def _pandoc(text: str, to: str, title: str, *options: str) -> str:
    import pypandoc

    with resources.as_file(_TEMPLATES) as folder:
        command = [pypandoc.get_pandoc_path(), "--from=markdown", f"--to={to}", "--fail-if-warnings"]
        command += [
            f"--lua-filter={folder}/boxes.lua",
            f"--metadata=title:{title}",
            "--metadata=lang:en",
            *options,
        ]
        done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise InputError(f"pandoc cannot make {to} of the handout:\n{done.stderr}")
    return done.stdout
