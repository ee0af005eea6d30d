"""The live page computes what the package computes, and says what is missing where it cannot."""

import base64
import json
import re

import numpy as np
import pytest
from browser import ROOT
from libraries import unpack
from playwright.sync_api import expect
from publish import TEMPLATES, begin, write_try_page
from published import npm_is_there, without_a_network
from serving import served
from try_page import SOURCES, STEPS, run, workshop, write_weights

from tempsampling import SmolLM2, softmax, truncate
from tempsampling.numerics.sampling import CUTS, ORDER, checked_steps, draw, survivors
from tempsampling.widgets.playground import PROMPTS
from tempsampling.writing.labels import percent, visible
from tempsampling.writing.tint import TINTS, tint_color

CASES = 3000


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The page with its scripts, before there are any weights."""
    npm_is_there()
    folder = tmp_path_factory.mktemp("live")
    begin(folder)
    write_try_page(folder)
    return folder


@pytest.fixture
def opened(browser, site):
    """A function that opens the page from a file, in a state."""
    with without_a_network(browser) as open_file:

        def open_page(state=""):
            page = open_file(site / "try.html")
            page.evaluate("state => { location.hash = state; }", state)
            return settled(page)

        yield open_page


def settled(page):
    page.locator("html[data-ready]").wait_for(state="attached")
    page.wait_for_timeout(100)
    page.wait_for_function("document.getElementById('stop').hidden", timeout=60_000)
    return page


def shares(page) -> list[list[str]]:
    """What the bars say: for each row its label, and before, after and so on."""
    rows = page.locator("#bars li").all()
    return [
        [row.locator(".offer").inner_text(), *row.locator(".share").inner_text().split(" → ")]
        for row in rows
    ]


# Samplers


def random_case(rng) -> dict:
    """Draw logits, often with ties, steps in any order, and a height."""
    z = rng.normal(0, rng.choice([0.1, 1, 4]), rng.integers(1, 60)).astype(np.float32)
    if rng.random() < 0.5:
        z = z.round(int(rng.integers(0, 2)))
    settings = {
        "temperature": rng.choice([0.05, 0.3, 1, 1.7, 5]),
        "top_k": rng.integers(1, 70),
        "top_p": rng.choice([rng.uniform(0.01, 1), 0.5, 1]),
        "min_p": rng.choice([rng.uniform(0, 1), 0, 1]),
        "typical_p": rng.choice([rng.uniform(0.01, 1), 0.5, 1]),
        "epsilon_cutoff": rng.choice([0.001, 0.05, 0.3]),
        "eta_cutoff": rng.choice([0.001, 0.05, 0.3]),
        "top_n_sigma": rng.choice([rng.uniform(0.01, 3), 1]),
        "xtc": rng.choice([rng.uniform(0.01, 0.6), 0.1]),
    }
    names = rng.permutation(list(settings))[: rng.integers(0, 5)]
    steps = [(str(name), float(settings[name])) for name in names]
    return {"logits": z.tolist(), "steps": steps, "height": float(rng.random())}


def in_package(case) -> tuple[list[int], int]:
    z = np.array(case["logits"], np.float32)
    cuts = {name: int(x) if name == "top_k" else x for name, x in case["steps"]}
    order = [name for name, _ in case["steps"]]
    steps = checked_steps(cuts.pop("temperature", 1.0), order, **cuts)
    return survivors(z, steps)[0].tolist(), draw(z, case["height"], steps)[0]


IN_BROWSER = """(cases) => cases.map(({ logits, steps, height }) => {
    const ranked = samplers.ranking(Float32Array.from(logits));
    const { kept, temperature } = samplers.survivors(ranked, steps);
    const at = samplers.crossing(samplers.softmax(ranked, kept, temperature), height);
    const tokens = Array.from(kept, (place) => ranked.tokens[place]);
    return [tokens.sort((a, b) => a - b), ranked.tokens[kept[at]]];
})"""


@pytest.fixture(scope="module")
def samplers(browser, site, tmp_path_factory):
    """A page in which the functions of the live page can be called."""
    script = tmp_path_factory.mktemp("samplers") / "samplers.js"
    with workshop() as folder:
        (folder / "both.ts").write_text('export * from "./samplers"; export * from "./words";')
        options = ["--bundle", "--global-name=samplers", "--log-level=warning"]
        run(folder, "esbuild/bin/esbuild", "both.ts", *options, f"--outfile={script}")
    page = browser.new_page()
    page.add_script_tag(path=script)
    yield page
    page.close()


def test_cuts_in_any_order_and_draws_are_those_of_the_package(samplers):
    rng = np.random.default_rng(21)
    cases = [random_case(rng) for _ in range(CASES)]
    found = samplers.evaluate(IN_BROWSER, cases)
    wrong = [
        (case, there, here)
        for case, there in zip(cases, found, strict=True)
        if there != [*(here := in_package(case))]
    ]
    assert not wrong, f"{len(wrong)} of {CASES}, the first: {wrong[0]}"


def test_every_cut_is_there(samplers):
    assert set(samplers.evaluate("Object.keys(samplers.CUTS)")) == set(CUTS)


def test_cuts_keep_of_the_whole_vocabulary_what_the_package_keeps(samplers):
    z = SmolLM2.load().logits(PROMPTS[0]).tolist()
    settings = {"top_k": 40, "epsilon_cutoff": 3e-4, "eta_cutoff": 3e-4, "top_n_sigma": 1.3}
    cases = [
        {"steps": [("temperature", 1.3), (name, settings.get(name, 0.05))], "height": 0.7}
        for name in CUTS
    ]
    script = f"([logits, cases]) => ({IN_BROWSER})(cases.map((each) => ({{ logits, ...each }})))"
    for case, found in zip(cases, samplers.evaluate(script, [z, cases]), strict=True):
        assert found == [*in_package(case | {"logits": z})], case


def test_noise_is_uniform_and_differs_between_seeds_and_places(samplers):
    script = "seed => Array.from({ length: 4000 }, (_, place) => samplers.noise(seed, place))"
    one, two = (np.array(samplers.evaluate(script, seed)) for seed in (1, 2))
    for each in (one, two):
        assert (each >= 0).all()
        assert (each < 1).all()
        assert np.histogram(each, 10, (0, 1))[0].min() > 320  # of 400; four deviations
        assert abs(np.corrcoef(each[1:], each[:-1])[0, 1]) < 0.06
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.06


def test_a_slider_has_settings_that_the_package_takes():
    assert list(STEPS) == list(ORDER)
    for name, (_, _, values, start) in STEPS.items():
        assert start in values
        assert values == sorted(values)
        for value in values:
            checked_steps(**{name: value})


def test_every_token_is_written_as_in_the_package(samplers):
    model = SmolLM2.load()
    words = [model.bytes_of(token).decode("latin-1") for token in range(49152)]
    found = samplers.evaluate("(words) => words.map(samplers.visible)", words)
    assert found == [visible(model.decode([token])) for token in range(49152)]


def test_probabilities_are_written_and_tinted_as_in_the_package(samplers):
    shares = [0, 1e-9, 0.0004, 0.0005, 0.001, 0.01, 0.099, 0.1, 0.3, 0.5, 0.9994, 0.9996, 1]
    assert samplers.evaluate("(all) => all.map(samplers.percent)", shares) == [
        *map(percent, shares)
    ]
    tints = samplers.evaluate("(all) => all.map(samplers.tint)", shares)
    assert [TINTS[tint] for tint in tints] == [*map(tint_color, shares)]


def test_colors_are_those_of_the_course():
    look = (TEMPLATES / "static" / "try.css").read_text(encoding="utf-8")
    style = (ROOT / "tempsampling" / "course.mplstyle").read_text(encoding="utf-8")
    for color in re.findall(r"--[ab]: #(\w+)", look)[:2]:
        assert color.upper() in style
    assert re.findall(r"\.tint-\d { background: (#\w+) }", look) == [*TINTS[1:]]


# The page, from a file


def test_the_bars_of_a_shipped_prompt_are_those_of_the_model(opened):
    page = opened("#prompt=The+capital+of+Australia+is&T=0.5&top_p=0.8")
    model = SmolLM2.load()
    z = model.logits("The capital of Australia is").astype(np.float64)
    plain, after = truncate(z), truncate(z, temperature=0.5, top_p=0.8)
    top = np.argsort(-z, kind="stable")[:10]
    rows = [[visible(model.decode([i])), percent(plain[i]), percent(after[i])] for i in top]
    rest = ["49,142 others", *(percent(1 - p[top].sum()) for p in (plain, after))]
    assert shares(page)[:10] == rows
    assert shares(page)[10][:2] == rest[:2]
    left = page.locator(".settings .left").all_inner_texts()
    assert left == ["49,152 left", f"{(after > 0).sum()} left"]
    assert "opened from a file" in page.locator("#model").inner_text()
    heard = page.locator("#heard").inner_text().split("; ")
    assert [row.split()[0] for row in heard] == [row[0] for row in rows[:3]]


def test_a_slider_moves_by_keyboard_and_the_address_follows(opened):
    page = opened("#prompt=The+weather+today+is&T=1")
    before = shares(page)
    slider = page.get_by_role("slider", name="temperature of A")
    slider.press("ArrowLeft")
    settled(page)
    expect(page).to_have_url(re.compile("T=0.95"))
    assert shares(page) != before
    slider.press("ArrowRight")
    settled(page)
    assert shares(page) == before


def test_an_address_holds_the_whole_state(opened):
    state = (
        "#prompt=The+weather+today+is&seed=7&T=0.8&top_k=50&beside=&min_p=0.1&T=1.5&taken=253.3947"
    )
    page = opened(state)
    page.wait_for_timeout(400)  # it is written a little later than the page
    assert page.url.endswith(state)
    names = page.locator(".settings li .name").all_inner_texts()
    assert names == ["temperature", "top-k", "min-p", "temperature"]


@pytest.mark.parametrize(
    "nonsense",
    [
        "#T=nan&top_p=7&top_k=-1&seed=x&draw=-4&beside=&beside=&beside=&taken=99999.x",
        "#%%%&prompt&T=&=5",
        "#T=0.5&T=0.7&__proto__=3&constructor=2",
    ],
)
def test_an_address_of_nonsense_is_a_page_that_works(opened, nonsense):
    page = opened(nonsense)
    assert page.locator(".settings").count() <= 2
    page.locator("#examples").select_option(PROMPTS[2])
    assert shares(settled(page))[0][0] == "␣Sydney"


def test_a_step_is_added_moved_and_taken_away(opened):
    page = opened("#prompt=The+weather+today+is&T=2")
    page.get_by_label("Add a step to A").select_option("top-p")
    left = page.locator(".settings .left")
    hot = left.last.inner_text()
    page.get_by_role("button", name="top-p of A earlier").click()
    settled(page)
    expect(page).to_have_url(re.compile("top_p=0.9&T=2"))
    cold = left.first.inner_text()
    assert int(hot.split()[0].replace(",", "")) > int(cold.split()[0].replace(",", ""))
    page.get_by_role("button", name="top-p of A off").click()
    expect(left).to_have_count(1)


def test_without_the_model_a_token_is_drawn_and_what_follows_asks_for_it(opened):
    page = opened("#prompt=The+weather+today+is")
    page.get_by_role("button", name="Draw one").click()
    settled(page)
    tokens = page.locator(".tokens [role=radio]")
    assert tokens.count() == 2  # the token, and the end
    expect(page.locator("#said")).to_contain_text("needs the model")
    tokens.last.press("ArrowLeft")  # back to where it was chosen
    expect(tokens.first).to_be_focused()
    assert page.locator("#bars button[aria-pressed=true]").count() <= 1
    assert len(shares(page)) == 11
    tokens.first.press("ArrowRight")
    page.get_by_role("button", name="Back").click()
    settled(page)
    assert len(shares(page)) == 11
    page.get_by_label("Prompt").fill("My own words")
    page.get_by_label("Prompt").press("Tab")
    expect(page.locator("#said")).to_contain_text("needs the model")


def test_the_tour_has_six_steps_and_ends_where_it_began(opened):
    page = opened()
    page.get_by_role("button", name="A tour in six steps").click()
    seen = []
    for step in range(6):
        seen.append(page.locator("#tour li:visible").inner_text())
        page.get_by_role("button", name="Close" if step == 5 else "Next").click()
        settled(page)
    assert len(set(seen)) == 6
    expect(page.locator("#tour")).to_be_hidden()
    expect(page.get_by_role("button", name="A tour in six steps")).to_be_focused()


def test_what_the_tour_says_is_so(opened):
    z = SmolLM2.load().logits(PROMPTS[0])
    hot = np.sort(truncate(z, temperature=2))
    assert hot[:-10].sum() > hot[-10:].sum()
    first, last = (
        (truncate(z, temperature=2, top_p=0.9, order=order) > 0).sum()
        for order in (["temperature", "top_p"], ["top_p", "temperature"])
    )
    assert first > 10 * last


def test_numbers_on_the_page_are_those_of_its_scripts(opened):
    text = opened().locator("body").text_content()
    network, page = ((SOURCES / name).read_text() for name in ("network.ts", "page.ts"))
    context = int(re.search(r"CONTEXT = (\d+)", network)[1])
    more = re.search(r"MORE = (\d+)", page)[1]
    assert f"{context:,} tokens at most" in text
    assert f"Write {more} tokens" in text
    assert "49,152 tokens" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_passes_the_accessibility_checker_and_fits_a_phone_and_a_zoom(
    browser, site, tmp_path, scheme
):
    unpack("axe-core@4.14.1", ["axe.min.js"], tmp_path)
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto((site / "try.html").as_uri() + "#T=0.7&top_k=9&xtc=0.1&beside=&T=2&draw=1")
    settled(page)
    page.locator("#start").click()
    settled(page)
    for width in (390, 640, 1280):  # a phone, and a screen at 200% and at 100%
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate((tmp_path / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run({preload: false})).violations")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    context.close()


def test_the_scripts_are_typed_and_formatted_and_without_lint(site):
    with workshop() as folder:
        run(folder, "typescript/bin/tsc", "-p", ".")
        run(folder, "eslint/bin/eslint.js", ".")
        run(folder, "prettier/bin/prettier.cjs", "--log-level=warn", "--check", "*.ts")


# With the weights, from a server


@pytest.fixture(scope="module")
def address(site):
    """The page with its weights, on a server."""
    write_weights(site / "weights")
    with served(site) as folder:
        yield f"{folder}try.html"


@pytest.fixture
def visitor(browser):
    """A browser that was never here before."""
    context = browser.new_context()
    context.set_default_timeout(120_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def reader(browser, address):
    """A page that has the model, for tests that leave it as it is."""
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.evaluate(WORKER)
    page.evaluate("ask('load', new URL('weights/', location.href).href)")
    yield page
    page.close()


WORKER = """() => {
    const worker = new Worker("lib/try/worker.js");
    window.ask = (name, ...values) => new Promise((resolve, reject) => {
        const answered = ({ data: { id, value, error } }) => {
            if (id === undefined) return;
            worker.removeEventListener("message", answered);
            if (error) reject(new Error(error)); else resolve(value);
        };
        worker.addEventListener("message", answered);
        worker.postMessage({ id: 1, name, values });
    });
    window.logits = async (text) => {
        const bytes = new Uint8Array((await ask("next", await ask("tokenize", text), 0)).buffer);
        return btoa(bytes.reduce((all, byte) => all + String.fromCharCode(byte), ""));
    };
}"""
TEXTS = [
    *PROMPTS,
    "x",
    " ",
    "\n\n",
    "import numpy as np\n\ndef softmax(z):\n    z = z - z.max()\n    return",
    "for (let i = 0; i < 10; i++) {\n  console.log(",
    '{"name": "Ada", "born": 18',
    "SELECT name FROM people WHERE",
    "日本の首都は",
    "むかしむかし、あるところに",
    "Привет, как",
    "مرحبا",
    "🎉🎊 party time 🦄👩‍👩‍👧 and then",
    "<|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\n",
    "1, 2, 3, 4, 5, 6, 7, 8, 9, 1",
    "The quick brown fox jumps over the lazy dog. " * 50,
]


@pytest.mark.rare
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:20]))
def test_every_probability_is_that_of_the_package(reader, text):
    found = np.frombuffer(base64.b64decode(reader.evaluate("logits", text)), "<f4")
    assert found.shape == (49152,)
    assert np.abs(softmax(found) - softmax(SmolLM2.load().logits(text))).max() < 1e-5


@pytest.mark.rare
def test_two_thousand_strings_have_the_tokens_of_the_package(reader):
    rows = json.loads((ROOT / "tests" / "reference" / "tokens.json").read_text())
    strings, expected = [row[0] for row in rows], [row[1] for row in rows]
    script = "async (all) => { const found = []; for (const each of all)"
    script += " found.push(await ask('tokenize', each)); return found; }"
    assert len(strings) >= 2000
    assert reader.evaluate(script, strings) == expected


@pytest.mark.rare
def test_two_texts_are_those_that_the_package_draws_with_the_same_noise(visitor, address, samplers):
    page = visitor.new_page()
    page.goto(
        f"{address}#prompt=Once+upon+a+time&seed=5&T=0.8&top_p=0.95&draw=24&beside=&T=1.2&draw=24"
    )
    fetch_model(page)
    model = SmolLM2.load()
    heights = samplers.evaluate("() => [...Array(24).keys()].map((at) => samplers.noise(5, at))")
    for number, settings in enumerate([{"temperature": 0.8, "top_p": 0.95}, {"temperature": 1.2}]):
        tokens = model.tokenize("Once upon a time")
        (z,), cache = model.next_logits([tokens])
        steps, drawn = checked_steps(**settings), []
        for height in heights:
            drawn.append(draw(z, height, steps)[0])
            if drawn[-1] in model.end_tokens:
                drawn.pop()
                break
            (z,), cache = model.next_logits([drawn[-1:]], cache)
        written = page.locator(f".text-{number} .tokens").text_content()
        text = written.removesuffix(" end").replace("↵\n", "\n")
        assert text == model.decode(drawn)


def fetch_model(page):
    page.get_by_role("button", name="Fetch the model").click()
    page.locator("html[data-model=ready]").wait_for(state="attached")
    settled(page)


@pytest.mark.rare
def test_after_the_first_visit_the_page_needs_no_network(visitor, address):
    page = visitor.new_page()
    page.goto(address)
    fetch_model(page)
    page.wait_for_function("caches.match('try.html').then(Boolean)")
    page.close()
    visitor.set_offline(True)
    page = visitor.new_page()
    page.goto(f"{address}#prompt=The+sea+is&T=0.7&draw=8")
    page.locator("html[data-model=ready]").wait_for(state="attached")
    settled(page)
    assert page.locator(".tokens .token").count() >= 8
    assert len(shares(page)) == 11


@pytest.mark.rare
def test_weights_that_are_half_there_are_fetched_to_the_end_and_not_again(visitor, address):
    page = visitor.new_page()
    asked = []
    visitor.on("request", lambda request: asked.append(request.url))
    fourth = json.loads(page.request.get(address.replace("try.html", "weights/model.json")).text())
    fourth = fourth["pieces"][3]["name"]
    visitor.route(f"**/{fourth}", lambda route: route.abort())
    page.goto(address)
    page.get_by_role("button", name="Fetch the model").click()
    expect(page.locator("#model")).to_contain_text("try again")
    visitor.unroute(f"**/{fourth}")
    asked.clear()
    fetch_model(page)
    assert len([url for url in asked if url.endswith(".bin")]) == 10  # of 13


@pytest.mark.rare
def test_a_damaged_piece_is_noticed(visitor, address):
    page = visitor.new_page()
    visitor.route("**/*.bin", lambda route: route.fulfill(body=b"\0" * 8_000_000))
    page.goto(address)
    page.get_by_role("button", name="Fetch the model").click()
    expect(page.locator("#model")).to_contain_text("damaged")


@pytest.mark.rare
@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("WebAssembly.validate = () => false;", "no WebAssembly with SIMD"),
        ("WebAssembly.Memory = function () { throw new RangeError(); };", "less memory"),
    ],
)
def test_a_browser_that_cannot_is_told_so_and_the_shipped_prompts_work(
    visitor, address, site, script, sentence
):
    begin_worker_with(script, visitor, site)
    page = visitor.new_page()
    page.goto(address)
    page.get_by_role("button", name="Fetch the model").click()
    expect(page.locator("#model")).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Fetch the model")).to_be_hidden()
    assert len(shares(page)) == 11


def begin_worker_with(script, visitor, site):
    """Let the model's thread find another browser than there is."""
    body = script + (site / "lib" / "try" / "worker.js").read_text(encoding="utf-8")
    answer = {"body": body, "content_type": "text/javascript"}
    visitor.route("**/worker.js", lambda route: route.fulfill(**answer))


