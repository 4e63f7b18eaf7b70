// Sliders of a scan's page. Without this file the page shows the film as it is.
"use strict";

const looks = new Map();

function show(stack) {
  const look = looks.get(stack);
  stack.style.filter = `invert(${look.inverted ? 1 : 0}) brightness(${look.brightness}%) contrast(${look.contrast}%)`;
  stack.style.maxWidth = look.size > 100 ? "none" : "";
  stack.style.width = `${look.size}%`;
}

function lookOf(id) {
  const stack = document.getElementById(id);
  if (!looks.has(stack)) looks.set(stack, { brightness: 100, contrast: 100, size: 100, inverted: false });
  return [stack, looks.get(stack)];
}

document.addEventListener("input", (event) => {
  const control = event.target;
  const { fades, brightens, contrasts, zooms, inverts } = control.dataset;
  if (fades) document.getElementById(fades).style.opacity = control.value / 100;
  for (const [id, name] of [[brightens, "brightness"], [contrasts, "contrast"], [zooms, "size"]]) {
    if (!id) continue;
    const [stack, look] = lookOf(id);
    look[name] = Number(control.value);
    show(stack);
  }
  if (inverts) {
    const [stack, look] = lookOf(inverts);
    look.inverted = control.checked;
    show(stack);
  }
});
