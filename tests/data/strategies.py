"""Hypothesis strategies for texts that are addresses, or nearly."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = (
    *(
        "a",
        "jo",
        "X",
        "1",
        ".",
        "..",
        "-",
        "--",
        "_",
        "+",
        "'",
        "@",
        "@@",
        " ",
        "\t",
        "\n",
        "\x00",
        "\x1b",
        "\x85",
    ),
    *("é", "ü", "ß", "İ", "K", "ſ", "ﬀ", "℡", "字", "אב", "ا", "१", "\u0301", "\u0338", "\u200b", "\u200d"),
    *(".", "．", "。", "｡", "․", "﹒", "＠", "’", "“", "–", "ｊ", "👍", "\ufeff", "\xa0", "\ud800", "\udfff"),
    *("<", ">", '"', "(", ")", "[", "]", ",", ";", ":", "\\", "mailto:", "MAILTO:"),
    *(
        "com",
        "con",
        "COM",
        "test",
        "arpa",
        "localhost",
        "123",
        "рф",
        "xn--p1ai",
        "xn--",
        "XN--MLLER-KVA",
        "xn--a",
    ),
    *("example", "gmail", "gmial", "a" * 61, "x" * 64, "字" * 20),
)

_texts = st.lists(st.sampled_from(_PIECES), max_size=6).map("".join)
_locals = st.sampled_from(["jo", "Jo.Lee", "o'lee+x", "a" * 64, "!#$%&'*+/=?^_`{|}~-"]) | _texts
_labels = (
    st.sampled_from(["example", "Sub-1", "a" * 63, "müller", "xn--mller-kva", "gmail", "gmial", "字"])
    | _texts
)
_tlds = (
    st.sampled_from(["com", "COM", "de", "museum", "рф", "XN--P1AI", "con", "arpa", "test", "K", "1"])
    | _texts
)
_dots = st.sampled_from([".", ".", ".", "。"])


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """A text around the border of validity: sound parts, and slips in about one part of three."""
    labels = draw(st.lists(_labels, min_size=1, max_size=4))
    domain = "".join(label + draw(_dots) for label in labels) + draw(_tlds)
    before, after = draw(
        st.sampled_from([("", ""), ("", ""), (" ", "\n"), ("<", ">"), ("mailto:", ""), ("Jo <", ">")])
    )
    return f"{before}{draw(_locals)}@{domain}{after}"


def encodable_addresses() -> st.SearchStrategy[str]:
    """Those of `addresses` that UTF-8, and so Arrow, can hold: no lone surrogate."""
    return addresses().filter(lambda text: text.encode(errors="ignore").decode() == text)
