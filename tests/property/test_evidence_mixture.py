from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import IsoglossError
from isogloss.evidence import Mixture
from isogloss.evidence.mixture import KINDS, LABELLED, MAX_EXAMPLES

IDS = st.sampled_from(["eng", "deu", "zho_Hant", "srp_Latn", "yor", "swa"])
SOURCES = IDS | st.builds("{}+{}".format, IDS, st.sampled_from(KINDS))
SIZES = st.dictionaries(SOURCES, st.none() | st.integers(0, MAX_EXAMPLES))


@given(sizes=SIZES)
def test_a_mixture_reads_back_from_what_it_writes(sizes):
    mixture = Mixture(sizes)
    assert Mixture.parse(str(mixture)) == mixture
    assert hash(Mixture.parse(str(mixture))) == hash(mixture)


@given(sizes=SIZES, order=st.randoms())
def test_the_order_of_languages_does_not_matter(sizes, order):
    shuffled = list(sizes.items())
    order.shuffle(shuffled)
    assert str(Mixture(dict(shuffled))) == str(Mixture(sizes))


@given(
    text=st.text(max_size=40)
    | st.text("en:5,\n\x1b", max_size=8)
    | st.text("eng:deu,0123456789.-+_ \t", max_size=20)
    | st.lists(st.sampled_from(["en", "sw", "+", "translated", ":", "5", ",", " "]), max_size=12).map("".join)
)
def test_any_text_is_a_mixture_or_refused_in_one_line(text):
    try:
        mixture = Mixture.parse(text)
    except IsoglossError as error:
        message, mixture = str(error), Mixture({})
    else:
        message = ""
    assert message.isprintable()
    assert Mixture.parse(str(mixture)) == mixture


@given(sizes=SIZES, language=IDS)
def test_without_a_language_nothing_of_it_remains(sizes, language):
    rest = Mixture(sizes).without(language)
    assert language not in rest
    assert all(rest[other] == size for other, size in Mixture(sizes).items() if other != language)


@given(sizes=SIZES)
def test_the_kinds_of_a_mixture_add_up_to_its_sizes(sizes):
    mixture = Mixture(sizes)
    kinds = [mixture.of_kind(kind) for kind in (LABELLED, *KINDS)]
    for language, size in mixture.items():
        parts = [kind[language] for kind in kinds if language in kind]
        assert parts
        assert size == (None if None in parts else sum(parts))
