// The pictures of a scan: window, level, size, inversion, heat map, by slider, drag and key; and its neighbours.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const USUAL = { level: 128, window: 256, size: 100, inverted: false, outlines: false, map: 0 };
const SHOWN_MAP = 60;
const SHARE_OF_SCREEN = 0.78;

// A filter that maps grey levels by a straight line: what lies below the window is black, above it white.
function makeFilter(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("width", "0");
  svg.setAttribute("height", "0");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "filters");
  const filter = document.createElementNS(SVG, "filter");
  filter.id = name;
  filter.setAttribute("color-interpolation-filters", "sRGB");
  const transfer = document.createElementNS(SVG, "feComponentTransfer");
  const lines = ["R", "G", "B"].map((channel) => {
    const line = document.createElementNS(SVG, `feFunc${channel}`);
    line.setAttribute("type", "linear");
    transfer.append(line);
    return line;
  });
  filter.append(transfer);
  svg.append(filter);
  document.body.append(svg);
  return lines;
}

class Viewer {
  constructor(figure, number) {
    this.controls = figure.querySelector(".controls");
    this.box = figure.querySelector(".viewer");
    this.stack = figure.querySelector(".stack");
    this.film = figure.querySelector(".film");
    this.map = figure.querySelector(".map");
    this.outlines = figure.querySelector(".outlines");
    this.lines = makeFilter(`window-${number}`);
    this.film.style.filter = `url(#window-${number})`;
    this.look = { ...USUAL };
    this.controls.addEventListener("input", (event) => {
      const { name, type, checked, value } = event.target;
      this.set(name, type === "checkbox" ? checked : Number(value));
    });
    this.controls.querySelector('[name="reset"]').addEventListener("click", () => this.reset());
    this.listenForDrags();
    if (this.film.complete) this.place();
    else this.film.addEventListener("load", () => this.place());
    addEventListener("resize", () => this.draw());
  }

  // The preview is there at once; whoever enlarges or windows it sees every pixel.
  async takeFull() {
    const { full } = this.film.dataset;
    if (!full) return;
    delete this.film.dataset.full;
    const picture = new Image();
    picture.src = full;
    try {
      await picture.decode();
    } catch {
      return; // the file is gone: the preview is what there is
    }
    this.film.src = full;
  }

  place() {
    for (const layer of [this.map, this.outlines]) if (layer) this.placeLayer(layer);
    this.draw();
  }

  // At its smallest the whole picture is seen.
  get fittingWidth() {
    const { naturalWidth: width, naturalHeight: height } = this.film;
    const across = this.box.clientWidth;
    return width && height ? Math.min(across, (SHARE_OF_SCREEN * innerHeight * width) / height) : across;
  }

  // Map and outlines are those of a square around the picture.
  placeLayer(layer) {
    const { naturalWidth: width, naturalHeight: height } = this.film;
    if (!width || !height) return;
    const side = Math.max(width, height);
    const { style } = layer;
    style.width = `${(100 * side) / width}%`;
    style.height = `${(100 * side) / height}%`;
    style.left = `${(50 * (width - side)) / width}%`;
    style.top = `${(50 * (height - side)) / height}%`;
  }

  set(name, value) {
    this.look[name] = value;
    if (name !== "map" && name !== "outlines") this.takeFull();
    const control = this.controls.querySelector(`[name="${name}"]`);
    if (!control) return;
    if (control.type === "checkbox") control.checked = value;
    else {
      control.value = value;
      this.look[name] = Number(control.value); // within its bounds
    }
    this.draw();
  }

  reset() {
    for (const [name, value] of Object.entries(USUAL)) this.set(name, value);
  }

  draw() {
    const { level, window: width, size, inverted, outlines, map } = this.look;
    const slope = (inverted ? -1 : 1) * (256 / width);
    const intercept = 0.5 - slope * (level / 256);
    for (const line of this.lines) {
      line.setAttribute("slope", slope);
      line.setAttribute("intercept", intercept);
    }
    this.stack.style.width = `${(this.fittingWidth * size) / 100}px`;
    if (this.map) this.map.style.opacity = map / 100;
    if (this.outlines) this.outlines.style.opacity = outlines ? 1 : 0;
  }

  listenForDrags() {
    this.box.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      event.preventDefault();
      this.box.focus({ preventScroll: true });
      this.box.setPointerCapture(event.pointerId);
      const move = (moved) => {
        if (moved.shiftKey) {
          this.set("window", this.look.window + moved.movementX);
          this.set("level", this.look.level + moved.movementY);
        } else this.box.scrollBy(-moved.movementX, -moved.movementY);
      };
      const end = () => {
        this.box.removeEventListener("pointermove", move);
        this.box.removeEventListener("pointerup", end);
        this.box.removeEventListener("pointercancel", end);
      };
      this.box.addEventListener("pointermove", move);
      this.box.addEventListener("pointerup", end);
      this.box.addEventListener("pointercancel", end);
    });
  }
}

const viewers = [...document.querySelectorAll("figure.picture")].map((one, number) => new Viewer(one, number));

// Keys are for the picture that has the focus, else for the first.
function current() {
  return viewers.find((one) => one.box.closest("figure").contains(document.activeElement)) ?? viewers[0];
}

function change(name, by) {
  const one = current();
  if (one) one.set(name, one.look[name] + by);
}

function go(link) {
  if (link && !link.hidden) link.click();
}

function judge(verdict) {
  document.querySelector(`#review button[value="${verdict}"]`)?.click();
}

const back = document.getElementById("back");
const previous = document.getElementById("previous");
const next = document.getElementById("next");

const keys = {
  "+": () => change("size", 25),
  "=": () => change("size", 25),
  "-": () => change("size", -25),
  "[": () => change("window", -8),
  "]": () => change("window", 8),
  ",": () => change("level", -4),
  ".": () => change("level", 4),
  i: () => current()?.set("inverted", !current().look.inverted),
  m: () => current()?.set("map", current().look.map ? 0 : SHOWN_MAP),
  o: () => current()?.set("outlines", !current().look.outlines),
  0: () => current()?.reset(),
  a: () => judge("agree"),
  d: () => judge("disagree"),
  u: () => judge("unsure"),
  n: () => go(next),
  p: () => go(previous),
  Escape: () => go(back),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input:not([type="range"], [type="checkbox"]), select, textarea')) return;
  const act = keys[event.key];
  if (!act || (event.repeat && "adu".includes(event.key))) return;
  event.preventDefault();
  act();
});

// The list that led here, if one did.
const list = sessionStorage.getItem("list");
if (list?.startsWith("/")) back.href = list;
const scans = JSON.parse(sessionStorage.getItem("scans") ?? "[]");
const at = scans.indexOf(location.pathname);
for (const [link, to] of [[previous, at - 1], [next, at + 1]]) {
  if (at < 0 || !scans[to]) continue;
  link.href = scans[to];
  link.hidden = false;
}
