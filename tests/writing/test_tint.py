"""A tinted text shows what was written, harms no page, and says what else might have been said."""

import re
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from tempsampling.model.smollm import SmolLM2
from tempsampling.writing.generation import Alternative, Continuation, generate
from tempsampling.writing.tint import STEPS, TINTS, tint

NASTY = [
    "<script>window.hit = 1</script>",
    "</style><img src=x onerror='window.hit = 1'>",
    '" onmouseover="window.hit = 1" x=\'',
    "</label></div></body><h1>",
    "&lt;b&gt; &amp; &#60;",
    "<!-- ",
    "]]> $x^2$ \\(y\\)",
    "שלום עולם",
    "\u0301\u0302",
    "👩\u200d🚀",
]


def number_of(piece):
    return zlib.crc32(piece.encode("utf-8", "surrogatepass"))


def told(*pieces, p=0.3, prompt="Say:", temperature=1.0, ended=False, alternatives=None):
    """A continuation by hand, with one probability for all or one for each token."""
    n = len(pieces)
    ps = np.broadcast_to(np.asarray(p, float), n)
    alternatives = alternatives or [
        ((piece, q), ("other", 0.2)) for piece, q in zip(pieces, ps, strict=True)
    ]
    return Continuation(
        prompt=prompt,
        text="".join(pieces[:-1] if ended else pieces),
        pieces=pieces,
        tokens=np.array([number_of(piece) for piece in pieces]),
        probabilities=ps,
        sampler_probabilities=ps,
        entropies=np.ones(n),
        alternatives=tuple(
            tuple(Alternative(text, q, number_of(text)) for text, q in step)
            for step in alternatives
        ),
        temperature=temperature,
        ended=ended,
    )


@pytest.fixture(scope="module")
def story():
    prompt = "Once upon a time, there was a little"
    options = {"common_noise": True, "seed": 1, "max_tokens": 12}
    return generate(SmolLM2.load(), prompt, temperature=[0, 0.7, 1.5], **options)


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    yield page
    page.close()


def show(page, *shown, head=""):
    body = "<p>before</p>" + "".join(f"<div>{one.html}</div>" for one in shown) + "<p>after</p>"
    page.set_content(f"<!doctype html><meta charset=utf-8>{head}<body>{body}</body>")


def without_styles(html):
    """What a site leaves of it that allows no styles, no controls and no attributes."""
    html = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    html = re.sub(r"</?(label|input)\b[^>]*>", "", html)
    return re.sub(r"<(\w+)[^>]*>", r"<\1>", html)


# What was written is seen, and nothing else happens.


@pytest.mark.parametrize("text", NASTY)
def test_a_model_that_writes_markup_runs_nothing_and_its_text_is_seen(page, text):
    nasty = told(text, "x", prompt=text, alternatives=(((text, 0.3),), ((text, 0.2),)))
    show(page, tint(nasty))
    page.locator("input").first.focus()
    assert page.evaluate("window.hit") is None
    assert page.locator("script, img, h1").count() == 0
    assert page.locator("body > p").count() == 2
    assert page.locator(".ts-text").text_content() == text + "x"
    assert page.locator(".ts-tint i").text_content() == text + " …"
    attributes = "e => e.getAttributeNames()"
    assert page.locator("label").first.evaluate(attributes) == ["data-card"]


@pytest.mark.parametrize("code", ["\x00", "\x08", "\r", "\x1b", "\x85", "\ud800"])
def test_control_characters_are_shown_by_their_codes(page, code):
    shown = tint(told(f"a{code}b", prompt=code))
    show(page, shown)
    assert page.locator(".ts-text").text_content() == f"a{ascii(code)[1:-1]}b"
    assert ascii(code)[1:-1] in page.locator("label").get_attribute("data-card")
    assert code not in repr(shown)


def test_dollar_signs_are_not_taken_for_formulas():
    assert 'class="ts-tint tex2jax_ignore mathjax_ignore"' in tint(told("$x$")).html


def test_words_in_pieces_of_any_script_are_not_torn_apart(page):
    show(page, tint([told("Red", "emption"), told("Redemption")]))
    boxes = [
        page.locator(".ts-text")
        .nth(i)
        .evaluate(
            "e => { const r = document.createRange(); r.selectNodeContents(e);"
            " return r.getBoundingClientRect().width }"
        )
        for i in (0, 1)
    ]
    assert boxes[0] - boxes[1] < 3


