from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from isogloss.errors import IsoglossError
from isogloss.evidence import TrainingMix
from isogloss.evidence.training_mix import KINDS, LABELLED, MAX_EXAMPLES
from isogloss.text import printable

IDS = st.sampled_from(["eng", "deu", "zho_Hant", "srp_Latn", "yor", "swa"])
SOURCES = IDS | st.builds("{}+{}".format, IDS, st.sampled_from(KINDS))
SIZES = st.dictionaries(SOURCES, st.none() | st.integers(0, MAX_EXAMPLES))


@given(sizes=SIZES)
def test_a_mix_reads_back_from_what_it_writes(sizes):
    mix = TrainingMix(sizes)
    assert TrainingMix.parse(str(mix)) == mix
    assert hash(TrainingMix.parse(str(mix))) == hash(mix)


@given(sizes=SIZES, order=st.randoms())
def test_the_order_of_languages_does_not_matter(sizes, order):
    shuffled = list(sizes.items())
    order.shuffle(shuffled)
    assert str(TrainingMix(dict(shuffled))) == str(TrainingMix(sizes))


@given(
    text=st.text(max_size=40)
    | st.text("en:5,\n\x1b", max_size=8)
    | st.text("eng:deu,0123456789.-+_ \t", max_size=20)
    | st.lists(st.sampled_from(["en", "sw", "+", "translated", ":", "5", ",", " "]), max_size=12).map("".join)
)
def test_any_text_is_a_mix_or_refused_in_one_line(text):
    try:
        mix = TrainingMix.parse(text)
    except IsoglossError as error:
        message, mix = str(error), TrainingMix({})
    else:
        message = ""
    assert message == printable(message)
    assert TrainingMix.parse(str(mix)) == mix


@given(sizes=SIZES, language=IDS)
def test_without_a_language_nothing_of_it_remains(sizes, language):
    rest = TrainingMix(sizes).without(language)
    assert language not in rest
    assert all(rest[other] == size for other, size in TrainingMix(sizes).items() if other != language)


@given(sizes=SIZES)
def test_the_kinds_of_a_mix_add_up_to_its_sizes(sizes):
    mix = TrainingMix(sizes)
    kinds = [mix.of_kind(kind) for kind in (LABELLED, *KINDS)]
    for language, size in mix.items():
        parts = [kind[language] for kind in kinds if language in kind]
        assert parts
        assert size == (None if None in parts else sum(parts))
