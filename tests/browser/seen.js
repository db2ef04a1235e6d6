// What a reader sees of a page; the tests call these functions in it.

const all = (selector) => [...document.querySelectorAll(selector)];
const box = (element) => element.getBoundingClientRect();

function heights(selector) {
  return all(selector).map((each) => box(each).height);
}

function lefts(selector) {
  return new Set(all(selector).map((each) => Math.round(box(each).left)));
}

// Where each section begins and ends, from the top of the page.
function ends() {
  return all("section").map((each) => [box(each).top + scrollY, box(each).bottom + scrollY]);
}

// Of each arrow that has a name: the name, the stage that its head points at, and how far it is
// from that stage's middle.
function targets() {
  return all(".arrow:has(span)").map((arrow) => {
    const from = box(arrow);
    const head = arrow.matches(".up") ? from.top - 10 : from.bottom + 10;
    const stage = all(".stage").find((each) => {
      const place = box(each);
      return (
        place.top < head && head < place.bottom && place.left < from.left && from.left < place.right
      );
    });
    const { left, width } = box(stage);
    const name = stage.querySelector(".name").textContent;
    return [arrow.textContent, name, Math.abs(from.left - left - width / 2)];
  });
}

// Where the text in an element is, which may be less than the element.
function written(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  return range.getBoundingClientRect();
}

// Names of arrows that lie over another one, over a stage or over another arrow's line.
function crowded() {
  const names = all(".arrow span").map((each) => ({ each, place: written(each) }));
  const others = [
    ...names,
    ...all(".stage").map((each) => ({ each, place: box(each) })),
    ...all(".arrow:not(.left, .right)").map((each) => ({ each, place: box(each) })),
  ];
  return names
    .filter((name) =>
      others.some((other) => !other.each.contains(name.each) && meet(name.place, other.place)),
    )
    .map((name) => name.each.textContent);
}

function meet(one, other) {
  return (
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
  );
}

// How many parts of the page hold more than they show.
function scrolling() {
  return all(".scroll").filter((each) => each.scrollWidth > each.clientWidth + 1).length;
}

// Elements that stick out of the page, those left out that scroll by themselves.
function beyond() {
  return all("main *")
    .filter((each) => !each.closest(".scroll") && box(each).right > innerWidth + 0.5)
    .map((each) => each.outerHTML.slice(0, 80));
}

function channels(colour) {
  const found = colour.match(/[\d.]+/g).map(Number);
  return found.length < 4 ? [...found, 1] : found;
}

// The first background behind an element that hides what is behind it.
function ground(element) {
  for (let each = element; each; each = each.parentElement) {
    const colour = channels(getComputedStyle(each).backgroundColor);
    if (colour[3] === 1) return colour;
  }
  return [255, 255, 255, 1];
}

// Relative luminance, as WCAG 2.2 defines it.
function luminance(colour) {
  const [red, green, blue] = colour.slice(0, 3).map((each) => {
    const share = each / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(first, second) {
  const [low, high] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

// Of every text that is shown.
function contrasts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || element.closest("svg") || !element.checkVisibility()) continue;
    const ink = channels(getComputedStyle(element).color);
    found.push({ text: text.slice(0, 40), contrast: contrast(ink, ground(element)) });
  }
  return found;
}

// Of the texts of each picture, which are shapes; those in coloured cells are left out.
function contrastsInPictures() {
  return all("figure svg").map((picture) =>
    [...picture.querySelectorAll("g[style*='fill: '], g:not([style])")]
      .filter((each) => each.querySelector(":scope > use[*|href^='#DejaVu']"))
      .filter((each) => !(each.getAttribute("style") || "").includes("--heat-ink"))
      .map((each) => contrast(channels(getComputedStyle(each).fill), ground(picture))),
  );
}