def test_spaces_line_breaks_and_parts_of_characters_are_seen(page):
    show(page, tint(told("a", " ", "  ", "\n", "\t", "", "é")))
    tokens = page.locator("label > :is(b, span)")
    assert tokens.all_text_contents() == ["a", "␣", "␣␣", "↵", "⇥\t", "◌", "é"]
    assert all(token.bounding_box()["width"] > 3 for token in tokens.all())
    tops = [token.bounding_box()["y"] for token in tokens.all()]
    assert tops[3] == tops[0] < tops[4]


def test_the_token_that_ends_a_turn_is_a_small_mark(page):
    shown = tint(told("Yes.", "<|im_end|>", ended=True))
    show(page, shown)
    assert page.locator(".ts-text").text_content() == "Yes. end"
    assert "Yes. [end]" in repr(shown)
    assert "im_end" not in repr(shown)


# A page that removes styles.


def test_without_styles_the_text_stands_once_and_no_card_is_spilled(page, story):
    page.set_content(without_styles(tint(story).html))
    seen = page.locator("body").inner_text()
    for continuation in story:
        assert " ".join(continuation.text.split()) in " ".join(seen.replace("↵", "").split())
    assert seen.count(story[0].prompt) == 1
    assert "sampler" not in seen
    assert "Point at" not in seen


def test_buttons_stay_hidden_without_styles(page):
    page.set_content(re.sub(r"<style>.*?</style>", "", tint(told("a")).html, flags=re.DOTALL))
    assert page.locator("input").count() == 1
    assert not page.locator("input").is_visible()


# Tints.


def luminance(rgb):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


def on(background, tint):
    r, g, b, opacity = (int(tint[i : i + 2], 16) / 255 for i in (1, 3, 5, 7))
    return [opacity * c + (1 - opacity) * background for c in (r, g, b)]


@pytest.mark.parametrize(("background", "text"), [(1, 0.13), (0x11 / 255, 0.87)])
def test_text_has_contrast_on_every_tint_in_light_and_dark_themes(background, text):
    for tint_ in TINTS:
        light, dark = sorted((luminance(on(background, tint_)), luminance([text] * 3)))[::-1]
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("background", [1, 0x11 / 255])
def test_tints_are_told_apart_in_gray(background):
    y = np.array([luminance(on(background, tint_)) for tint_ in TINTS])
    lightness = np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)
    steps = np.diff(lightness)
    assert (np.abs(steps) >= 4).all()
    assert len(set(np.sign(steps))) == 1


def test_the_tint_is_of_the_charts_palette():
    style = Path(sys.modules["tempsampling"].__file__).with_name("course.mplstyle").read_text()
    assert {tint_[1:7].upper() for tint_ in TINTS} <= set(re.findall(r"'(\w{6})'", style))


@pytest.mark.parametrize("i", range(5))
def test_a_probability_at_the_edge_has_the_tint_of_its_step(i):
    assert TINTS[i] in tint(told("a", p=STEPS[i])).html.split('ts-legend"')[0].split("</style>")[1]
    if i < 4:
        below = np.nextafter(STEPS[i], 0)
        html = tint(told("a", p=below)).html.split('ts-legend"')[0].split("</style>")[1]
        assert TINTS[i + 1] in html


# Cards.

CARD = "e => getComputedStyle(e, '::after').content"


def card(token):
    return token.evaluate(CARD)


def test_pointing_opens_one_card_with_what_else_might_have_been_said(page, story):
    show(page, tint(story))
    page.locator("input").nth(2).focus()
    token = page.locator("label").nth(1)
    assert card(token) == "none"
    token.locator("b, span").hover()
    assert "model 94.8%, sampler 100%" in card(token)
    assert re.search(r"entropy \d\.\d bits; likeliest:", card(token))
    assert "→  94.8%  ␣named" in card(token)
    shown = page.locator("label").evaluate_all(
        "all => all.filter(e => getComputedStyle(e, '::after').display == 'block'"
        " && getComputedStyle(e, '::after').content != 'none').length"
    )
    assert shown == 1


def test_a_text_is_one_stop_of_the_tab_key_and_arrows_go_from_token_to_token(page, story):
    show(page, tint(story), tint(story[:1]))
    focused = (
        "['.ts-text', 'label'].map(s => document.activeElement.closest(s))"
        ".map((e, i) => i ? e?.textContent : e?.ariaLabel)"
    )
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == ["T = 0", " girl"]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == ["T = 0", " named"]
    assert "␣named" in card(page.locator("label:focus-within"))
    page.keyboard.press("Tab")
    assert page.evaluate(focused)[0] == "T = 0.7"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == ["T = 0", " girl"]  # of the second output


