// What the library and the browser leave to do for those who use a keyboard or a screen reader: a
// slider's handle gets a name and words for its value: the library writes an index alone.
"use strict";

function nameSliders() {
  for (const row of document.querySelectorAll(".tempsampling .widget-slider")) {
    const handle = row.querySelector(".noUi-handle");
    const label = row.querySelector(".widget-label");
    const readout = row.querySelector(".widget-readout");
    if (!handle || handle.hasAttribute("aria-label")) { continue; }
    handle.setAttribute("aria-label", label.textContent);
    const say = () => handle.setAttribute("aria-valuetext", readout.textContent);
    new MutationObserver(say).observe(readout, { childList: true, characterData: true, subtree: true });
    say();
  }
}

const SIGNS = { "fa-play": "play or pause", "fa-stop": "stop", "fa-retweet": "repeat" };

function nameSigns() {
  for (const sign of document.querySelectorAll(".widget-play button i")) {
    const name = Object.keys(SIGNS).find((each) => sign.classList.contains(each));
    sign.parentElement.setAttribute("aria-label", SIGNS[name]);
  }
}

// Call back when every demo of the page is there, its picture included.
function whenDemosAreThere(then) {
  const boxes = [...document.querySelectorAll(".jp-OutputArea-output.jupyter-widgets")];
  const missing = () => boxes.some((box) => !box.querySelector(".tempsampling [role=status]"));
  const look = () => {
    if (missing()) { return false; }
    nameSliders();
    nameSigns();
    then();
    return true;
  };
  if (look()) { return; }
  const observer = new MutationObserver(() => { if (look()) { observer.disconnect(); } });
  observer.observe(document.body, { childList: true, subtree: true });
}

// What is wider than a phone can be scrolled by keyboard, too.
function letScroll() {
  document.documentElement.dataset.ready = "yes";
  for (const box of document.querySelectorAll("main :is(pre, table, .MJXc-display, .jp-RenderedHTML)")) {
    if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
  }
}

if (document.querySelector("main")) {
  whenDemosAreThere(() => MathJax.Hub.Queue(letScroll));
  addEventListener("resize", letScroll);
  document.addEventListener("toggle", letScroll, true); // a fold was opened
}
