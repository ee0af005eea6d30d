"use strict";

Reveal.initialize({
  width: 1920, height: 1080, margin: 0, maxScale: 4,
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

// Of the folds of a slide one is open at a time. The code of a slide without room for it is left out.
function fit(slide, number) {
  for (const fold of slide.querySelectorAll("details")) { fold.name = `folds-${number}`; }
  const boxes = [slide, ...slide.querySelectorAll(".body, .results, pre")];
  const fits = boxes.every((box) => box.scrollHeight <= box.clientHeight + 1);
  slide.classList.toggle("no-code", !fits);
}

films.then(() => MathJax.Hub.Queue(async () => {
  await document.fonts.ready;
  document.querySelectorAll(".slide").forEach(fit);
  document.documentElement.dataset.ready = "yes";
}));