def test_every_button_keeps_its_keys_from_jupyterlab(page, story):
    show(page, tint(story))
    buttons = page.locator("input").count()
    assert page.locator("input[data-lm-suppress-shortcuts]").count() == buttons > 30


def test_a_screen_reader_hears_the_card_of_the_focused_token(page, story):
    show(page, tint(story))
    page.keyboard.press("Tab")
    heard = page.locator(".ts-text").first.aria_snapshot()
    assert 'radiogroup "T = 0"' in heard
    assert "model 38.3%" in heard


@pytest.mark.parametrize("width", [1000, 400])
def test_no_card_leaves_its_output_or_makes_the_page_scroll(page, story, width):
    page.set_viewport_size({"width": width, "height": 900})
    show(page, tint(story), head="<style>body > div {overflow: auto}</style>")
    size = (
        "[...document.querySelectorAll('html, body > div, .ts-tint')]"
        ".map(e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight,"
        " e.getBoundingClientRect().height])"
    )
    before = page.evaluate(size)
    assert all(wide <= 0 for wide, _, _ in before)
    for token in page.locator("input").all():
        token.focus()
        assert page.evaluate(size) == before


def test_the_same_text_shown_twice_is_two_groups_of_buttons(page):
    """The first output's choice stays, whatever is chosen in the second, by mouse or keyboard."""
    text = told("a", "b", "c")
    assert tint(text).html == tint(text).html
    show(page, tint(text), tint(text))
    buttons = page.locator("input")
    page.locator("label > :is(b, span)").nth(1).click()
    page.locator("label > :is(b, span)").nth(3).click()
    chosen = [i for i, button in enumerate(buttons.all()) if button.is_checked()]
    assert chosen == [1, 3]
    place = "[...document.querySelectorAll('input')].indexOf(document.activeElement)"
    buttons.nth(3).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
        assert page.evaluate(place) in (3, 4, 5)
    assert buttons.nth(1).is_checked()


def test_enter_on_a_token_leaves_the_page_where_it_is(page):
    show(page, tint(told("a", "b")))
    before = page.url
    page.locator("input").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    assert page.url == before
    assert page.locator(".ts-text").text_content() == "ab"


def test_where_forms_are_removed_different_texts_do_not_share_their_buttons():
    names = [set(re.findall(r'name="(\w+-\d)"', tint(told(text)).html)) for text in "ab"]
    assert not names[0] & names[1]


def test_the_same_texts_give_the_same_output(story):
    assert tint(story).html == tint(story).html


# Several texts.


def test_a_bar_marks_where_a_text_parts_from_the_one_above(page):
    show(page, tint([told("a", "b", "c"), told("a", "x", "c"), told("a", "x", "c")]))
    bars = page.locator("label > [style*=border]").all_text_contents()
    assert bars == ["x"]
    assert "parts from" in page.locator(".ts-legend").text_content()


def test_without_a_bar_the_legend_does_not_speak_of_one():
    assert "parts from" not in tint(told("a")).html


def test_a_prompt_that_texts_share_stands_once_and_a_new_one_before_its_text():
    lines = repr(
        tint([told("a"), told("b", temperature=2), told("c", prompt="Sing:")])
    ).splitlines()
    assert lines[:-1] == ["Say: …", "T = 1    a", "T = 2    b", "Sing: …", "T = 1    c"]


# Plain text.


def test_plain_text_encloses_what_was_not_to_be_expected():
    text = told("The", " sky", " is", " green", " cheese", ".", p=[0.5, 0.1, 0.9, 0.09, 0.01, 0.4])
    assert "T = 1    The sky is ‹green cheese›.\n" in repr(tint(text))


def test_plain_text_fits_into_80_columns(story):
    long = told(*[" word"] * 100, "x" * 200, prompt="prompt " * 40)
    for shown in (tint(long), tint(story)):
        assert max(map(len, repr(shown).splitlines())) <= 80


def test_a_token_that_is_not_among_the_likeliest_has_no_arrow():
    far = told("z", p=0.001, alternatives=[(("a", 0.5), ("b", 0.4))])
    assert "entropy 1.0 bits; likelier:" in tint(far).html
    assert "→" not in tint(far).html


def test_of_two_tokens_equally_probable_the_drawn_one_is_marked():
    tie = told("b", p=0.4, alternatives=[(("a", 0.4), ("b", 0.4))])
    assert "\n   40.0%  a\n→  40.0%  b" in tint(tie).html
