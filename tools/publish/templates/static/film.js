// A demo's controls choose one of the frames that were made beforehand (tempsampling/widgets/export.py).
"use strict";

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

// Return what paints a picture, given by its number, from the tiles that all pictures share.
async function painter({ width, height, tile: [rows, columns], palette, tiles, places }) {
  const [across, down] = [Math.ceil(width / columns), Math.ceil(height / rows)];
  const colors = Uint32Array.from(palette, (color) => color | 0xff000000);
  const entries = new (palette.length > 256 ? Uint16Array : Uint8Array)(await unpacked(tiles));
  const numbers = new Uint32Array(await unpacked(places));
  const pictures = numbers.length / (across * down);
  const image = new ImageData(across * columns, down * rows);
  const pixels = new Uint32Array(image.data.buffer);
  const shown = [];
  return (canvas, picture) => {
    for (let place = 0; place < across * down; place += 1) {
      const number = numbers[place * pictures + picture];
      if (shown[place] === number) { continue; }
      shown[place] = number;
      let from = number * rows * columns;
      let to = (Math.floor(place / across) * rows * across + (place % across)) * columns;
      for (let row = 0; row < rows; row += 1, to += (across - 1) * columns) {
        for (let column = 0; column < columns; column += 1) { pixels[to++] = colors[entries[from++]]; }
      }
    }
    Object.assign(canvas, { width, height }).getContext("2d").putImageData(image, 0, 0);
  };
}

function position(knob) {
  if (knob.type === "checkbox") { return Number(knob.checked); }
  return knob.selectedIndex ?? Number(knob.value);
}

async function start(box) {
  const knobs = [...box.querySelectorAll(".knob :is(input, select, button:not(.play))")];
  const first = knobs.map(position).join();
  const film = FILMS[box.dataset.film];
  const { labels, numbers, frames } = JSON.parse(new TextDecoder().decode(await unpacked(film.states)));
  const paint = film.pictures && await painter(film.pictures);
  const screen = box.querySelector(":scope > [role=status]");
  let canvas = null;

  function show() {
    const state = knobs.reduce((sum, knob, i) => sum * labels[i].length + position(knob), 0);
    const [html, picture] = frames[numbers[state]];
    screen.innerHTML = html;
    if (picture !== null) { // on one canvas always, painted before it is seen: it is never blank
      const place = screen.querySelector("canvas");
      canvas ??= place;
      canvas.setAttribute("aria-label", place.getAttribute("aria-label"));
      paint(canvas, picture);
      place.replaceWith(canvas);
    }
    knobs.forEach((knob, i) => {
      const label = labels[i][position(knob)];
      if (knob.type === "range") { knob.setAttribute("aria-valuetext", label); }
      knob.parentElement.querySelector(".readout")?.replaceChildren(label);
    });
  }

  box.addEventListener("input", show);
  knobs.forEach((knob, i) => {
    if (knob.tagName !== "BUTTON") { return; }
    knob.addEventListener("click", () => {
      knob.value = (position(knob) + 1) % labels[i].length;
      show();
    });
  });
  box.querySelectorAll(".play").forEach((button) => sweep(button, show));
  if (knobs.map(position).join() !== first) { show(); } // one was moved meanwhile
}

// Let a button move the slider beside it to its end, ten steps a second.
function sweep(button, show) {
  const slider = button.parentElement.querySelector("input");
  let timer = null;
  function name(sign, label) {
    button.textContent = sign;
    button.setAttribute("aria-label", label);
  }
  function stop() {
    timer = clearInterval(timer);
    name("▶", "play");
  }
  button.addEventListener("click", () => {
    if (timer) { return stop(); }
    if (slider.value === slider.max) { slider.value = 0; }
    name("⏸", "pause");
    timer = setInterval(() => {
      slider.stepUp();
      show();
      if (slider.value === slider.max) { stop(); }
    }, 100);
  });
}

const films = Promise.all([...document.querySelectorAll("[data-film]")].map(start));
