"use strict";

Reveal.initialize({
  width: 1280, height: 720, margin: 0, maxScale: 4,
  center: false, transition: "none", controls: false, slideNumber: "c/t", history: true,
  viewDistance: 1000, mobileViewDistance: 1000, // all slides are laid out, so that they can be fitted
  pdfSeparateFragments: false,
  plugins: [RevealNotes],
});

// On a control the keys move the control; reveal.js, which listens further out, must not hear them.
document.body.addEventListener("keydown", (event) => {
  if (!event.target.closest(".knob")) { return; }
  event.stopPropagation();
  if (event.key === "Escape") { event.target.blur(); }
});
// These two open and close a fold, and do not turn the slide.
document.body.addEventListener("keydown", (event) => {
  if (event.target.matches("summary") && [" ", "Enter"].includes(event.key)) { event.stopPropagation(); }
});
// These two keys are a presenter's clicker: they turn the slide, and the slider must not hear them.
document.body.addEventListener("keydown", (event) => {
  const clicker = event.key === "PageUp" || event.key === "PageDown";
  if (!clicker || !event.target.closest(".knob")) { return; }
  event.preventDefault();
  event.stopPropagation();
  event.target.blur();
  const { key, keyCode } = event;
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, keyCode, bubbles: true }));
}, true);

// Make a slide's content as large as fits: give up some size of the type, then the code, at last the
// lines of the results; and put the prose above the picture or beside it, whichever leaves the
// larger picture.
const LARGER = [1.25, 1.12]; // of the usual size, for a slide without a picture
const SIZES = [1, 0.93, 0.86, 0.79];
const SMALLEST = [0.74, 0.69];
const RESULTS = [0.96, 0.89, 0.82, 0.75]; // the size of what was printed, of that of the prose
const LARGE_ENOUGH = 0.9; // of the size that a picture has in the notebook; below 0.83 its type is too small

// Show the tallest of its texts in each demo of a slide, for which there has to be room; return what
// shows the first one again.
function showTallest(slide) {
  const shown = [];
  for (const box of slide.querySelectorAll("[data-film]")) {
    const screen = box.querySelector("[role=status]");
    const first = screen.innerHTML;
    let [tallest, most] = [first, screen.offsetHeight];
    for (const html of STATES.get(box).filter((each) => !each.includes("<canvas"))) {
      screen.innerHTML = html;
      if (screen.offsetHeight > most) { [tallest, most] = [html, screen.offsetHeight]; }
    }
    screen.innerHTML = tallest;
    shown.push([screen, first]);
  }
  return () => shown.forEach(([screen, first]) => { screen.innerHTML = first; });
}

// Open the tallest fold of a slide, where only one can be open; return what closes it again.
function openTallest(slide) {
  const folds = [...slide.querySelectorAll("details")];
  let [tallest, most] = [null, 0];
  for (const fold of folds) {
    fold.name = `folds-${Reveal.getIndices(slide.closest("section")).h}`;
    fold.open = true;
    if (fold.offsetHeight > most) { [tallest, most] = [fold, fold.offsetHeight]; }
  }
  if (tallest) { tallest.open = true; }
  return () => { if (tallest) { tallest.open = false; } };
}

function scale(img) {
  const [width, height] = ["width", "height"].map((name) => img.getAttribute(name));
  return Math.min(img.clientWidth / width, img.clientHeight / height);
}

function fits(slide) {
  const boxes = [slide, ...slide.querySelectorAll(".body, .prose, .results, pre")];
  return boxes.every((box) => getComputedStyle(box).display === "contents"
    || (box.scrollWidth <= box.clientWidth + 1 && box.scrollHeight <= box.clientHeight + 1));
}

function attempts(slide, pictures) {
  const sizes = pictures.length ? SIZES : [...LARGER, ...SIZES];
  const hasBoth = pictures.length && slide.querySelector(".prose");
  const found = [];
  for (const [code, wrap] of [[true, false], [false, false], [false, true]]) {
    for (const size of code ? sizes : [...sizes, ...SMALLEST]) {
      found.push({ size, code, wrap, beside: false });
      if (hasBoth) { found.push({ size, code, wrap, beside: true }); }
    }
  }
  return found;
}

function fit(slide) {
  const pictures = [...slide.querySelectorAll(".results img")];
  const closeAgain = openTallest(slide);
  const showFirst = showTallest(slide);
  let best = null;
  for (const way of attempts(slide, pictures)) {
    if (best?.smallest >= LARGE_ENOUGH && way.size < best.size) { break; }
    if (best && best.wrap !== way.wrap) { break; }
    lay(slide, way);
    const smallest = Math.min(...pictures.map(scale), 2);
    if (fits(slide) && !(best?.smallest > smallest - 0.02)) { best = { ...way, smallest }; }
  }
  if (best) { lay(slide, best); }
  for (const size of pictures.length ? [] : RESULTS) {
    slide.style.setProperty("--results", size);
    if (fits(slide)) { break; }
  }
  showFirst();
  closeAgain();
}

function lay(slide, { size, code, wrap, beside }) {
  slide.style.setProperty("--fit", size);
  slide.classList.toggle("no-code", !code);
  slide.classList.toggle("wrap", wrap);
  slide.classList.toggle("beside", beside);
}

films.then(() => MathJax.Hub.Queue(async () => {
  await document.fonts.ready;
  const slides = document.querySelectorAll(".slide");
  slides.forEach(fit);
  document.documentElement.dataset.ready = "yes";
}));