@pytest.mark.rare
def test_where_the_browser_keeps_nothing_the_page_says_so(visitor, address, site):
    nothing = "Object.defineProperty(self, 'caches', { get() { throw new Error(); } });"
    begin_worker_with(nothing, visitor, site)
    page = visitor.new_page()
    page.goto(address)
    fetch_model(page)
    expect(page.locator("#model")).to_contain_text("keeps nothing")


@pytest.mark.rare
def test_reading_and_writing_can_be_stopped_and_gone_on_with(visitor, address):
    page = visitor.new_page()
    page.goto(f"{address}#prompt={'word+' * 900}&T=1")
    page.get_by_role("button", name="Fetch the model").click()
    stop = page.get_by_role("button", name="Stop")
    stop.click()  # within some seconds of reading
    expect(page.locator("#said")).to_contain_text("Stopped")
    page.evaluate("location.hash = '#prompt=Once+upon+a+time&T=1&seed=3&draw=256'")
    page.locator(".tokens .token").nth(5).wait_for()
    stop.click()
    written = page.locator(".tokens .token")
    expect(stop).to_be_hidden()
    before = written.count()
    assert before < 256
    page.get_by_role("button", name="Draw one").click()
    expect(written).to_have_count(before + 1)


@pytest.mark.rare
def test_a_token_is_taken_from_the_middle_and_a_second_text_branches_off(visitor, address):
    page = visitor.new_page()
    page.goto(f"{address}#prompt=The+weather+today+is&T=0.7&top_p=0.9&draw=8")
    fetch_model(page)
    first = page.locator(".text-0 .tokens")
    before = first.inner_text()
    tokens = first.get_by_role("radio")
    tokens.nth(3).click()
    page.get_by_role("button", name="A second text from here").click()
    settled(page)
    second = page.locator(".text-1 .tokens")
    assert before.startswith(second.inner_text().strip("\u2002"))
    other = page.locator("#bars button[aria-pressed=false]").nth(1)
    other.click()
    settled(page)
    page.get_by_role("button", name="Write 24 tokens").click()
    settled(page)
    assert first.inner_text().startswith(before.strip("\u2002"))
    assert page.locator(".text-1 .parts").count() == 1
    assert second.get_by_role("radio").nth(3).get_attribute("class").endswith("parts")
