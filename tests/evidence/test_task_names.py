from __future__ import annotations

import pytest

from isogloss.errors import BadFile, BadValue, UnknownName
from isogloss.evidence import ReadOptions
from isogloss.evidence.importers.task_names import (
    NO_LANGUAGE,
    NameRules,
    TaskName,
    read_names,
    read_rules,
    without_language,
)
from isogloss.languages import resolve


@pytest.fixture(scope="module")
def rules():
    return NameRules.load("lm-eval", ReadOptions())


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "rules.toml"
        path.write_text(content)
        return path

    return write


@pytest.mark.parametrize(
    ("name", "task", "languages", "topic"),
    [
        ("belebele_als_Latn", "belebele", "als_Latn", None),
        ("xnli_de", "xnli", "deu", None),
        ("xcopa_qu", "xcopa", "que", None),
        ("multiblimp_abk", "multiblimp", "abk", None),
        ("afrixnli_amh_prompt_1", "afrixnli_prompt_1", "amh", None),
        ("afrixnli_en_direct_amh", "afrixnli_en_direct", "amh", None),
        ("global_piqa_nonparallel_cloze_acm_arab", "global_piqa_nonparallel_cloze", "acm", None),
        ("global_piqa_parallel_cloze_apc_arab_syri", "global_piqa_parallel_cloze_syri", "apc", None),
        ("include_base_44_albanian_stem", "include_base_44", "sqi", "stem"),
        ("include_base_44_north_macedonian_few_shot_en_stem", "include_base_44_few_shot_en", "mkd", "stem"),
        ("mlqa_ar_de", "mlqa", "ara|deu", None),
        ("wmt16-de-en", "wmt16", "deu|eng", None),
        ("flores_eng_Latn-dyu_Latn_prompt_3", "flores_prompt_3", "eng|dyu", None),
        ("xwinograd_jp", "xwinograd", "jpn", None),
        ("mmmlu_de_de_anatomy", "mmmlu", "deu", "anatomy"),
        ("mmmlu_ar_xy_anatomy", "mmmlu", "ara", "anatomy"),
        ("global_mmlu_ar_business", "global_mmlu", "ara", "business"),
        ("global_mmlu_full_yo_high_school_us_history", "global_mmlu_full", "yor", "high_school_us_history"),
        ("mmlu_high_school_us_history_continuation", "mmlu_continuation", "eng", "high_school_us_history"),
        ("mmlu_pro_law", "mmlu_pro", "eng", "law"),
        ("arc_challenge", "arc_challenge", "eng", None),
        ("arc_ca_challenge", "arc_challenge", "cat", None),
        ("arc_ca", "m_arc", "cat", None),
        ("truthfulqa_mc1", "truthfulqa_mc1", "eng", None),
        ("truthfulqa_ca_mc1", "m_truthfulqa_mc1", "cat", None),
        ("agieval_lsat_ar", "agieval_lsat_ar", "eng", None),
        ("evalita-mp_ner_adg_p1", "evalita-mp_ner_adg_p1", "ita", None),
        ("xnli_va", "xnli_va", "cat", None),
        ("toy_deu_Latn", "toy", "deu", None),
    ],
)
def test_a_name_says_task_language_and_topic(rules, name, task, languages, topic):
    found = rules.read(name)
    ids = "|".join(resolve(code).id for code in found.language.split("|"))
    expected = "|".join(resolve(code).id for code in languages.split("|"))
    assert (found.task, ids, found.topic) == (task, expected, topic)


@pytest.mark.parametrize("name", ["toy_de", "humaneval", "pile_github", "mmlu_xx_anatomy", "", "_", "x" * 400])
def test_a_name_that_no_rule_covers_says_nothing(rules, name):
    assert rules.read(name) is None


