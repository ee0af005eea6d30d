"""The table of settings has a source and a day for each entry, and lessons do not contradict it."""

import re
from datetime import date

import pytest
from lessons import cells, printed, prose

from tempsampling import settings_table
from tempsampling.lessons.settings import settings

ENTRIES = settings()


def value(who, what):
    (found,) = (e["value"] for e in ENTRIES if (e["who"], e["what"]) == (who, what))
    return found


def test_there_are_more_than_a_hundred_entries_each_once():
    assert len({(entry["who"], entry["what"]) for entry in ENTRIES}) == len(ENTRIES) > 100
    assert len({entry["who"] for entry in ENTRIES if entry["kind"] == "model"}) >= 6
    for tool in ["Transformers 5", "vLLM", "SGLang", "llama.cpp", "Ollama", "mlx-lm"]:
        assert value(tool, "temperature")
    for service in ["OpenAI API", "Anthropic API", "Gemini API"]:
        assert value(service, "temperature")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: f"{e['who']}, {e['what']}")
def test_every_entry_has_a_value_a_source_and_a_day(entry):
    assert entry["value"].strip()
    assert re.match(r"https://[\w.-]+/\S+$", entry["source"])
    assert date(2026, 1, 1) < date.fromisoformat(entry["seen"]) <= date.today()


def test_a_table_shows_every_tool_with_links_to_the_sources(capsys):
    settings_table("temperature", "top_p")
    shown = capsys.readouterr().out
    for tool in {entry["who"] for entry in ENTRIES if entry["kind"] != "model"}:
        line = f"{tool}: {value(tool, 'temperature')} | {value(tool, 'top_p')}\n"
        assert line in shown + "\n"


@pytest.mark.parametrize("wrong", [{"what": ["topp"]}, {"what": ["greedy"]}, {"of": "apis"}])
def test_an_unknown_column_or_kind_is_told(wrong):
    with pytest.raises(ValueError, match=r"(what|of) must be one of"):
        settings_table(*wrong.get("what", []), of=wrong.get("of", "tools"))


@pytest.mark.parametrize("number", [1, 8, 13])
def test_lessons_show_the_table_as_it_is(number):
    shown = printed(number, "other-tools")
    assert f"llama.cpp: {value('llama.cpp', 'temperature' if number != 8 else 'top_k')} |" in shown


def test_lessons_that_show_the_table_type_no_other():
    for number in (1, 8, 13):
        for cell in cells(number):
            rows = re.findall(r"^\|.*\|$", "".join(cell["source"]), flags=re.MULTILINE)
            assert not [row for row in rows if "vLLM" in row or "llama.cpp" in row], number


def test_what_lessons_say_of_settings_is_what_the_table_says():
    assert value("Transformers 5", "top_k") == "50"
    assert "`top_k=50`" in prose(1)
    assert value("llama.cpp", "order").endswith("T")
    assert value("mlx-lm", "order").endswith("T")
    assert value("Transformers 5", "order").split(", ")[1] == "T"
    assert "Transformers and vLLM put temperature first; llama.cpp and mlx-lm put it last" in prose(
        8
    )
    assert value("Qwen3 (thinking)", "greedy").startswith("'DO NOT use greedy decoding'")
    assert value("Anthropic API", "temperature range").startswith("[0, 1]")
    assert "1.5 to 2.0 cannot be asked of Anthropic's API at all" in prose(13)
    reasoning = ["DeepSeek-R1", "Qwen3 (thinking)", "Qwen3.8-27B (thinking)", "QwQ-32B", "gpt-oss"]
    reasoning += ["Magistral Small 2506", "Phi-4-reasoning", "GLM-Z1-32B-0414"]
    advised = [(value(who, "temperature")[:3], value(who, "top_p")) for who in reasoning]
    usual = [pair for pair in advised if pair in {("0.6", "0.95"), ("1.0", "0.95")}]
    assert len(usual) > len(advised) / 2
    assert "recommend mostly T = 0.6 or 1.0 with top-p 0.95" in prose(13)
