"use strict";

// What is wider than a phone can be scrolled by keyboard, too.
function letScroll() {
  document.documentElement.dataset.ready = "yes";
  for (const box of document.querySelectorAll("main :is(pre, table, .MJXc-display, .jp-RenderedHTML)")) {
    if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
  }
}

films.then(() => MathJax.Hub.Queue(letScroll));
addEventListener("resize", letScroll);
document.addEventListener("toggle", letScroll, true); // a fold was opened