def test_tasks_of_unknown_language_are_listed_with_the_way_to_say_it():
    with pytest.raises(BadValue) as caught:
        read_names(["xnli_de", "toy_de", "mine"], ReadOptions(), "lm-eval", "results.json")
    assert str(caught.value) == (
        "results.json: nothing says the language of 2 tasks: toy_de, mine; give languages={'toy_de': 'CODE'} "
        "('none' leaves it out), or rules with format=lm-eval mapping=rules.toml"
    )


def test_many_tasks_of_unknown_language_are_counted():
    with pytest.raises(BadValue, match=r"of 99 tasks: t0, .*, \.\.\. \(99 in all\)"):
        read_names([f"t{number}" for number in range(99)], ReadOptions(), "lm-eval", "results.json")


def test_a_user_says_the_language_of_a_task_ahead_of_all_rules():
    options = ReadOptions(languages={"toy_de": "deu", "humaneval": "none", "xnli_de": "gsw"})
    assert read_names(["toy_de", "humaneval", "xnli_de"], options, "lm-eval", "f") == {
        "toy_de": TaskName("toy", "toy_de"),
        "humaneval": NO_LANGUAGE,
        "xnli_de": TaskName("xnli_de", "xnli_de"),
    }


@pytest.mark.parametrize(
    ("name", "language", "rest"),
    [
        ("toy_deu_Latn", "deu", "toy"),
        ("toy-de-v2", "German", "toy-v2"),
        ("de", "deu", "de"),
        ("toy", "deu", "toy"),
        ("notes_german", "deu", "notes_german"),
    ],
)
def test_the_code_of_a_language_is_cut_out_of_a_name(name, language, rest):
    assert without_language(name, language) == rest


def test_rules_of_a_user_come_before_those_that_ship(write):
    path = write("[[rule]]\nnames = 'xnli_(?P<target>[a-z]{2})'\ntask = 'mine'\ncodes = { de = 'gsw' }")
    found = NameRules.load("lm-eval", ReadOptions(mapping=path))
    assert found.read("xnli_de") == TaskName("mine", "gsw")
    assert found.read("belebele_als_Latn") == TaskName("belebele", "als_Latn")


def test_a_rule_may_name_the_task_from_its_groups(write):
    (rule,) = read_rules(write("[[rule]]\nnames = '(?P<test>.+)-(?P<target>..)-(?P<kind>.+)'\ntask = '{kind} {test}'"))
    assert rule.read("qa-de-easy") == TaskName("easy qa", "de")


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        ("", BadValue, "no rule; add a section [rule], or several [[rule]]"),
        ("rule = 5", BadValue, "rule must be one table or several, each [[rule]]"),
        ("[[rule]]\nnames = '('\nlanguage = 'deu'", BadFile, "is not a pattern"),
        ("[[rule]]\nnames = 'a'", BadFile, "does not say one language or pair"),
        ("[[rule]]\nnames = '(?P<first>a)'", BadFile, "does not say one language or pair"),
        ("[[rule]]\nnames = '(?P<target>a)'\nlanguage = 'deu'", BadFile, "does not say one language or pair"),
        ("[[rule]]\nnames = '(?P<target>a)'\ntask = '{b}'", UnknownName, "unknown group 'b'"),
        ("[[rule]]\nname = '(?P<target>a)'", UnknownName, "[rule]: unknown key 'name'; did you mean 'names'"),
        ("[[rule]]\nnames = 5", BadValue, "names must be text or a list of texts, not 5"),
        ("[[rule]]\nnames = '(?P<target>a)'\ncodes = 5", BadValue, "codes must be a table of texts, not 5"),
        ("names", BadFile, "is not TOML"),
    ],
)
def test_rules_that_cannot_be_used_are_one_line(write, content, kind, reason):
    with pytest.raises(kind) as caught:
        read_rules(write(content))
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


def test_absent_rules_are_one_line(tmp_path):
    with pytest.raises(BadFile, match="no such file"):
        NameRules.load("lm-eval", ReadOptions(mapping=tmp_path / "none.toml"))
